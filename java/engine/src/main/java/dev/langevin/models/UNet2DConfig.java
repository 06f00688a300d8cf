package dev.langevin.models;

import dev.langevin.config.ConfigValues;
import dev.langevin.config.Configurations;
import java.util.List;
import java.util.Map;

/**
 * Configuration of an unconditional or class-conditional {@link UNet2D}, by the names of diffusers'
 * {@code UNet2DModel}.
 *
 * @param sampleSize side of the pictures it was trained on, in pixels, or null where the file does not say
 * @param attentionHeadDim channels a head, or null for one head
 * @param attentionGroups groups of the middle block's attention norm, or null for the default
 * @param classEmbedding null, {@code timestep} or {@code identity}
 * @param classes entries of the class table, or null without one
 */
public record UNet2DConfig(
    Integer sampleSize,
    int inChannels,
    int outChannels,
    boolean centerInput,
    String timeEmbeddingType,
    int timeEmbeddingDim,
    double frequencyShift,
    boolean cosineFirst,
    List<String> downBlocks,
    boolean middleBlock,
    List<String> upBlocks,
    List<Integer> blockChannels,
    int layersPerBlock,
    double middleScaleFactor,
    int downsamplePadding,
    String downsampleType,
    String upsampleType,
    Integer attentionHeadDim,
    int normGroups,
    Integer attentionGroups,
    double normEpsilon,
    boolean scaleShift,
    boolean middleAttention,
    String classEmbedding,
    Integer classes,
    Integer trainTimesteps) {

  /**
   * Copies the lists and checks that they fit each other.
   *
   * @throws IllegalArgumentException if lists differ in length, or another value does not fit the rest
   */
  public UNet2DConfig {
    downBlocks = List.copyOf(downBlocks);
    upBlocks = List.copyOf(upBlocks);
    blockChannels = List.copyOf(blockChannels);
    if (downBlocks.size() != upBlocks.size() || downBlocks.size() != blockChannels.size()) {
      throw new IllegalArgumentException("config.json: down_block_types (" + downBlocks.size() + "), up_block_types ("
          + upBlocks.size() + ") and block_out_channels (" + blockChannels.size() + ") must be of one length");
    }
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
  public static UNet2DConfig of(Map<String, Object> json) {
    ConfigValues c = ConfigValues.of(Configurations.UNET2D, json);
    List<Integer> channels = c.integers("block_out_channels");
    return new UNet2DConfig(
        c.integerOrNull("sample_size"),
        c.integer("in_channels"),
        c.integer("out_channels"),
        c.flag("center_input_sample"),
        c.word("time_embedding_type"),
        c.integer("time_embedding_dim", 4 * channels.getFirst()),
        c.number("freq_shift"),
        c.flag("flip_sin_to_cos"),
        c.words("down_block_types"),
        c.word("mid_block_type") != null,
        c.words("up_block_types"),
        channels,
        c.integer("layers_per_block"),
        c.number("mid_block_scale_factor"),
        c.integer("downsample_padding"),
        c.word("downsample_type"),
        c.word("upsample_type"),
        c.integerOrNull("attention_head_dim"),
        c.integer("norm_num_groups"),
        c.integerOrNull("attn_norm_num_groups"),
        c.number("norm_eps"),
        c.word("resnet_time_scale_shift").equals("scale_shift"),
        c.flag("add_attention"),
        c.word("class_embed_type"),
        c.integerOrNull("num_class_embeds"),
        c.integerOrNull("num_train_timesteps"));
  }

  /** How much smaller a picture is in the middle than at the ends. */
  public int reduction() {
    return 1 << downBlocks.size() - 1;
  }

  /** Whether a class label goes with each sample. */
  public boolean classConditional() {
    return classEmbedding != null || classes != null;
  }
}
