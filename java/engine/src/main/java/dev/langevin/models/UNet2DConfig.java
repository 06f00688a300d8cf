package dev.langevin.models;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Configuration of an unconditional or class-conditional {@link UNet2D}, by the names of diffusers' {@code UNet2DModel}.
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

  private static final Set<String> DOWN = Set.of("DownBlock2D", "AttnDownBlock2D", "ResnetDownsampleBlock2D");
  private static final Set<String> UP = Set.of("UpBlock2D", "AttnUpBlock2D", "ResnetUpsampleBlock2D");

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
        throw ConfigValues.invalid("norm_num_groups", normGroups, "a divisor of every entry of block_out_channels " + blockChannels);
      }
    }
  }

  /**
   * Reads a parsed config.json; what is absent has diffusers' default.
   *
   * @throws IllegalArgumentException naming the key, the value and what is allowed
   */
  public static UNet2DConfig of(Map<String, Object> json) {
    ConfigValues c = new ConfigValues(json);
    List<Integer> channels = c.positives("block_out_channels", List.of(224, 448, 672, 896));
    Integer timeDim = c.positiveOrNull("time_embedding_dim");
    c.word("act_fn", "silu", Set.of("silu", "swish"));
    return new UNet2DConfig(
        sampleSize(c, json),
        c.positive("in_channels", 3),
        c.positive("out_channels", 3),
        c.flag("center_input_sample", false),
        c.word("time_embedding_type", "positional", Set.of("positional", "learned")),
        timeDim != null ? timeDim : 4 * channels.getFirst(),
        c.number("freq_shift", 0),
        c.flag("flip_sin_to_cos", true),
        c.words("down_block_types",
            List.of("DownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D"), DOWN),
        c.word("mid_block_type", "UNetMidBlock2D", Set.of("UNetMidBlock2D")) != null,
        c.words("up_block_types", List.of("AttnUpBlock2D", "AttnUpBlock2D", "AttnUpBlock2D", "UpBlock2D"), UP),
        channels,
        c.positive("layers_per_block", 2),
        c.number("mid_block_scale_factor", 1),
        padding(c),
        c.word("downsample_type", "conv", Set.of("conv", "resnet")),
        c.word("upsample_type", "conv", Set.of("conv", "resnet")),
        json.containsKey("attention_head_dim") ? c.positiveOrNull("attention_head_dim") : Integer.valueOf(8),
        c.positive("norm_num_groups", 32),
        c.positiveOrNull("attn_norm_num_groups"),
        c.number("norm_eps", 1e-5),
        c.word("resnet_time_scale_shift", "default", Set.of("default", "scale_shift")).equals("scale_shift"),
        c.flag("add_attention", true),
        c.word("class_embed_type", null, Set.of("timestep", "identity")),
        c.positiveOrNull("num_class_embeds"),
        c.positiveOrNull("num_train_timesteps"));
  }

  /** Older files hold a pair of sides. */
  private static Integer sampleSize(ConfigValues c, Map<String, Object> json) {
    return json.get("sample_size") instanceof List<?>
        ? c.positives("sample_size", List.of()).getFirst()
        : c.positiveOrNull("sample_size");
  }

  private static int padding(ConfigValues c) {
    double padding = c.number("downsample_padding", 1);
    if (padding != 0 && padding != 1) {
      throw ConfigValues.invalid("downsample_padding", padding, "0 or 1");
    }
    return (int) padding;
  }

  /** Whether a class label goes with each sample. */
  public boolean classConditional() {
    return classEmbedding != null || classes != null;
  }
}
