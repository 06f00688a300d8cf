package dev.langevin.weights;

import java.util.ArrayList;
import java.util.List;

/**
 * What a conditional U-Net is made of, as its tensors' names tell it in either naming: the sizes of picture on the way
 * down and up.
 *
 * @param middle transformer blocks between the two ways
 */
record UNetLayout(List<Level> down, int middle, List<Level> up) {

  /**
   * A size of picture.
   *
   * @param depths transformer blocks of each resnet's attention, 0 without one
   * @param resampled whether the next size follows
   */
  record Level(int channels, List<Integer> depths, boolean resampled) {

    int layers() {
      return depths.size();
    }

    int depth() {
      return depths.stream().mapToInt(Integer::intValue).max().orElse(0);
    }
  }

  /** By {@code input_blocks.N} and {@code output_blocks.N}, numbered through all sizes. */
  static UNetLayout ofOriginal(Section section) {
    List<Level> down = new ArrayList<>();
    List<Integer> depths = new ArrayList<>();
    int channels = 0;
    int count = section.count("input_blocks");
    for (int n = 1; n < count; n++) {
      String block = "input_blocks." + n;
      if (section.has(block + ".0.op")) {
        down.add(new Level(channels, depths, true));
        depths = new ArrayList<>();
      } else {
        channels = section.dim(block + ".0.out_layers.3.weight", 0);
        depths.add(section.count(block + ".1.transformer_blocks"));
      }
    }
    down.add(new Level(channels, depths, false));
    List<Level> up = new ArrayList<>();
    depths = new ArrayList<>();
    count = section.count("output_blocks");
    for (int n = 0; n < count; n++) {
      String block = "output_blocks." + n;
      depths.add(section.count(block + ".1.transformer_blocks"));
      boolean ends = section.has(block + (depths.getLast() > 0 ? ".2" : ".1") + ".conv");
      if (ends || n == count - 1) {
        up.add(new Level(section.dim(block + ".0.out_layers.3.weight", 0), depths, ends));
        depths = new ArrayList<>();
      }
    }
    return new UNetLayout(down, section.count("middle_block.1.transformer_blocks"), up);
  }

  /** By {@code down_blocks.I.resnets.J} and its like. */
  static UNetLayout ofDiffusers(Section section) {
    return new UNetLayout(levels(section, "down_blocks", "downsamplers"),
        section.count("mid_block.attentions.0.transformer_blocks"), levels(section, "up_blocks", "upsamplers"));
  }

  private static List<Level> levels(Section section, String blocks, String sampler) {
    List<Level> levels = new ArrayList<>();
    for (int i = 0; i < section.count(blocks); i++) {
      String block = blocks + "." + i;
      List<Integer> depths = new ArrayList<>();
      for (int layer = 0; layer < section.count(block + ".resnets"); layer++) {
        depths.add(section.count(block + ".attentions." + layer + ".transformer_blocks"));
      }
      levels.add(new Level(section.dim(block + ".resnets.0.conv2.weight", 0), depths,
          section.has(block + "." + sampler + ".0.conv")));
    }
    return levels;
  }
}
