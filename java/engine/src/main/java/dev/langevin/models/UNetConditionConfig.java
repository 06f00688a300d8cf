package dev.langevin.models;

import dev.langevin.config.ConfigValues;
import dev.langevin.config.Configurations;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

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
 * @param conditionChannels of a control picture, and {@code conditionWidths} of the layers that read it; for a
 *   ControlNet
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

  /** Published networks have about a hundred. */
  private static final int MOST_TRANSFORMERS = 10_000;

  /**
   * Copies blocks' types and channels, and checks that the lists fit each other.
   *
   * @throws IllegalArgumentException if lists differ in length, or another value does not fit the rest
   */
  public UNetConditionConfig {
    downBlocks = List.copyOf(downBlocks);
    upBlocks = List.copyOf(upBlocks);
    blockChannels = List.copyOf(blockChannels);
    if (downBlocks.size() != upBlocks.size() || downBlocks.size() != blockChannels.size()) {
      throw new IllegalArgumentException("config.json: down_block_types (" + downBlocks.size() + "), up_block_types ("
          + upBlocks.size() + ") and block_out_channels (" + blockChannels.size() + ") must be of one length");
    }
    long transformers = 0;
    for (int i = 0; i < blockChannels.size(); i++) {
      transformers +=
          layers.get(i) * (long) transformerLayers.get(i) + (layers.get(i) + 1L) * upTransformerLayers.get(i);
    }
    if (transformers > MOST_TRANSFORMERS) {
      throw new IllegalArgumentException(
          "config.json: transformer_layers_per_block is " + transformerLayers + " with layers_per_block "
              + layers + ", must make at most " + MOST_TRANSFORMERS + " transformer blocks in all");
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
  public static UNetConditionConfig of(Map<String, Object> json) {
    ConfigValues c = ConfigValues.of(Configurations.UNET_CONDITION, json);
    boolean controlNet = "ControlNetModel".equals(c.word("_class_name"));
    List<Integer> channels = c.integers("block_out_channels");
    int blocks = channels.size();
    List<String> down = c.words("down_block_types");
    List<Integer> transformerLayers = c.integersEach("transformer_layers_per_block", blocks);
    List<Integer> up = c.has("reverse_transformer_layers_per_block")
        ? c.integersEach("reverse_transformer_layers_per_block", blocks)
        : reversed(transformerLayers);
    List<Integer> contextDims = c.integersEach("cross_attention_dim", blocks);
    if (contextDims.stream().distinct().count() > 1) {
      throw c.invalid("cross_attention_dim", "one number; blocks with contexts of their own are not supported");
    }
    return new UNetConditionConfig(
        c.integerOrNull("sample_size"),
        c.integer("in_channels"), c.integer("out_channels"), c.flag("center_input_sample"),
        c.flag("flip_sin_to_cos"), c.number("freq_shift"), down,
        c.word("mid_block_type"),
        controlNet ? Collections.nCopies(blocks, "UpBlock2D") : c.words("up_block_types"),
        channels, c.integersEach("layers_per_block", blocks),
        // files call the number of heads attention_head_dim where it was never the width of one
        c.integersEach(c.has("num_attention_heads") ? "num_attention_heads" : "attention_head_dim", blocks),
        c.integersEach("attention_head_dim", blocks), c.flagsEach("only_cross_attention", blocks),
        transformerLayers, up, contextDims.getFirst(), c.flag("use_linear_projection"), c.integer("downsample_padding"),
        c.number("mid_block_scale_factor"), c.integer("norm_num_groups"), c.number("norm_eps"),
        c.word("resnet_time_scale_shift").equals("scale_shift"),
        c.integer("time_embedding_dim", 4 * channels.getFirst()),
        c.word("class_embed_type"),
        c.integerOrNull("num_class_embeds"), c.integerOrNull("projection_class_embeddings_input_dim"),
        c.word("addition_embed_type") != null, c.integerOrNull("addition_time_embed_dim"),
        c.integerOrNull("time_cond_proj_dim"), c.integer("conv_in_kernel"), c.integer("conv_out_kernel"),
        c.integer("conditioning_channels"),
        c.integers("conditioning_embedding_out_channels"));
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
