package dev.langevin.models;

import dev.langevin.config.ConfigValues;
import dev.langevin.config.Configurations;
import java.util.List;
import java.util.Map;

/**
 * Configuration of an {@link AutoencoderTiny}, by diffusers' names.
 *
 * @param encoderBlocks residual blocks at each size on the way down, and {@code decoderBlocks} on the way up
 * @param magnitude latents of [-magnitude, magnitude] fill [0, 1] where they are stored, with {@code shift} for 0
 * @param pooled whether the residual blocks at the smallest size first add a normalised branch of 1x1 convolutions, as
 *   those for FLUX.2's latents do; {@code use_midblock_gn}, an option of the authors' code that diffusers does not have
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

  /**
   * Copies the lists and checks that each block has its channels.
   *
   * @throws IllegalArgumentException if channels and blocks differ in number
   */
  public AutoencoderTinyConfig {
    encoderChannels = List.copyOf(encoderChannels);
    decoderChannels = List.copyOf(decoderChannels);
    encoderBlocks = List.copyOf(encoderBlocks);
    decoderBlocks = List.copyOf(decoderBlocks);
    if (encoderChannels.size() != encoderBlocks.size() || decoderChannels.size() != decoderBlocks.size()) {
      throw new IllegalArgumentException(
          "config.json: encoder_block_out_channels and num_encoder_blocks, and those of the"
              + " decoder, must be of one length");
    }
  }

  /**
   * Reads a parsed config.json; what is absent has diffusers' default.
   *
   * @throws IllegalArgumentException naming the key, the value and what is allowed
   */
  public static AutoencoderTinyConfig of(Map<String, Object> json) {
    ConfigValues c = ConfigValues.of(Configurations.AUTOENCODER_TINY, json);
    return new AutoencoderTinyConfig(c.integer("in_channels"), c.integer("out_channels"),
        c.integers("encoder_block_out_channels"), c.integers("decoder_block_out_channels"),
        c.integers("num_encoder_blocks"), c.integers("num_decoder_blocks"),
        c.integer("latent_channels"), c.number("latent_magnitude"), c.number("latent_shift"),
        c.number("scaling_factor"), c.flag("use_midblock_gn"));
  }
}
