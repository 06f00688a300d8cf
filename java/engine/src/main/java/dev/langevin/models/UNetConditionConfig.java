package dev.langevin.models;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Configuration of a text-conditional {@link UNet2DCondition} or a {@link ControlNet}, by the names of diffusers'
 * {@code UNet2DConditionModel}. Lists hold one entry a block, from the largest picture to the smallest.
 *
 * @param sampleSize side of the latents it was trained on, or null where the file does not say
 * @param heads attention heads of transformer blocks
 * @param headDim channels a head of attention without transformer blocks
 * @param crossOnly whether a block's first attention reads the context too
 * @param transformerLayers of the way down; {@code upTransformerLayers} of the way up, in its order
 * @param contextDim width of the context's tokens
 * @param middle type of the middle block, or null for none
 * @param classEmbedding null, {@code timestep}, {@code identity}, {@code projection} or {@code simple_projection}
 * @param classes entries of the class table, or null without one
 * @param projectionDim width of what {@code projection} and {@code textTime} read, or null
 * @param textTime whether a pooled text embedding and sizes are added to the time (SDXL, arXiv:2307.01952, section 2.2)
 * @param addedTimeDim width of each size's sinusoid
 * @param timeConditionDim width of a vector that is added to the time's sinusoid (arXiv:2310.04378), or null
 * @param conditionChannels of a control picture, and {@code conditionWidths} of the layers that read it; for a ControlNet
 */
public record UNetConditionConfig(
    Integer sampleSize,
    int inChannels,
    int outChannels,
    boolean centerInput,
    boolean cosineFirst,
    double frequencyShift,
    List<String> downBlocks,
    String middle,
    List<String> upBlocks,
    List<Integer> blockChannels,
    List<Integer> layers,
    List<Integer> heads,
    List<Integer> headDim,
    List<Boolean> crossOnly,
    List<Integer> transformerLayers,
    List<Integer> upTransformerLayers,
    int contextDim,
    boolean linearProjection,
    int downsamplePadding,
    double middleScaleFactor,
    int normGroups,
    double normEpsilon,
    boolean scaleShift,
    int timeEmbeddingDim,
    String classEmbedding,
    Integer classes,
    Integer projectionDim,
    boolean textTime,
    Integer addedTimeDim,
    Integer timeConditionDim,
    int convInKernel,
    int convOutKernel,
    int conditionChannels,
    List<Integer> conditionWidths) {

  private static final Set<String> DOWN = Set.of(
      "DownBlock2D", "CrossAttnDownBlock2D", "SimpleCrossAttnDownBlock2D", "ResnetDownsampleBlock2D");
  private static final Set<String> UP = Set.of(
      "UpBlock2D", "CrossAttnUpBlock2D", "SimpleCrossAttnUpBlock2D", "ResnetUpsampleBlock2D");
  private static final Set<String> MIDDLE = Set.of(
      "UNetMidBlock2DCrossAttn", "UNetMidBlock2DSimpleCrossAttn", "UNetMidBlock2D");

  public UNetConditionConfig {
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
  public static UNetConditionConfig of(Map<String, Object> json) {
    ConfigValues c = new ConfigValues(json);
    boolean controlNet = "ControlNetModel".equals(json.get("_class_name"));
    List<Integer> channels = c.positives("block_out_channels", List.of(320, 640, 1280, 1280));
    int blocks = channels.size();
    List<String> down = c.words("down_block_types",
        List.of("CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"), DOWN);
    List<Integer> transformerLayers = c.positivesEach("transformer_layers_per_block", 1, blocks);
    List<Integer> up = c.has("reverse_transformer_layers_per_block")
        ? c.positivesEach("reverse_transformer_layers_per_block", 1, blocks)
        : reversed(transformerLayers);
    List<Integer> contextDims = c.positivesEach("cross_attention_dim", 1280, blocks);
    if (contextDims.stream().distinct().count() > 1) {
      throw ConfigValues.invalid("cross_attention_dim", contextDims, "one number; blocks with contexts of their own are not supported");
    }
    for (Map.Entry<String, Object> neutral : Map.<String, Object>of("resnet_skip_time_act", false, "resnet_out_scale_factor", 1,
        "dual_cross_attention", false, "class_embeddings_concat", false, "time_embedding_type", "positional",
        "attention_type", "default").entrySet()) {
      c.requireAbsent(neutral.getKey(), neutral.getValue());
    }
    for (String key : List.of("encoder_hid_dim_type", "cross_attention_norm", "time_embedding_act_fn", "timestep_post_act",
        "mid_block_only_cross_attention")) {
      c.requireAbsent(key, null);
    }
    c.word("act_fn", "silu", Set.of("silu", "swish"));
    Integer timeDim = c.positiveOrNull("time_embedding_dim");
    double padding = c.number("downsample_padding", 1);
    if (padding != 0 && padding != 1) {
      throw ConfigValues.invalid("downsample_padding", padding, "0 or 1");
    }
    return new UNetConditionConfig(
        json.get("sample_size") instanceof List<?> ? null : c.positiveOrNull("sample_size"),
        c.positive("in_channels", 4), c.positive("out_channels", 4), c.flag("center_input_sample", false),
        c.flag("flip_sin_to_cos", true), c.number("freq_shift", 0), down,
        c.word("mid_block_type", "UNetMidBlock2DCrossAttn", MIDDLE),
        controlNet ? Collections.nCopies(blocks, "UpBlock2D") : c.words("up_block_types",
            List.of("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"), UP),
        channels, c.positivesEach("layers_per_block", 2, blocks),
        // files call the number of heads attention_head_dim where it was never the width of one
        c.positivesEach(c.has("num_attention_heads") ? "num_attention_heads" : "attention_head_dim", 8, blocks),
        c.positivesEach("attention_head_dim", 8, blocks), c.flagsEach("only_cross_attention", blocks),
        transformerLayers, up, contextDims.getFirst(), c.flag("use_linear_projection", false), (int) padding,
        c.number("mid_block_scale_factor", 1), c.positive("norm_num_groups", 32), c.number("norm_eps", 1e-5),
        c.word("resnet_time_scale_shift", "default", Set.of("default", "scale_shift")).equals("scale_shift"),
        timeDim != null ? timeDim : 4 * channels.getFirst(),
        c.word("class_embed_type", null, Set.of("timestep", "identity", "projection", "simple_projection")),
        c.positiveOrNull("num_class_embeds"), c.positiveOrNull("projection_class_embeddings_input_dim"),
        c.word("addition_embed_type", null, Set.of("text_time")) != null, c.positiveOrNull("addition_time_embed_dim"),
        c.positiveOrNull("time_cond_proj_dim"), c.positive("conv_in_kernel", 3), c.positive("conv_out_kernel", 3),
        c.positive("conditioning_channels", 3),
        c.positives("conditioning_embedding_out_channels", List.of(16, 32, 96, 256)));
  }

  private static List<Integer> reversed(List<Integer> values) {
    List<Integer> reversed = new ArrayList<>(values);
    Collections.reverse(reversed);
    return reversed;
  }

  /** How much smaller a picture is in the middle than at the ends. */
  public int reduction() {
    return 1 << blockChannels.size() - 1;
  }
}
