package dev.langevin.weights;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The autoencoder of latent diffusion's original code: its names, and the configuration that its shapes tell. */
final class OriginalVae {

  private static final Map<String, String> RESNET = Map.of(
      "norm1", "norm1", "conv1", "conv1", "norm2", "norm2", "conv2", "conv2", "nin_shortcut", "conv_shortcut");

  private static final Map<String, String> ATTENTION =
      Map.of("q", "to_q", "k", "to_k", "v", "to_v", "proj_out", "to_out.0");

  private final Section section;
  private final int levels;
  private final int layers;

  OriginalVae(Section section) {
    this.section = section;
    this.levels = section.count("encoder.down");
    this.layers = section.count("encoder.down.0.block");
  }

  KeyTable table() {
    return table(levels, layers);
  }

  /** The table of an autoencoder by the names that diffusers has for its parts. */
  static KeyTable tableOfDiffusers(Section section) {
    return table(section.count("encoder.down_blocks"), section.count("encoder.down_blocks.0.resnets"));
  }

  private static KeyTable table(int levels, int layers) {
    KeyTable table = new KeyTable();
    for (String side : List.of("encoder", "decoder")) {
      table.layer(side + ".conv_in", side + ".conv_in");
      table.layer(side + ".norm_out", side + ".conv_norm_out");
      table.layer(side + ".conv_out", side + ".conv_out");
      table.block(side + ".mid.block_1", side + ".mid_block.resnets.0", RESNET);
      table.block(side + ".mid.block_2", side + ".mid_block.resnets.1", RESNET);
      String attention = side + ".mid_block.attentions.0.";
      table.layer(side + ".mid.attn_1.norm", attention + "group_norm");
      ATTENTION.forEach((from, to) -> table.layer(side + ".mid.attn_1." + from, attention + to, KeyTable.Form.MATRIX));
    }
    for (int level = 0; level < levels; level++) {
      String down = "encoder.down_blocks." + level;
      String up = "decoder.up_blocks." + (levels - 1 - level); // the original counts both ways from the largest picture
      for (int layer = 0; layer < layers; layer++) {
        table.block("encoder.down." + level + ".block." + layer, down + ".resnets." + layer, RESNET);
      }
      for (int layer = 0; layer <= layers; layer++) {
        table.block("decoder.up." + level + ".block." + layer, up + ".resnets." + layer, RESNET);
      }
      table.layer("encoder.down." + level + ".downsample.conv", down + ".downsamplers.0.conv");
      table.layer("decoder.up." + level + ".upsample.conv", up + ".upsamplers.0.conv");
    }
    table.layer("quant_conv", "quant_conv");
    table.layer("post_quant_conv", "post_quant_conv");
    return table;
  }

  /**
   * As diffusers' config.json.
   *
   * @param habits what the tensors do not tell: norm_num_groups, sample_size, scaling_factor
   */
  Map<String, Object> config(Map<String, Object> habits) {
    List<Integer> channels = new ArrayList<>();
    for (int level = 0; level < levels; level++) {
      channels.add(section.dim("encoder.down." + level + ".block.0.conv2.weight", 0));
    }
    Map<String, Object> config = new LinkedHashMap<>();
    config.put("_class_name", "AutoencoderKL");
    config.put("act_fn", "silu");
    config.put("block_out_channels", channels);
    config.put("down_block_types", Collections.nCopies(levels, "DownEncoderBlock2D"));
    config.put("up_block_types", Collections.nCopies(levels, "UpDecoderBlock2D"));
    config.put("force_upcast", true);
    config.put("in_channels", section.dim("encoder.conv_in.weight", 1));
    config.put("out_channels", section.dim("decoder.conv_out.weight", 0));
    config.put("latent_channels", section.dim("decoder.conv_in.weight", 1));
    config.put("layers_per_block", layers);
    config.put("mid_block_add_attention", section.has("encoder.mid.attn_1"));
    config.putAll(habits);
    config.put("use_quant_conv", section.has("quant_conv"));
    config.put("use_post_quant_conv", section.has("post_quant_conv"));
    return config;
  }
}
