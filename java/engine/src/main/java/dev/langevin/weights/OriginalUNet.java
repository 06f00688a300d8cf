package dev.langevin.weights;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The U-Net of latent diffusion's original code: its names, and the configuration that its shapes tell. There the
 * blocks of all sizes are numbered through, {@code input_blocks.N} on the way down and {@code output_blocks.N} on the
 * way up; a block that resamples ends a size.
 */
final class OriginalUNet {

  /** Of the network in the whole file. */
  static final String PREFIX = "model.diffusion_model.";

  private static final Map<String, String> RESNET =
      Map.of("in_layers.0", "norm1", "in_layers.2", "conv1", "emb_layers.1",
          "time_emb_proj", "out_layers.0", "norm2", "out_layers.3", "conv2", "skip_connection", "conv_shortcut");

  /** Names that both have. */
  private static final List<String> TRANSFORMER_BLOCK =
      List.of("norm1", "attn1.to_q", "attn1.to_k", "attn1.to_v", "attn1.to_out.0",
          "norm2", "attn2.to_q", "attn2.to_k", "attn2.to_v", "attn2.to_out.0", "norm3", "ff.net.0.proj", "ff.net.2");

  /** Channels of a head in SD 2 and XL. */
  private static final int HEAD_DIM = 64;

  /** Side of the latents that the x4 upscaler was trained on. */
  private static final int UPSCALED_SIZE = 128;

  /** Heads in SD 1 and the x4 upscaler. */
  private static final int HEADS = 8;

  /**
   * What tells the guidance (arXiv:2310.04378): the original code has no such layer. The usual way from diffusers'
   * folders to single files keeps its name, which is written; another shortens it as its neighbours'.
   */
  private static final List<String> GUIDANCE =
      List.of("time_embedding.cond_proj.weight", "time_embed.cond_proj.weight");

  private static final int POSSIBLE_BLOCKS = 20;
  private static final int POSSIBLE_DEPTH = 12;

  /** Width of the sinusoid of each size that SD XL is told (arXiv:2307.01952, section 2.2). */
  private static final int SIZE_DIM = 256;

  private final Section section;
  private final UNetLayout layout;

  OriginalUNet(Section section) {
    this.section = section;
    this.layout = UNetLayout.ofOriginal(section);
  }

  /** The table for a family: what is added to the time is known for SD XL alone. */
  KeyTable table(CheckpointFamily family) {
    return table(layout, family);
  }

  /** The table of a network of that layout, by whichever naming the layout is known. */
  static KeyTable table(UNetLayout layout, CheckpointFamily family) {
    KeyTable table = new KeyTable();
    table.layer("input_blocks.0.0", "conv_in");
    table.layer("time_embed.0", "time_embedding.linear_1");
    table.layer("time_embed.2", "time_embedding.linear_2");
    table.layer("out.0", "conv_norm_out");
    table.layer("out.2", "conv_out");
    int n = 1;
    for (int i = 0; i < layout.down().size(); i++) {
      UNetLayout.Level level = layout.down().get(i);
      String to = "down_blocks." + i;
      for (int layer = 0; layer < level.layers(); layer++, n++) {
        table.block("input_blocks." + n + ".0", to + ".resnets." + layer, RESNET);
        transformer(table, "input_blocks." + n + ".1", to + ".attentions." + layer, level.depths().get(layer));
      }
      if (level.resampled()) {
        table.layer("input_blocks." + n++ + ".0.op", to + ".downsamplers.0.conv");
      }
    }
    table.block("middle_block.0", "mid_block.resnets.0", RESNET);
    transformer(table, "middle_block.1", "mid_block.attentions.0", layout.middle());
    table.block("middle_block.2", "mid_block.resnets.1", RESNET);
    n = 0;
    for (int i = 0; i < layout.up().size(); i++) {
      UNetLayout.Level level = layout.up().get(i);
      String to = "up_blocks." + i;
      for (int layer = 0; layer < level.layers(); layer++, n++) {
        int depth = level.depths().get(layer);
        table.block("output_blocks." + n + ".0", to + ".resnets." + layer, RESNET);
        transformer(table, "output_blocks." + n + ".1", to + ".attentions." + layer, depth);
        if (level.resampled() && layer == level.layers() - 1) {
          table.layer("output_blocks." + n + (depth > 0 ? ".2" : ".1") + ".conv", to + ".upsamplers.0.conv");
        }
      }
    }
    if (family.isXl()) {
      table.layer("label_emb.0.0", "add_embedding.linear_1");
      table.layer("label_emb.0.2", "add_embedding.linear_2");
    } else {
      table.tensor("label_emb.weight", new KeyTable.Target("class_embedding.weight", KeyTable.Form.SAME));
    }
    for (String name : GUIDANCE) {
      table.tensor(name, new KeyTable.Target("time_embedding.cond_proj.weight", KeyTable.Form.SAME));
    }
    return table;
  }

