package dev.langevin.training;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageIO;

/** Six random pictures of 16x16, each with two captions, of two classes. */
final class CaptionedPictures {

  private CaptionedPictures() {}

  static void write(Path data) throws IOException {
    Random random = new Random(7);
    Files.createDirectories(data);
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      BufferedImage picture = new BufferedImage(16, 16, BufferedImage.TYPE_INT_RGB);
      for (int p = 0; p < 256; p++) {
        picture.setRGB(p % 16, p / 16, random.nextInt(1 << 24));
      }
      ImageIO.write(picture, "png", data.resolve(i + ".png").toFile());
      lines.add("{\"file_name\": \"" + i + ".png\", \"text\": [\"picture number " + i + "\", \"noise " + i
          + "\"], \"label\": \"" + (i % 2 == 0 ? "even" : "odd") + "\"}");
    }
    Files.write(data.resolve("metadata.jsonl"), lines);
  }
}
