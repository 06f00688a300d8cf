package dev.langevin.models;

import java.util.List;
import java.util.Map;
import java.util.Set;

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

  public AutoencoderConfig {
    blockChannels = List.copyOf(blockChannels);
    for (int channels : blockChannels) {
      if (channels % normGroups != 0) {
        throw ConfigValues.invalid("norm_num_groups", normGroups, "a divisor of every entry of block_out_channels " + blockChannels);
      }
    }
  }

  /**
   * Reads a parsed config.json; what is absent has diffusers' default.
   *
   * @throws IllegalArgumentException naming the key, the value and what is allowed
   */
  public static AutoencoderConfig of(Map<String, Object> json) {
    ConfigValues c = new ConfigValues(json);
    boolean vq = "VQModel".equals(json.get("_class_name"));
    List<Integer> channels = c.positives("block_out_channels", List.of(64));
    c.words("down_block_types", List.of("DownEncoderBlock2D"), Set.of("DownEncoderBlock2D"));
    c.words("up_block_types", List.of("UpDecoderBlock2D"), Set.of("UpDecoderBlock2D"));
    c.word("act_fn", "silu", Set.of("silu", "swish"));
    for (String key : List.of("latents_mean", "latents_std")) {
      c.requireAbsent(key, null);
    }
    c.requireAbsent("norm_type", "group");
    c.requireAbsent("lookup_from_codebook", false);
    int latent = c.positive("latent_channels", vq ? 3 : 4);
    Integer code = c.positiveOrNull("vq_embed_dim");
    return new AutoencoderConfig(c.positive("in_channels", 3), c.positive("out_channels", 3), channels,
        c.positive("layers_per_block", 1), latent, code != null ? code : latent, c.positive("norm_num_groups", 32),
        c.flag("mid_block_add_attention", true), c.flag("use_quant_conv", true), c.flag("use_post_quant_conv", true),
        c.number("scaling_factor", 0.18215), c.number("shift_factor", 0), vq ? Integer.valueOf(c.positive("num_vq_embeddings", 256)) : null,
        c.positive("sample_size", 32));
  }

  /** How many pixels lie along one of a latent's. */
  public int reduction() {
    return 1 << blockChannels.size() - 1;
  }
}