  /** Every name that a tensor of such a network may have, of more and deeper blocks than any published one. */
  static Set<String> possibleNames() {
    Set<String> names = new HashSet<>();
    for (int n = 0; n < POSSIBLE_BLOCKS; n++) {
      KeyTable table = new KeyTable();
      for (String block : List.of("input_blocks." + n, "output_blocks." + n, "middle_block")) {
        for (String part : List.of(".0", ".1", ".2")) {
          table.block(block + part, block + part, RESNET);
          transformer(table, block + part, block + part, POSSIBLE_DEPTH);
          table.layer(block + part, block + part);
          table.layer(block + part + ".op", block + part + ".op");
          table.layer(block + part + ".conv", block + part + ".conv");
        }
      }
      table.forEach((name, targets) -> names.add(PREFIX + name));
    }
    for (String end : List.of("time_embed.0", "time_embed.2", "label_emb.0.0", "label_emb.0.2", "out.0", "out.2")) {
      names.add(PREFIX + end + ".weight");
      names.add(PREFIX + end + ".bias");
    }
    names.add(PREFIX + "label_emb.weight");
    GUIDANCE.forEach(name -> names.add(PREFIX + name));
    return names;
  }

  private static void transformer(KeyTable table, String original, String name, int depth) {
    if (depth == 0) {
      return;
    }
    for (String layer : List.of("norm", "proj_in", "proj_out")) {
      table.layer(original + "." + layer, name + "." + layer);
    }
    for (int k = 0; k < depth; k++) {
      for (String layer : TRANSFORMER_BLOCK) {
        table.layer(original + ".transformer_blocks." + k + "." + layer,
            name + ".transformer_blocks." + k + "." + layer);
      }
    }
  }

  int inChannels() {
    return section.dim("input_blocks.0.0.weight", 1);
  }

  int contextWidth() {
    return section.dim("middle_block.1.transformer_blocks.0.attn2.to_k.weight", 1);
  }

  boolean readsGuidance() {
    return GUIDANCE.stream().anyMatch(section::has);
  }

