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

/** Single layers, on every backend, and their gradients where it has some. */
final class LayerCases implements CaseRunner {

  @Override
  public boolean accepts(ReferenceCase c) {
    return c.family().equals("layers") && !graphs(c).isEmpty();
  }

  @Override
  public void run(ReferenceCase c) {
    for (String backend : TestedBackend.names()) {
      Graph graph = fitting(backend, c);
      if (Backend.named(backend).trainingRefusal() == null) {
        checkGradients(backend, graph, c);
      }
    }
  }

  /** The reading of the case whose forward result is the expected one. */
  private static Graph fitting(String backend, ReferenceCase c) {
    AssertionError nearest = null;
    for (Graph graph : graphs(c)) {
      try (Plan plan = new Planner(Backend.named(backend)).plan(graph, name -> c.tensor("param" + name.substring(5)))) {
        for (String input : graph.inputs().keySet()) {
          Ports.write(plan, input, c.tensor(input));
        }
        plan.run();
        Closeness.assertClose(backend + " output", Ports.read(plan, "output"), c.tensor("output"), c.maxAbs());
        return graph;
      } catch (AssertionError e) {
        nearest = e;
      }
    }
    throw nearest;
  }

  private static void checkGradients(String backend, Graph graph, ReferenceCase c) {
    List<String> inputs = graph.inputs().keySet().stream().filter(name -> c.has("grad_" + name)).toList();
    double scale = 0;
    for (String tensor : c.tensors()) {
      scale = tensor.startsWith("grad_") && !tensor.equals("grad_output")
          ? Math.max(scale, GradientCheck.largest(c.tensor(tensor))) : scale;
    }
    double largest = scale;
    GradientCheck.run(backend, graph, "output", name -> c.tensor("param" + name.substring(5)), inputs, plan -> {
      graph.inputs().keySet().forEach(name -> Ports.write(plan, name, c.tensor(name)));
      Ports.write(plan, "seed", c.tensor("grad_output"));
    }, (name, value) -> {
      String stored = name.startsWith("layer") ? "grad_param" + name.substring(5) : "grad_" + name;
      GradientCheck.assertClose(backend + " " + stored, value, c.tensor(stored), c.maxAbs(), largest);
    });
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
