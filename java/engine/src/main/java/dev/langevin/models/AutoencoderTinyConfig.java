package dev.langevin.models;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Configuration of an {@link AutoencoderTiny}, by diffusers' names.
 *
 * @param encoderBlocks residual blocks at each size on the way down, and {@code decoderBlocks} on the way up
 * @param magnitude latents of [-magnitude, magnitude] fill [0, 1] where they are stored, with {@code shift} for 0
 * @param pooled whether the residual blocks at the smallest size first add a normalised branch of 1x1 convolutions, as those for
 *     FLUX.2's latents do; {@code use_midblock_gn}, an option of the authors' code that diffusers does not have
 */
public record AutoencoderTinyConfig(
    int inChannels,
    int outChannels,
    List<Integer> encoderChannels,
    List<Integer> decoderChannels,
    List<Integer> encoderBlocks,
    List<Integer> decoderBlocks,
    int latentChannels,
    double magnitude,
    double shift,
    double scalingFactor,
    boolean pooled) {

  public AutoencoderTinyConfig {
    encoderChannels = List.copyOf(encoderChannels);
    decoderChannels = List.copyOf(decoderChannels);
    encoderBlocks = List.copyOf(encoderBlocks);
    decoderBlocks = List.copyOf(decoderBlocks);
    if (encoderChannels.size() != encoderBlocks.size() || decoderChannels.size() != decoderBlocks.size()) {
      throw new IllegalArgumentException("config.json: encoder_block_out_channels and num_encoder_blocks, and those of the"
          + " decoder, must be of one length");
    }
  }

  /**
   * Reads a parsed config.json; what is absent has diffusers' default.
   *
   * @throws IllegalArgumentException naming the key, the value and what is allowed
   */
  public static AutoencoderTinyConfig of(Map<String, Object> json) {
    ConfigValues c = new ConfigValues(json);
    List<Integer> widths = List.of(64, 64, 64, 64);
    c.word("act_fn", "relu", Set.of("relu"));
    c.requireAbsent("upsample_fn", "nearest");
    c.requireAbsent("upsampling_scaling_factor", 2);
    return new AutoencoderTinyConfig(c.positive("in_channels", 3), c.positive("out_channels", 3),
        c.positives("encoder_block_out_channels", widths), c.positives("decoder_block_out_channels", widths),
        c.positives("num_encoder_blocks", List.of(1, 3, 3, 3)), c.positives("num_decoder_blocks", List.of(3, 3, 3, 1)),
        c.positive("latent_channels", 4), c.number("latent_magnitude", 3), c.number("latent_shift", 0.5),
        c.number("scaling_factor", 1), c.flag("use_midblock_gn", false));
  }
}
