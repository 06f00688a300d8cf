package dev.langevin.reference;

import com.fasterxml.jackson.databind.JsonNode;
import dev.langevin.graph.Graph;
import dev.langevin.models.UNet2D;
import dev.langevin.models.UNet2DConfig;
import dev.langevin.plan.Plan;
import dev.langevin.plan.Planner;
import dev.langevin.tensor.Shape;
import dev.langevin.weights.ModelWeights;
import java.nio.file.Path;
import java.util.Map;

/** One network in folders of every layout that weights are published in: each gives the same output. */
final class WeightLayoutCases implements CaseRunner {

  @Override
  public boolean accepts(ReferenceCase c) {
    return c.family().equals("single_file") && c.className().equals("UNet2DModel");
  }

  @Override
  public void run(ReferenceCase c) throws Exception {
    Shape shape = c.tensor("sample").shape(); // (N, C, H, W)
    for (Map.Entry<String, JsonNode> layout : c.json().get("files").properties()) {
      Path folder = c.dir().resolve(layout.getKey());
      Graph graph = UNet2D.graph(
          UNet2DConfig.of(ReferenceCase.map(folder.resolve("config.json"))), shape.intDim(0), shape.intDim(2),
          shape.intDim(3));
      try (ModelWeights weights = ModelWeights.open(folder)) {
        weights.requireFit(graph.storedWeights());
        try (Plan plan = new Planner(TestedBackend.get()).plan(graph, weights)) {
          Ports.writeAll(c, "", plan, "sample", "timestep");
          plan.run();
          String expected = layout.getKey().contains("fp16") ? "out_from_fp16_weights" : "out";
          Closeness.assertClose(layout.getKey(), Ports.read(plan, "out"), c.tensor(expected), c.maxAbs());
        }
      }
    }
  }
}
