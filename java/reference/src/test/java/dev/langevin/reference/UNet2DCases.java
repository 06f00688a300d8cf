package dev.langevin.reference;

import dev.langevin.backend.Backend;
import dev.langevin.graph.Graph;
import dev.langevin.models.UNet2D;
import dev.langevin.models.UNet2DConfig;
import dev.langevin.plan.Plan;
import dev.langevin.plan.Planner;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import dev.langevin.weights.SafetensorsFile;
import java.nio.file.Path;

/** UNet2DModel: one call for each stored size, on every backend. */
final class UNet2DCases implements CaseRunner {

  @Override
  public boolean accepts(ReferenceCase reference) {
    return reference.family().equals("unet2d") && reference.className().equals("UNet2DModel");
  }

  @Override
  public void run(ReferenceCase reference) throws Exception {
    Path folder = reference.model().resolve("unet");
    UNet2DConfig config = UNet2DConfig.of(ReferenceCase.map(folder.resolve("config.json")));
    try (SafetensorsFile weights = SafetensorsFile.open(folder.resolve("diffusion_pytorch_model.safetensors"))) {
      for (var name : reference.json().get("cases")) {
        String prefix = name.textValue();
        Shape shape = reference.tensor(prefix + ".sample").shape(); // (N, C, H, W)
        Graph graph = UNet2D.graph(config, shape.intDim(0), shape.intDim(2), shape.intDim(3));
        for (String backend : TestedBackend.names()) {
          check(reference, prefix, backend, graph, weights);
        }
      }
    }
  }

  private static void check(
      ReferenceCase reference, String prefix, String backend, Graph graph, SafetensorsFile weights) {
    Tensor sample = reference.tensor(prefix + ".sample");
    try (Plan plan = new Planner(Backend.named(backend)).plan(graph, weights)) {
      Ports.write(plan, "sample", sample);
      Ports.write(plan, "timestep", reference.tensor(prefix + ".timestep"));
      if (plan.hasInput("class_labels")) {
        Ports.write(plan, "class_labels", reference.tensor(prefix + ".class_labels"));
      }
      plan.prepare();
      plan.run();
      Closeness.assertClose(backend + " " + prefix + ".out", Ports.read(plan, "out"), reference.tensor(prefix + ".out"),
          reference.maxAbs());
    }
  }
}
