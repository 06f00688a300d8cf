package dev.langevin.image;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Locale;
import java.util.Set;
import javax.imageio.IIOException;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.FileImageInputStream;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * A PNG, JPEG, BMP or GIF file (its first picture), recognised by its contents, decoded whole or not at all, and turned
 * as its camera was held.
 *
 * <p>
 * The JDK's JPEG reader paints what a truncated file lacks in gray and only warns; its GIF reader leaves codes out.
 * Both count as unreadable here, since a network would learn them.
 */
public final class PictureFile {

  /**
   * Names that pictures have; those that the JDK does not decode are listed too, so that they are reported and not
   * overlooked.
   */
  private static final Set<String> EXTENSIONS =
      Set.of("png", "jpg", "jpeg", "jpe", "jfif", "jif", "pjpeg", "pjp", "bmp", "gif", "webp", "tif", "tiff", "avif",
          "heic",
          "heif", "jxl", "jp2", "tga", "ppm", "pgm");

  private static final Set<String> FORMATS = Set.of("png", "jpeg", "bmp", "gif");

  /** Most pixels of a picture, which stops a few bytes of header from asking for all memory: 16384 x 16384. */
  private static final long MAX_PIXELS = 1L << 28;

  /** Width and height in pixels, as {@link #read} would have them. */
  public record Size(int width, int height) {}

  /** Does something with an open reader, knowing the {@link ExifOrientation}. */
  private interface Use<T> {
    T of(ImageReader reader, int orientation) throws IOException;
  }

  private PictureFile() {}

  /** Whether a file is named as a picture. */
  public static boolean isNamed(Path file) {
    String name = String.valueOf(file.getFileName()); // a root has none
    return !name.startsWith(".")
        && EXTENSIONS.contains(name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT));
  }

  /**
   * Reads the header alone.
   *
   * @throws IOException if there is none; the message is the reason, without the file's name
   */
  public static Size size(Path file) throws IOException {
    try (ImageInputStream stream = new FileImageInputStream(file.toFile())) {
      return withReader(stream, PictureFile::size);
    }
  }

  private static Size size(ImageReader reader, int orientation) throws IOException {
    int width = reader.getWidth(0);
    int height = reader.getHeight(0);
    if (width < 1 || height < 1 || (long) width * height > MAX_PIXELS) {
      throw new IOException("has " + width + "x" + height + " pixels, which is not from 1 to " + MAX_PIXELS);
    }
    return ExifOrientation.exchangesSides(orientation) ? new Size(height, width) : new Size(width, height);
  }

  /**
   * Decodes the picture.
   *
   * @throws IOException if any of it is missing or damaged; the message is the reason, without the file's name
   */
  public static DecodedImage read(Path file) throws IOException {
    try (
        ImageInputStream stream = new MemoryCacheImageInputStream(new ByteArrayInputStream(Files.readAllBytes(file)))) {
      return withReader(stream, PictureFile::decode);
    } catch (FileSystemException e) { // its message is the name alone
      throw new IOException("cannot be read: " + e, e);
    }
  }

  private static DecodedImage decode(ImageReader reader, int orientation) throws IOException {
    size(reader, orientation); // refuses huge ones
    StringBuilder damage = new StringBuilder();
    reader.addIIOReadWarningListener((source, warning) -> {
      if (warning.startsWith("Truncated") || warning.contains("premature end")
          || warning.startsWith("Out-of-sequence")) {
        damage.append(damage.isEmpty() ? warning : "");
      }
    });
    DecodedImage picture = DecodedImage.of(reader.read(0));
    if (!damage.isEmpty()) {
      throw new IOException("is damaged: " + damage);
    }
    return ExifOrientation.upright(picture, orientation);
  }

  private static <T> T withReader(ImageInputStream stream, Use<T> use) throws IOException {
    int orientation = ExifOrientation.of(stream); // first: readers may forget the beginning
    Iterator<ImageReader> readers = ImageIO.getImageReaders(stream);
    while (readers.hasNext()) {
      ImageReader reader = readers.next();
      try {
        if (FORMATS.contains(reader.getFormatName().toLowerCase(Locale.ROOT))) {
          reader.setInput(stream, true, true);
          return use.of(reader, orientation);
        }
      } catch (EOFException e) {
        throw new IOException("is truncated", e);
      } catch (IIOException e) {
        throw new IOException(
            "is damaged: " + e.getMessage() + (e.getCause() == null ? "" : ": " + e.getCause().getMessage()), e);
      } catch (RuntimeException e) { // the JDK's readers trust lengths and offsets that damaged files have
        throw new IOException("is damaged: " + e, e);
      } finally {
        reader.dispose();
      }
    }
    throw new IOException("is not a PNG, JPEG, BMP or GIF picture");
  }
}
