package dev.langevin.reference;

import com.fasterxml.jackson.databind.JsonNode;
import dev.langevin.backend.Backend;
import dev.langevin.graph.Graph;
import dev.langevin.models.LayerGraphs;
import dev.langevin.plan.Plan;
import dev.langevin.plan.Planner;
import dev.langevin.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/** Single layers, forward only, on every backend. */
final class LayerCases implements CaseRunner {

  @Override
  public boolean accepts(ReferenceCase c) {
    return c.family().equals("layers") && !graphs(c).isEmpty();
  }

  @Override
  public void run(ReferenceCase c) {
    for (String backend : List.of("reference", "onednn")) {
      AssertionError nearest = null;
      for (Graph graph : graphs(c)) {
        try (Plan plan = new Planner(Backend.named(backend)).plan(graph, name -> c.tensor("param" + name.substring(5)))) {
          for (String input : graph.inputs().keySet()) {
            plan.input(input).data().copyFrom(c.tensor(input).data());
          }
          plan.run();
          Closeness.assertClose(backend + " output", plan.output("output"), c.tensor("output"), c.maxAbs());
          nearest = null;
          break;
        } catch (AssertionError e) {
          nearest = e;
        }
      }
      if (nearest != null) {
        throw nearest;
      }
    }
  }

  private static List<Graph> graphs(ReferenceCase c) {
    List<Shape> inputs = new ArrayList<>();
    for (JsonNode dims : c.json().get("shapes")) {
      inputs.add(dims.isNull() ? null : shape(dims));
    }
    return new LayerGraphs(c.className(), c.json().get("module").textValue(), inputs, name -> {
      JsonNode parameter = c.json().at("/tensors").path("param." + name);
      return parameter.isMissingNode() ? null : shape(parameter.get("shape"));
    }).graphs();
  }

  private static Shape shape(JsonNode dims) {
    long[] extents = new long[dims.size()];
    for (int i = 0; i < extents.length; i++) {
      extents[i] = dims.get(i).longValue();
    }
    return Shape.of(extents);
  }
}
