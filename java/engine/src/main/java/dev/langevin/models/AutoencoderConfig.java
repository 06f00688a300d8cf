package dev.langevin.models;

import dev.langevin.config.ConfigValues;
import dev.langevin.config.Configurations;
import java.util.List;
import java.util.Map;

/**
 * Configuration of an {@link AutoencoderKL} or a {@link VQModel}, by diffusers' names.
 *
 * @param layers resnets of a block of the encoder; the decoder has one more
 * @param latentChannels of the latents outside; {@code codeChannels} of the codebook's entries
 * @param middleAttention whether the middle block attends
 * @param quantConv whether a 1x1 convolution follows the encoder, and {@code postQuantConv} one goes before the decoder
 * @param scalingFactor latents are multiplied by it before diffusion, after {@code shiftFactor} is taken from them
 * @param codes entries of the codebook, or null without one
 * @param sampleSize side of the pictures it was trained on: the tiles' side
 */
public record AutoencoderConfig(
    int inChannels,
    int outChannels,
    List<Integer> blockChannels,
    int layers,
    int latentChannels,
    int codeChannels,
    int normGroups,
    boolean middleAttention,
    boolean quantConv,
    boolean postQuantConv,
    double scalingFactor,
    double shiftFactor,
    Integer codes,
    int sampleSize) {

  /**
   * Copies {@code blockChannels} and checks them.
   *
   * @throws IllegalArgumentException if channels are no multiple of the groups
   */
  public AutoencoderConfig {
    blockChannels = List.copyOf(blockChannels);
    for (int channels : blockChannels) {
      if (channels % normGroups != 0) {
        throw new IllegalArgumentException("config.json: norm_num_groups is " + normGroups
            + ", must be a divisor of every entry of block_out_channels " + blockChannels);
      }
    }
  }

  /**
   * Reads a parsed config.json; what is absent has diffusers' default.
   *
   * @throws IllegalArgumentException naming the key, the value and what is allowed
   */
  public static AutoencoderConfig of(Map<String, Object> json) {
    ConfigValues c = ConfigValues.of(Configurations.AUTOENCODER, json);
    boolean vq = "VQModel".equals(c.word("_class_name"));
    List<Integer> channels = c.integers("block_out_channels");
    int latent = c.integer("latent_channels", vq ? 3 : 4);
    return new AutoencoderConfig(c.integer("in_channels"), c.integer("out_channels"), channels,
        c.integer("layers_per_block"), latent, c.integer("vq_embed_dim", latent), c.integer("norm_num_groups"),
        c.flag("mid_block_add_attention"), c.flag("use_quant_conv"), c.flag("use_post_quant_conv"),
        c.number("scaling_factor"), c.number("shift_factor"),
        vq ? Integer.valueOf(c.integer("num_vq_embeddings")) : null,
        c.integer("sample_size"));
  }

  /** How many pixels lie along one of a latent's. */
  public int reduction() {
    return 1 << blockChannels.size() - 1;
  }
}
