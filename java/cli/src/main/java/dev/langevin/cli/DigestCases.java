package dev.langevin.cli;

import dev.langevin.tensor.Tensor;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.function.Consumer;

/** The cases of a family of models. Each family has a class of its own, which alone knows how its models are called. */
interface DigestCases {

  /** Sides of pictures: the latents of tiny models have odd ones then, which leave kernels a tail. */
  int WIDTH = 56;

  int HEIGHT = 40;

  long SEED = 7;

  String PROMPT = "a photo of a cat in a red hat";

  /** Names of the cases, in their order. */
  Set<String> names();

  /**
   * Runs one case, in every precision, cache and limit that its models know.
   *
   * @param reference folder of the tiny models
   * @param scratch folder for what the case writes
   * @param rows takes each digest
   */
  void run(String name, Path reference, Path scratch, Consumer<Digest> rows) throws IOException;

  /** A picture of integers alone, which every machine draws alike: two ramps with discs of a third colour. */
  static BufferedImage picture(int width, int height) {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int dx = x % 24 - 12;
        int dy = y % 24 - 12;
        image.setRGB(x, y, (255 * x / width) << 16 | (255 * y / height) << 8 | (dx * dx + dy * dy < 64 ? 220 : 30));
      }
    }
    return image;
  }

  /** (1, H, W): the middle is painted anew. */
  static Tensor mask(int width, int height) {
    float[] values = new float[width * height];
    for (int y = height / 4; y < height * 3 / 4; y++) {
      Arrays.fill(values, y * width + width / 4, y * width + width * 3 / 4, 1f);
    }
    return Tensor.ofFloats(values, 1, height, width);
  }
}
