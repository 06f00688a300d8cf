package dev.langevin.pipeline.stages;

import dev.langevin.graph.Graph;
import dev.langevin.models.ClipConfig;
import dev.langevin.models.ClipVision;
import dev.langevin.pipeline.engine.Need;
import dev.langevin.pipeline.engine.Network;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import java.util.List;
import java.util.Map;

/** CLIP's picture encoder with its projection, one picture at a time. */
public final class ImageEncoder {

  private final ClipConfig config;
  private final Network network;

  /**
   * An encoder by a network that stays the caller's.
   *
   * @param config of an encoder with a projection
   */
  public ImageEncoder(Network network, ClipConfig config) {
    this.config = config;
    this.network = network;
  }

  private Graph graph() {
    return ClipVision.graph(config, "vision_model.", 1, List.of());
  }

  /** Shape of every tensor that the weights must hold. */
  public Map<String, Shape> storedWeights() {
    return graph().storedWeights();
  }

  /** The network {@code image_encoder}, for which a run plans. */
  public Need need() {
    return new Need("image_encoder", network, "", this::graph);
  }

  /** Side of the pictures that it reads. */
  public int side() {
    return config.imageSize();
  }

  /**
   * A picture's embedding; on the backend's thread.
   *
   * @param pixels (3, S, S), normalised
   * @return (1, P)
   */
  public Tensor encode(Tensor pixels) {
    return network.use(need(), encoder -> {
      encoder.in("pixel_values").write(pixels);
      encoder.in("class_token").write(new long[1]);
      encoder.run();
      return encoder.out("image_embeds").read();
    });
  }
}
