package dev.langevin.pipeline;

import dev.langevin.backend.Backend;
import dev.langevin.graph.Graph;
import dev.langevin.models.ClipConfig;
import dev.langevin.models.ClipVision;
import dev.langevin.plan.Plan;
import dev.langevin.plan.PlanSize;
import dev.langevin.plan.Planner;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import dev.langevin.tensor.TensorSource;
import java.util.List;
import java.util.Map;

/** CLIP's picture encoder with its projection, one picture at a time. Used by one thread at a time. */
final class ImageEncoder implements AutoCloseable {

  private final Planner planner;
  private final ClipConfig config;
  private final KeptPlan plan;

  /** @param config of an encoder with a projection */
  ImageEncoder(Backend backend, ClipConfig config, TensorSource weights) {
    this.planner = new Planner(backend);
    this.config = config;
    this.plan = new KeptPlan("image_encoder", planner, weights);
  }

  private Graph graph() {
    return ClipVision.graph(config, "vision_model.", 1, List.of());
  }

  Map<String, Shape> storedWeights() {
    return graph().storedWeights();
  }

  PlanSize size() {
    return planner.size(graph());
  }

  /** Side of the pictures that it reads. */
  int side() {
    return config.imageSize();
  }

  /**
   * A picture's embedding.
   *
   * @param pixels (3, S, S), normalised
   * @return (1, P)
   */
  Tensor encode(Tensor pixels) {
    Plan encoder = plan.get("", this::graph);
    encoder.input("pixel_values").data().copyFrom(pixels.data());
    encoder.run();
    Tensor embedding = encoder.output("image_embeds");
    return Tensor.ofFloats(embedding.toFloats(), embedding.shape().dims());
  }

  @Override
  public void close() {
    plan.close();
  }
}
