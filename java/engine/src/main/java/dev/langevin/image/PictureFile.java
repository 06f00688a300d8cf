package dev.langevin.image;

import static dev.langevin.image.ExifOrientation.UPRIGHT;

import dev.langevin.policy.Findings;
import dev.langevin.policy.RefusedException;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Locale;
import java.util.Set;
import javax.imageio.IIOException;
import javax.imageio.ImageIO;
import javax.imageio.ImageReadParam;
import javax.imageio.ImageReader;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.stream.FileImageInputStream;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * A PNG, JPEG, BMP, GIF or WebP file (its first picture), recognised by its contents, decoded whole or not at all, and
 * turned as its camera was held. WebP needs a {@link WebpCodec}.
 *
 * <p>
 * The JDK's JPEG reader paints what a truncated file lacks in gray and only warns; its GIF reader leaves codes out.
 * Both count as unreadable here, since a network would learn them, unless a lenient policy asks for what is there.
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

  /** Most pixels of a picture: Pillow's limit, so that a few bytes of header do not ask for all memory. */
  private static final long MAX_PIXELS = 178_956_970;

  /** Bytes that a pixel takes while it is decoded and converted, at most. */
  private static final long PIXEL_BYTES = 12;

  /** Most pixels of a byte: deflate makes 1032 bytes of one, of eight pixels each. JPEG and BMP do less. */
  private static final long DEFLATE_PIXELS = 1032 * 8;

  /** Likewise of LZW, a code of nine bits and more for 4096 pixels at most. */
  private static final long LZW_PIXELS = 4096;

  /** Bytes of a file at most, above which are no pictures of that many pixels. */
  private static final long MAX_BYTES = 1L << 30;

  /** Width and height in pixels, as {@link #read} would have them. */
  public record Size(int width, int height) {}

  /** Does something with an open reader, knowing the {@link ExifOrientation}. */
  private interface Use<T> {
    T of(ImageReader reader, int orientation) throws IOException;
  }

  /** What a reader is made for. */
  private record Source(byte[] bytes, JpegProfile profile, Reading reading) {}

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
      return size(stream);
    }
  }

  /**
   * Reads the header of a picture that is in memory.
   *
   * @throws IOException if there is none; the message is the reason
   */
  public static Size size(byte[] bytes) throws IOException {
    try (ImageInputStream stream = new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes))) {
      return size(stream);
    }
  }

  private static Size size(ImageInputStream stream) throws IOException {
    byte[] start = new byte[30];
    int count = Math.max(0, stream.read(start));
    stream.seek(0);
    if (WebpFile.is(start)) {
      return checked(WebpFile.size(Arrays.copyOf(start, count)), ExifOrientation.of(stream));
    }
    return withReader(stream, (reader, orientation) -> size(reader, start, orientation));
  }

  private static Size size(ImageReader reader, byte[] start, int orientation) throws IOException {
    Size frame = new Size(reader.getWidth(0), reader.getHeight(0));
    return checked(GifCanvas.is(start) ? GifCanvas.size(start, frame) : frame, orientation);
  }

  private static Size checked(Size stored, int orientation) throws IOException {
    int width = stored.width;
    int height = stored.height;
    long pixels = (long) width * height;
    if (width < 1 || height < 1 || pixels > MAX_PIXELS) {
      throw new IOException("has " + width + "x" + height + " pixels, which is not from 1 to " + MAX_PIXELS);
    }
    if (pixels * PIXEL_BYTES > Runtime.getRuntime().maxMemory()) {
      throw new IOException(
          "has " + width + "x" + height + " pixels, whose decoding takes up to " + pixels * PIXEL_BYTES
              + " bytes; the Java heap may take " + Runtime.getRuntime().maxMemory()
              + ", which JDK_JAVA_OPTIONS=-Xmx... changes");
    }
    return ExifOrientation.exchangesSides(orientation) ? new Size(height, width) : stored;
  }

  /**
   * Decodes the picture.
   *
   * @throws IOException if any of it is missing or damaged; the message is the reason, without the file's name
   */
  public static DecodedImage read(Path file) throws IOException {
    return read(file, null);
  }

  /**
   * Decodes the picture.
   *
   * @param findings decides about missing parts, and is told of an animation's other pictures; or null, for none may be
   *   missing
   * @throws IOException as of {@link #read(Path)}, unless what is there may be read
   */
  public static DecodedImage read(Path file, Findings findings) throws IOException {
    byte[] bytes;
    try {
      if (Files.size(file) > MAX_BYTES) {
        throw new IOException("has " + Files.size(file) + " bytes, more than the " + MAX_BYTES + " of a picture");
      }
      bytes = Files.readAllBytes(file);
    } catch (FileSystemException e) { // its message is the name alone
      throw new IOException("cannot be read: " + e, e);
    }
    return decode(bytes, new Reading(file, findings));
  }

  /**
   * Decodes a picture that is in memory.
   *
   * @throws IOException if any of it is missing or damaged; the message is the reason
   */
  public static DecodedImage decode(byte[] bytes) throws IOException {
    return decode(bytes, new Reading(Path.of("picture"), null));
  }

  private static DecodedImage decode(byte[] bytes, Reading reading) throws IOException {
    Source source = new Source(bytes, JpegProfile.of(bytes), reading);
    try (ImageInputStream stream =
        new MemoryCacheImageInputStream(new ByteArrayInputStream(source.profile.jpeg()))) {
      if (WebpFile.is(bytes)) {
        int orientation = ExifOrientation.of(stream);
        checked(WebpFile.size(bytes), orientation);
        return ExifOrientation.upright(WebpFile.decode(bytes, source.reading), orientation);
      }
      return withReader(stream, (reader, orientation) -> decode(reader, source, orientation));
    }
  }

  private static DecodedImage decode(ImageReader reader, Source source, int orientation) throws IOException {
    Size canvas = size(reader, source.bytes, UPRIGHT); // refuses huge ones
    requireBytesFor(canvas, reader.getFormatName(), source.bytes.length);
    StringBuilder damage = new StringBuilder();
    reader.addIIOReadWarningListener((origin, warning) -> {
      if (warning.startsWith("Truncated") || warning.contains("premature end")
          || warning.startsWith("Out-of-sequence")) {
        damage.append(damage.isEmpty() ? warning : "");
      }
    });
    BufferedImage image = image(reader, source.reading);
    if (!damage.isEmpty()) {
      source.reading.damaged("is damaged: " + damage);
    }
    int frames = Frames.count(source.bytes);
    if (frames > 1) {
      source.reading.animated(frames);
    }
    DecodedImage picture = GifCanvas.is(source.bytes) ? GifCanvas.placed(image, source.bytes, canvas)
        : inColours(image, source);
    return ExifOrientation.upright(picture, orientation);
  }

  /** Whether the file can hold so many pixels at all: a header of a few bytes may not ask for memory and time. */
  private static void requireBytesFor(Size canvas, String format, long bytes) throws IOException {
    long most = (format.equalsIgnoreCase("gif") ? LZW_PIXELS : DEFLATE_PIXELS) * bytes;
    if ((long) canvas.width * canvas.height > most) {
      throw new IOException("is truncated: its " + bytes + " bytes cannot hold " + canvas.width + "x" + canvas.height
          + " pixels");
    }
  }

  /** The reader's picture; where a lenient policy has it so, what there is of it. */
  private static BufferedImage image(ImageReader reader, Reading reading) throws IOException {
    ImageReadParam param = reader.getDefaultReadParam();
    Iterator<ImageTypeSpecifier> types = reader.getImageTypes(0);
    if (!types.hasNext()) {
      return reader.read(0);
    }
    BufferedImage image = types.next().createBufferedImage(reader.getWidth(0), reader.getHeight(0));
    param.setDestination(image);
    try {
      return reader.read(0, param);
    } catch (IOException | RuntimeException e) {
      reading.damaged(reason(e));
      return image;
    }
  }

  /** Inks as their profile has them; all other samples as they are stored. */
  private static DecodedImage inColours(BufferedImage image, Source source) throws IOException {
    if (source.profile.profile() != null && DecodedImage.isInk(image.getColorModel())) {
      try {
        return source.profile.applied(image.getRaster());
      } catch (IOException e) {
        source.reading.withoutProfile(e.getMessage());
      }
    }
    return DecodedImage.of(image);
  }

  /** The JDK's readers trust lengths and offsets that damaged files have, and throw what they come by. */
  private static String reason(Exception e) {
    if (e instanceof EOFException) {
      return "is truncated";
    }
    return e instanceof IIOException
        ? "is damaged: " + e.getMessage() + (e.getCause() == null ? "" : ": " + e.getCause().getMessage())
        : e instanceof IOException ? e.getMessage() : "is damaged: " + e;
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
      } catch (RefusedException e) {
        throw e;
      } catch (IOException | RuntimeException e) {
        throw new IOException(reason(e), e);
      } finally {
        reader.dispose();
      }
    }
    throw new IOException("is not a PNG, JPEG, BMP, GIF or WebP picture");
  }
}
