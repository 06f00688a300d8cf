package dev.langevin.models;

import dev.langevin.graph.Graph;
import dev.langevin.graph.GraphBuilder;
import dev.langevin.graph.Op.Padding;
import dev.langevin.graph.Value;
import dev.langevin.tensor.DType;

/**
 * An autoencoder whose latents come from a codebook (arXiv:2012.09841; arXiv:2112.10752, appendix G), by diffusers'
 * names.
 */
public final class VQModel {

  private VQModel() {}

  /** From {@code image} (N, C, H, W) in [-1, 1] to {@code latents} (N, L, H/R, W/R), not quantised yet, all f32. */
  public static Graph encoder(AutoencoderConfig config, int batch, int height, int width) {
    GraphBuilder b = new GraphBuilder();
    Value image = b.input("image", DType.F32, batch, config.inChannels(), height, width);
    Value x = new Autoencoder(config).encode(b, b.toChannelsLast("image", image), config.latentChannels());
    x = b.conv2d("quant_conv", x, config.codeChannels(), 1, 1, Padding.of(0));
    b.output("latents", b.toChannelsFirst("latents", x));
    return b.build();
  }

  /**
   * From {@code latents} (N, L, H, W), before scaling, to {@code image} (N, C, R H, R W), about [-1, 1], all f32.
   *
   * @param quantised whether each latent is replaced by the codebook's nearest entry first, given back as
   *   {@code quantized}
   */
  public static Graph decoder(AutoencoderConfig config, int batch, int height, int width, boolean quantised) {
    GraphBuilder b = new GraphBuilder();
    Value latents = b.input("latents", DType.F32, batch, config.codeChannels(), height, width);
    Value x = b.toChannelsLast("latents", latents);
    if (quantised) {
      x = b.nearestRow("quantize.embedding", x, config.codes());
      b.output("quantized", b.toChannelsFirst("quantized", x));
    }
    x = b.conv2d("post_quant_conv", x, config.latentChannels(), 1, 1, Padding.of(0));
    b.output("image", b.toChannelsFirst("image", new Autoencoder(config).decode(b, x)));
    return b.build();
  }
}
