package dev.langevin.training.data;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;

/** Small pictures, and sets of them in memory. */
public final class TestPictures {

  private TestPictures() {}

  /** Gray values row by row. */
  public static Picture gray(int width, int... values) {
    byte[] samples = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      samples[i] = (byte) values[i];
    }
    return new Picture(width, values.length / width, 1, samples);
  }

  /** Every pixel of one colour. */
  public static BufferedImage plain(int width, int height, int rgb) {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < width * height; i++) {
      image.setRGB(i % width, i / width, rgb);
    }
    return image;
  }

  /** A picture with a pattern, so that its file is some hundreds of bytes long. */
  public static BufferedImage pattern(int width, int height) {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < width * height; i++) {
      image.setRGB(i % width, i / width, i * 0x9e3779b1 >>> 8);
    }
    return image;
  }

  public static byte[] encoded(BufferedImage image, String format) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      if (!ImageIO.write(image, format, out)) {
        throw new IllegalArgumentException("the JDK does not write " + format + " of this type");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  /** Writes a picture, making its folder; the format is the file's ending. */
  public static Path write(Path file, BufferedImage image) throws IOException {
    Files.createDirectories(file.getParent());
    String name = file.getFileName().toString();
    return Files.write(file, encoded(image, name.substring(name.lastIndexOf('.') + 1)));
  }

  /** {@code size} pictures of 2x2 pixels, all of the value of their place, with three captions each. */
  public static Dataset numbered(int size) {
    List<Example> examples = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      List<String> captions = List.of("first of " + i, "second of " + i, "third of " + i);
      examples.add(new Example(gray(2, i, i, i, i),
          new Annotation("n" + i, i, captions, true, java.util.Map.of("odd", "" + i % 2))));
    }
    return dataset(examples);
  }

  public static Dataset dataset(List<Example> examples) {
    return new Dataset() {
      @Override
      public int size() {
        return examples.size();
      }

      @Override
      public Annotation annotation(int index) {
        return examples.get(index).annotation();
      }

      @Override
      public int width(int index) {
        return examples.get(index).picture().width();
      }

      @Override
      public int height(int index) {
        return examples.get(index).picture().height();
      }

      @Override
      public Picture picture(int index) {
        return examples.get(index).picture();
      }

      @Override
      public List<String> classNames() {
        return List.of();
      }

      @Override
      public int classes() {
        return examples.stream().mapToInt(Example::label).max().orElse(-1) + 1;
      }

      @Override
      public boolean hasCaptions() {
        return examples.stream().anyMatch(example -> !example.captions().isEmpty());
      }
    };
  }
}
