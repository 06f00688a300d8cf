package dev.langevin.models;

import dev.langevin.graph.Graph;
import dev.langevin.graph.GraphBuilder;
import dev.langevin.graph.Op.Padding;
import dev.langevin.graph.Value;
import dev.langevin.tensor.DType;

/** The autoencoder that latent diffusion works behind (arXiv:2112.10752, section 3.1), by diffusers' names. */
public final class AutoencoderKL {

  private AutoencoderKL() {}

  /**
   * From {@code image} (N, C, H, W) in [-1, 1] to {@code mean} and {@code logvar} of the latents' normal distribution, each (N, L,
   * H/R, W/R), all f32. The logarithm is not limited yet.
   */
  public static Graph encoder(AutoencoderConfig config, int batch, int height, int width) {
    GraphBuilder b = new GraphBuilder();
    Value image = b.input("image", DType.F32, batch, config.inChannels(), height, width);
    int latent = config.latentChannels();
    Value moments = new Autoencoder(config).encode(b, b.toChannelsLast("image", image), 2 * latent);
    if (config.quantConv()) {
      moments = b.conv2d("quant_conv", moments, 2 * latent, 1, 1, Padding.of(0));
    }
    b.output("mean", b.toChannelsFirst("mean", b.slice("mean", moments, 3, 0, latent)));
    b.output("logvar", b.toChannelsFirst("logvar", b.slice("logvar", moments, 3, latent, latent)));
    return b.build();
  }

  /** From {@code latents} (N, L, H, W), before scaling, to {@code image} (N, C, R H, R W), about [-1, 1], all f32. */
  public static Graph decoder(AutoencoderConfig config, int batch, int height, int width) {
    GraphBuilder b = new GraphBuilder();
    Value latents = b.input("latents", DType.F32, batch, config.latentChannels(), height, width);
    Value x = b.toChannelsLast("latents", latents);
    if (config.postQuantConv()) {
      x = b.conv2d("post_quant_conv", x, config.latentChannels(), 1, 1, Padding.of(0));
    }
    b.output("image", b.toChannelsFirst("image", new Autoencoder(config).decode(b, x)));
    return b.build();
  }
}