  /** As diffusers' config.json. */
  Map<String, Object> config(CheckpointFamily family, CheckpointUse use, OriginalConfig original, String origin) {
    List<UNetLayout.Level> down = layout.down();
    List<UNetLayout.Level> up = layout.up();
    List<Integer> depths = new ArrayList<>(down.stream().map(level -> Math.max(1, level.depth())).toList());
    if (down.getLast().depth() == 0) {
      depths.set(depths.size() - 1, layout.middle()); // the middle has as many as the smallest picture
    }
    Integer groups = unetValue(original, "norm_groups");
    Map<String, Object> config = new LinkedHashMap<>();
    config.put("_class_name", "UNet2DConditionModel");
    config.put("act_fn", "silu");
    config.put("attention_head_dim", oneOrEach(heads(family, use, original, origin))); // by that name diffusers means
                                                                                       // heads
    config.put("block_out_channels", down.stream().map(UNetLayout.Level::channels).toList());
    config.put("center_input_sample", false);
    config.put("cross_attention_dim", contextWidth());
    config.put("down_block_types",
        down.stream().map(level -> level.depth() > 0 ? "CrossAttnDownBlock2D" : "DownBlock2D").toList());
    config.put("downsample_padding", 1);
    config.put("flip_sin_to_cos", true);
    config.put("freq_shift", 0);
    config.put("in_channels", inChannels());
    config.put("layers_per_block", oneOrEach(down.stream().map(UNetLayout.Level::layers).toList()));
    config.put("mid_block_scale_factor", 1);
    config.put("mid_block_type", "UNetMidBlock2DCrossAttn");
    config.put("norm_eps", 1e-5);
    config.put("norm_num_groups", groups != null ? groups : 32);
    config.put("out_channels", section.dim("out.2.weight", 0));
    config.put("only_cross_attention", oneOrEach(onlyCross(original)));
    config.put("sample_size", use == CheckpointUse.UPSCALING ? UPSCALED_SIZE : family.sampleSize());
    config.put("transformer_layers_per_block", oneOrEach(depths));
    config.put("up_block_types",
        up.stream().map(level -> level.depth() > 0 ? "CrossAttnUpBlock2D" : "UpBlock2D").toList());
    config.put("use_linear_projection", section.rank("middle_block.1.proj_in.weight") == 2);
    if (family.isXl()) {
      config.put("addition_embed_type", "text_time");
      config.put("addition_time_embed_dim", original.sizeDim(SIZE_DIM));
      config.put("projection_class_embeddings_input_dim", section.dim("label_emb.0.0.weight", 1));
    } else if (section.has("label_emb.weight")) {
      config.put("num_class_embeds", section.dim("label_emb.weight", 0));
    }
    GUIDANCE.stream().filter(section::has).findFirst()
        .ifPresent(name -> config.put("time_cond_proj_dim", section.dim(name, 1)));
    return config;
  }

  /**
   * Whether a size's first attention reads the text too: where its keys are as wide as the text. The YAML file tells
   * where the picture's channels are as many.
   */
  private List<Boolean> onlyCross(OriginalConfig original) {
    if (original.value("model.params.unet_config.params.disable_self_attentions") instanceof List<?> told
        && told.size() == layout.down().size() && told.stream().allMatch(Boolean.class::isInstance)) {
      return told.stream().map(Boolean.class::cast).toList();
    }
    List<Boolean> each = new ArrayList<>();
    int n = 1;
    for (UNetLayout.Level level : layout.down()) {
      String keys = "input_blocks." + n + ".1.transformer_blocks.0.attn1.to_k.weight";
      each.add(level.channels() != contextWidth() && section.has(keys) && section.dim(keys, 1) == contextWidth());
      n += level.layers() + (level.resampled() ? 1 : 0);
    }
    return each;
  }

  private List<Integer> heads(CheckpointFamily family, CheckpointUse use, OriginalConfig original, String origin) {
    Integer heads = unetValue(original, "num_heads");
    Integer headDim = unetValue(original, "num_head_channels");
    if (heads != null || headDim == null
        && (family == CheckpointFamily.SD1 || use == CheckpointUse.UPSCALING)) {
      return Collections.nCopies(layout.down().size(), heads != null ? heads : HEADS);
    }
    int dim = headDim != null ? headDim : HEAD_DIM;
    List<Integer> each = new ArrayList<>();
    for (UNetLayout.Level level : layout.down()) {
      if (level.channels() % dim != 0) {
        throw new WeightsException(
            origin + ": the U-Net has " + level.channels() + " channels, which makes no heads of " + dim
                + "; give the checkpoint's YAML file with unet_config.params.num_heads or num_head_channels");
      }
      each.add(level.channels() / dim);
    }
    return each;
  }

  /** SD XL's files call the section {@code network_config}. */
  private static Integer unetValue(OriginalConfig original, String key) {
    Integer value = original.positive("model.params.unet_config.params." + key);
    return value != null ? value : original.positive("model.params.network_config.params." + key);
  }

  private static Object oneOrEach(List<?> values) {
    return values.stream().distinct().count() == 1 ? values.getFirst() : values;
  }
}
