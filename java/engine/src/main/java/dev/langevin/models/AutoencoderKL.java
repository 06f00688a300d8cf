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
   * From {@code image} (N, C, H, W) in [-1, 1] to {@code mean} and {@code logvar} of the latents' normal distribution,
   * each (N, L, H/R, W/R), all f32. The logarithm is not limited yet.
   */
  public static Graph encoder(AutoencoderConfig config, int batch, int height, int width) {
    GraphBuilder b = new GraphBuilder();
    int latent = config.latentChannels();
    Value moments = moments(config, b, batch, height, width);
    b.output("mean", b.toChannelsFirst("mean", b.slice("mean", moments, 3, 0, latent)));
    b.output("logvar", b.toChannelsFirst("logvar", b.slice("logvar", moments, 3, latent, latent)));
    return b.build();
  }

  /** From {@code latents} (N, L, H, W), before scaling, to {@code image} (N, C, R H, R W), about [-1, 1], all f32. */
  public static Graph decoder(AutoencoderConfig config, int batch, int height, int width) {
    GraphBuilder b = new GraphBuilder();
    Value latents = b.input("latents", DType.F32, batch, config.latentChannels(), height, width);
    b.output("image", image(config, b, b.toChannelsLast("latents", latents)));
    return b.build();
  }

  /**
   * Both in one graph, as training sees them: from {@code image} and unit {@code noise} (N, H/R, W/R, L) to
   * {@code moments} (N, H/R, W/R, 2L) of the latents, mean beside log variance, and {@code reconstruction} (N, C, H, W)
   * of a draw from them, all f32.
   */
  public static Graph autoencode(AutoencoderConfig config, int batch, int height, int width) {
    GraphBuilder b = new GraphBuilder();
    Value moments = moments(config, b, batch, height, width);
    b.output("moments", moments);
    Value noise = b.input("noise", DType.F32, moments.shape().with(-1, config.latentChannels()).dims());
    b.output("reconstruction", image(config, b, b.gaussianSample("latents", moments, noise)));
    return b.build();
  }

  private static Value moments(AutoencoderConfig config, GraphBuilder b, int batch, int height, int width) {
    Value image = b.input("image", DType.F32, batch, config.inChannels(), height, width);
    int channels = 2 * config.latentChannels();
    Value moments = new Autoencoder(config).encode(b, b.toChannelsLast("image", image), channels);
    return config.quantConv() ? b.conv2d("quant_conv", moments, channels, 1, 1, Padding.of(0)) : moments;
  }

  /** {@code latents} (N, H/R, W/R, L). */
  private static Value image(AutoencoderConfig config, GraphBuilder b, Value latents) {
    Value x = config.postQuantConv()
        ? b.conv2d("post_quant_conv", latents, config.latentChannels(), 1, 1, Padding.of(0)) : latents;
    return b.toChannelsFirst("image", new Autoencoder(config).decode(b, x));
  }
}
