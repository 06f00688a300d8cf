package dev.langevin.image;

/**
 * Decodes and encodes still WebP pictures. The engine has none of its own; who brings one, as the command line does,
 * provides it as a service. Thread-safe.
 */
public interface WebpCodec {

  /** A quality above which nothing is lost. */
  float LOSSLESS = 101;

  /**
   * Decodes as far as the bytes reach.
   *
   * @param file a whole file of one picture, no animation
   * @param width of the picture in pixels, as {@code height}
   * @param rgba (height, width, 4), not premultiplied; what the file lacks stays as it was
   * @return whether the whole picture was there
   */
  boolean decode(byte[] file, int width, int height, byte[] rgba);

  /**
   * Encodes.
   *
   * @param rgb (height, width, 3)
   * @param quality 0 to 100, or {@link #LOSSLESS}
   */
  byte[] encode(byte[] rgb, int width, int height, float quality);
}
