package dev.langevin.image;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.ServiceLoader;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** Formats that pictures are written in, by the endings of files' names. */
public enum PictureFormat {
  /** Loses nothing. */
  PNG("png"),
  /** Loses a little; without transparency. */
  JPEG("jpg", "jpeg", "jpe", "jfif"),
  /** Loses nothing, or a little where a quality is asked for. */
  WEBP("webp"),
  /** Of several pictures, one after another: a single one would lose its colours for nothing. */
  GIF("gif");

  /** Quality of a JPEG, 1 to 100, where none is asked for. */
  public static final int JPEG_QUALITY = 95;

  private final List<String> endings;

  PictureFormat(String... endings) {
    this.endings = List.of(endings);
  }

  /**
   * The format of a file's name, or PNG where the name is not that of a picture.
   *
   * @throws ImageFileException if it is that of a picture of another format
   */
  public static PictureFormat of(Path file) {
    String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
    String ending = name.substring(name.lastIndexOf('.') + 1);
    for (PictureFormat format : values()) {
      if (name.length() > ending.length() && format.endings.contains(ending)) {
        return format;
      }
    }
    if (PictureFile.isNamed(file)) {
      throw new ImageFileException(
          file + ": pictures are not written as ." + ending + "; end its name in .png, .jpg or .webp", null);
    }
    return PNG;
  }

  /** Whether files of this format can be made here. */
  public boolean canWrite() {
    return this != WEBP || ServiceLoader.load(WebpCodec.class).findFirst().isPresent();
  }

  /** Whether a file of this format has room for texts. */
  public boolean holds(Collection<String> texts) {
    return this != JPEG || ExifComment.fits(String.join("\n", texts));
  }

  /** Whether a file of this format can have a picture's size. */
  public boolean holds(BufferedImage image) {
    int most = this == WEBP ? WebpFile.MAX_SIDE : 0xffff;
    return this == PNG || image.getWidth() <= most && image.getHeight() <= most;
  }

  /** Whether a quality means something. */
  public boolean hasQuality() {
    return this == JPEG || this == WEBP;
  }

  /**
   * Encodes a picture.
   *
   * @param texts by their keywords of Latin letters; JPEG and WebP take one, as the Exif block's comment
   * @param quality 1 to 100, or null for a JPEG of {@link #JPEG_QUALITY} and a WebP that loses nothing
   * @throws IOException if the format cannot hold the picture or its texts, or there is no {@link WebpCodec}
   */
  public byte[] encode(BufferedImage image, Map<String, String> texts, Integer quality) throws IOException {
    String text = texts.isEmpty() ? null : String.join("\n", texts.values());
    return switch (this) {
      case PNG -> png(image, texts);
      case JPEG -> {
        byte[] jpeg = jpeg(image, quality == null ? JPEG_QUALITY : quality);
        if (text != null && !ExifComment.fits(text)) {
          throw new IOException("a JPEG cannot hold parameters of " + text.length()
              + " letters, 32729 at most; write a PNG or WebP");
        }
        yield text == null ? jpeg : ExifComment.intoJpeg(jpeg, text);
      }
      case WEBP -> webp(image, text, quality);
      case GIF -> throw new IOException("a GIF is for several pictures; write one as PNG, JPEG or WebP");
    };
  }

  private static byte[] png(BufferedImage image, Map<String, String> texts) throws IOException {
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    try (MemoryCacheImageOutputStream out = new MemoryCacheImageOutputStream(png)) { // a usual one needs a disk
      if (!ImageIO.write(image, "png", out)) {
        throw new IOException("the JDK has no PNG writer");
      }
    }
    return PngText.with(png.toByteArray(), texts);
  }

  private static byte[] jpeg(BufferedImage image, int quality) throws IOException {
    ByteArrayOutputStream jpeg = new ByteArrayOutputStream();
    ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
    try (MemoryCacheImageOutputStream out = new MemoryCacheImageOutputStream(jpeg)) {
      ImageWriteParam param = writer.getDefaultWriteParam();
      param.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
      param.setCompressionQuality(quality / 100f);
      writer.setOutput(out);
      writer.write(null, new IIOImage(opaque(image), null, null), param);
    } finally {
      writer.dispose();
    }
    return jpeg.toByteArray();
  }

  /** A JPEG has no alpha, and the JDK writes none of a picture that has. */
  private static BufferedImage opaque(BufferedImage image) {
    if (image.getType() == BufferedImage.TYPE_INT_RGB) {
      return image;
    }
    BufferedImage opaque = new BufferedImage(image.getWidth(), image.getHeight(), BufferedImage.TYPE_INT_RGB);
    opaque.setRGB(0, 0, image.getWidth(), image.getHeight(), Images.pixels(image), 0, image.getWidth());
    return opaque;
  }

  private static byte[] webp(BufferedImage image, String text, Integer quality) throws IOException {
    int width = image.getWidth();
    int height = image.getHeight();
    if (Math.max(width, height) > WebpFile.MAX_SIDE) {
      throw new IOException("a WebP picture's sides have " + WebpFile.MAX_SIDE + " pixels at most, this one has "
          + width + "x" + height + "; write a PNG");
    }
    WebpCodec codec = ServiceLoader.load(WebpCodec.class).findFirst().orElseThrow(
        () -> new IOException("WebP is written by the command line, not by the engine alone; write a PNG"));
    byte[] rgb = new byte[3 * width * height];
    int at = 0;
    for (int pixel : Images.pixels(image)) {
      rgb[at++] = (byte) (pixel >> 16);
      rgb[at++] = (byte) (pixel >> 8);
      rgb[at++] = (byte) pixel;
    }
    byte[] webp = codec.encode(rgb, width, height, quality == null ? WebpCodec.LOSSLESS : quality);
    return text == null ? webp : WebpFile.withExif(webp, ExifComment.tiff(text), width, height);
  }
}
