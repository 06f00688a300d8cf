package dev.langevin.image;

import dev.langevin.policy.Findings;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.awt.image.ComponentColorModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Conversions and files. A picture is an sRGB {@link BufferedImage}; a tensor of one is (C, H, W) f32, C = 1 or 3. */
public final class Images {

  private Images() {}

  /**
   * A picture from values in [-1, 1], which are limited to that range. Rounds as diffusers does: (x / 2 + 0.5) * 255,
   * halves to even.
   */
  public static BufferedImage fromSignedUnit(Tensor chw) {
    return fromUnit(signedToUnit(chw));
  }

  /** Values in [-1, 1], and what lies outside, as values in [0, 1]. */
  public static Tensor signedToUnit(Tensor signed) {
    float[] values = signed.toFloats();
    for (int i = 0; i < values.length; i++) {
      values[i] = Math.clamp(values[i] / 2 + 0.5f, 0f, 1f);
    }
    return Tensor.ofFloats(values, signed.shape().dims());
  }

  /** A picture (1 or 3, H, W) from values in [0, 1]; halves are rounded to even. */
  public static BufferedImage fromUnit(Tensor chw) {
    Shape shape = chw.shape();
    int channels = shape.intDim(0);
    if (channels != 1 && channels != 3) {
      throw new IllegalArgumentException("a picture has 1 or 3 channels, this tensor has shape " + shape);
    }
    int height = shape.intDim(1);
    int width = shape.intDim(2);
    float[] values = chw.toFloats();
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < height * width; i++) {
      int red = eightBits(values[i]);
      int green = channels == 1 ? red : eightBits(values[height * width + i]);
      int blue = channels == 1 ? red : eightBits(values[2 * height * width + i]);
      image.setRGB(i % width, i / width, red << 16 | green << 8 | blue);
    }
    return image;
  }

  private static int eightBits(float unit) {
    return (int) Math.rint(Math.clamp(unit, 0f, 1f) * 255f);
  }

  /** (3, H, W) with values in [-1, 1]. */
  public static Tensor toSignedUnit(BufferedImage image) {
    int width = image.getWidth();
    int height = image.getHeight();
    float[] values = new float[3 * width * height];
    int[] pixels = pixels(image);
    for (int i = 0; i < width * height; i++) {
      int rgb = pixels[i];
      values[i] = (rgb >> 16 & 255) / 127.5f - 1;
      values[width * height + i] = (rgb >> 8 & 255) / 127.5f - 1;
      values[2 * width * height + i] = (rgb & 255) / 127.5f - 1;
    }
    return Tensor.ofFloats(values, 3, height, width);
  }

  /** (3, H, W) with values in [0, 1]. */
  public static Tensor toUnit(BufferedImage image) {
    int[] pixels = pixels(image);
    float[] values = new float[3 * pixels.length];
    for (int i = 0; i < pixels.length; i++) {
      for (int c = 0; c < 3; c++) {
        values[c * pixels.length + i] = (pixels[i] >> 16 - 8 * c & 255) / 255f;
      }
    }
    return Tensor.ofFloats(values, 3, image.getHeight(), image.getWidth());
  }

  /** (1, H, W) with values in [0, 1]: luma by ITU-R BT.601, rounded to eight bits. */
  public static Tensor toLuminance(BufferedImage image) {
    int[] pixels = pixels(image);
    float[] values = new float[pixels.length];
    for (int i = 0; i < values.length; i++) {
      int rgb = pixels[i];
      int luma = (rgb >> 16 & 255) * 19595 + (rgb >> 8 & 255) * 38470 + (rgb & 255) * 7471; // shares of 65536
      values[i] = (luma + 0x8000 >> 16) / 255f;
    }
    return Tensor.ofFloats(values, 1, image.getHeight(), image.getWidth());
  }

  /**
   * Side by side in {@code columns} columns on white with a margin of {@code gap} pixels. All are of the first one's
   * size.
   */
  public static BufferedImage grid(List<BufferedImage> images, int columns, int gap) {
    int width = images.getFirst().getWidth();
    int height = images.getFirst().getHeight();
    int rows = (images.size() + columns - 1) / columns;
    BufferedImage grid = new BufferedImage(
        columns * (width + gap) + gap, rows * (height + gap) + gap, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = grid.createGraphics();
    g.setColor(Color.WHITE);
    g.fillRect(0, 0, grid.getWidth(), grid.getHeight());
    for (int i = 0; i < images.size(); i++) {
      g.drawImage(images.get(i), gap + i % columns * (width + gap), gap + i / columns * (height + gap), null);
    }
    g.dispose();
    return grid;
  }

  /**
   * Reduced by bicubic interpolation so that neither side is longer than {@code side}; small pictures stay as they are.
   */
  public static BufferedImage limit(BufferedImage image, int side) {
    double factor = Math.min(1, (double) side / Math.max(image.getWidth(), image.getHeight()));
    int width = Math.max(1, (int) Math.round(image.getWidth() * factor));
    int height = Math.max(1, (int) Math.round(image.getHeight() * factor));
    return Resampling.BICUBIC.resize(image, width, height);
  }

  /**
   * (height, width) of 0xRRGGBB, above which lies what the picture has for alpha; gray and CMYK as {@link DecodedImage}
   * reads them, which BufferedImage.getRGB does not.
   */
  static int[] pixels(BufferedImage image) {
    int width = image.getWidth();
    return image.getColorModel() instanceof ComponentColorModel ? DecodedImage.of(image).opaque()
        : image.getRGB(0, 0, width, image.getHeight(), null, 0, width);
  }

  /**
   * Reads a PNG, JPEG, BMP, GIF or WebP (its first picture) as Pillow does, turned as its camera was held; alpha is
   * dropped.
   *
   * @throws ImageFileException if it is missing, is no picture, is cut off or damaged, or has more pixels than are read
   */
  public static BufferedImage read(Path file) {
    return read(file, null);
  }

  /**
   * As the other; of what is cut off or damaged {@code findings} may have read what is there, and they are told of an
   * animation's other pictures.
   */
  public static BufferedImage read(Path file, Findings findings) {
    DecodedImage picture = of(file, place -> PictureFile.read(place, findings));
    BufferedImage image = new BufferedImage(picture.width(), picture.height(), BufferedImage.TYPE_INT_RGB);
    image.getRaster().setDataElements(0, 0, picture.width(), picture.height(), picture.opaque());
    return image;
  }

  /**
   * Looks at a picture's header, before work whose result would be lost.
   *
   * @throws ImageFileException if it is missing, is no picture, or has more pixels than are read
   */
  public static void requireReadable(Path file) {
    of(file, PictureFile::size);
  }

  /** What is read of a file. */
  @FunctionalInterface
  private interface Part<T> {
    T of(Path file) throws IOException;
  }

  private static <T> T of(Path file, Part<T> part) {
    if (!Files.isRegularFile(file)) {
      throw new ImageFileException(file + ": there is no such file", null);
    }
    try {
      return part.of(file);
    } catch (IOException e) {
      throw new ImageFileException(file + ": " + e.getMessage(), e);
    }
  }

  /**
   * Finds out before any work is done whether a picture can be written to a file, as PNG, JPEG or WebP.
   *
   * @return the format of the file's name
   * @throws ImageFileException if the file's ending is that of another format, if it is a link, a pipe or a device, or
   *   as of {@link #requireWritable}
   */
  public static PictureFormat requirePictureFile(Path file) {
    return requirePictureFile(file, EnumSet.of(PictureFormat.PNG, PictureFormat.JPEG, PictureFormat.WEBP));
  }

  /** As the other, of these formats. */
  public static PictureFormat requirePictureFile(Path file, Set<PictureFormat> formats) {
    PictureFormat format = PictureFormat.of(file);
    if (!formats.contains(format) || !format.canWrite()) {
      throw new ImageFileException(file + ": this is not written as " + format + ", but as "
          + formats.stream().filter(PictureFormat::canWrite).map(PictureFormat::name)
              .collect(Collectors.joining(" or "))
          + "; end its name so", null);
    }
    requireReplaceable(file);
    requireWritable(file);
    return format;
  }

  /**
   * Finds out before any work is done whether a file can be written, or a folder made, at that place.
   *
   * @throws ImageFileException if the place's folder is missing or not writable
   */
  public static void requireWritable(Path place) {
    Path folder = Files.isDirectory(place) ? place : place.toAbsolutePath().getParent();
    if (folder == null || !Files.isDirectory(folder) || !Files.isWritable(folder)) {
      throw new ImageFileException(
          place + ": cannot be written: " + folder + " is not a folder that this user may write to", null);
    }
  }

  /**
   * Writes a PNG: whole under another name first, then renamed, so that a failure leaves no half picture.
   *
   * @throws ImageFileException if the place cannot be written
   */
  public static void writePng(BufferedImage image, Path file) {
    writePng(image, file, Map.of());
  }

  /** As the other, with texts by their keywords of Latin letters. */
  public static void writePng(BufferedImage image, Path file, Map<String, String> texts) {
    write(image, file, PictureFormat.PNG, texts, null);
  }

  /**
   * Writes a picture's file: whole under another name first, then renamed, so that a failure leaves no half picture.
   *
   * @param texts by their keywords of Latin letters, such as {@link GenerationParameters#KEYWORD}
   * @param quality 1 to 100 for JPEG and WebP, or null for a JPEG of 95 and a WebP that loses nothing
   * @throws ImageFileException if the place cannot be written, or the format cannot hold the picture
   */
  public static void write(BufferedImage image, Path file, PictureFormat format, Map<String, String> texts,
      Integer quality) {
    try {
      write(format.encode(image, texts, quality), file);
    } catch (IOException e) {
      throw new ImageFileException(file + ": the picture cannot be encoded: " + e.getMessage(), e);
    }
  }

  /** A link, a pipe or a device would be replaced by the picture's file, as root even /dev/null. */
  private static void requireReplaceable(Path place) {
    if (!Files.isDirectory(place)
        && (Files.isSymbolicLink(place) || Files.exists(place) && !Files.isRegularFile(place))) {
      throw new ImageFileException(place + ": cannot be written: it is "
          + (Files.isSymbolicLink(place) ? "a link" : "no file but a pipe or a device")
          + ", which a picture does not replace; name a file", null);
    }
  }

  /** Writes a picture's file: under another name first, then renamed. */
  static void write(byte[] bytes, Path file) {
    requireReplaceable(file);
    Path folder = file.toAbsolutePath().getParent();
    Path partial = null;
    try {
      partial = Files.createTempFile(folder, ".langevin", ".partial");
      Files.write(partial, bytes);
      Files.setPosixFilePermissions(partial, java.nio.file.attribute.PosixFilePermissions.fromString("rw-r--r--"));
      Files.move(partial, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new ImageFileException(file + ": cannot be written (" + e + "); name a folder that exists and is writable",
          e);
    } finally {
      if (partial != null) {
        partial.toFile().delete();
      }
    }
  }
}
