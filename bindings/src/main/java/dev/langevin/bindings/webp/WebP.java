package dev.langevin.bindings.webp;

import dev.langevin.bindings.NativeException;
import dev.langevin.bindings.NativeLibraries;
import dev.langevin.bindings.abi.NativeFunction;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Still WebP pictures by libwebp's simple interface (webp/decode.h, webp/encode.h). The library lies in the jar of
 * {@code com.github.usefulness:webp-imageio}, whose Java classes are not used: they would unpack it to a folder that is
 * not checked. Thread-safe.
 */
@SuppressWarnings("restricted")
public final class WebP {

  private static final String LIBRARY = "libwebp of webp-imageio 0.11.0";

  /** uint8_t* WebPDecodeRGBAInto(const uint8_t* data, size_t size, uint8_t* out, size_t out_size, int stride). */
  private static final NativeFunction DECODE =
      new NativeFunction("WebPDecodeRGBAInto", "p=plpli", LIBRARY, NativeLibraries::webp);

  /** size_t WebPEncodeRGB(const uint8_t* rgb, int width, int height, int stride, float quality, uint8_t** out). */
  private static final NativeFunction ENCODE =
      new NativeFunction("WebPEncodeRGB", "l=piiifp", LIBRARY, NativeLibraries::webp);

  /** size_t WebPEncodeLosslessRGB(const uint8_t* rgb, int width, int height, int stride, uint8_t** out). */
  private static final NativeFunction ENCODE_LOSSLESS =
      new NativeFunction("WebPEncodeLosslessRGB", "l=piiip", LIBRARY, NativeLibraries::webp);

  /** void WebPFree(void*). */
  private static final NativeFunction FREE = new NativeFunction("WebPFree", "v=p", LIBRARY, NativeLibraries::webp);

  private WebP() {}

  /**
   * Decodes a file's picture, which is no animation, as far as its bytes reach.
   *
   * @param rgba (height, width, 4); what the file lacks stays as it was
   * @return whether the whole picture was there
   */
  public static boolean decode(byte[] file, int width, int height, byte[] rgba) {
    if (rgba.length != 4L * width * height) {
      throw new IllegalArgumentException(width + "x" + height + " pixels do not take " + rgba.length + " bytes");
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment in = arena.allocateFrom(ValueLayout.JAVA_BYTE, file);
      MemorySegment out = arena.allocate(rgba.length);
      MemorySegment.copy(rgba, 0, out, ValueLayout.JAVA_BYTE, 0, rgba.length);
      long decoded =
          DECODE.invoke(in.address(), in.byteSize(), out.address(), out.byteSize(), 4 * width).longValue();
      MemorySegment.copy(out, ValueLayout.JAVA_BYTE, 0, rgba, 0, rgba.length);
      return decoded != 0;
    }
  }

  /**
   * Encodes a picture.
   *
   * @param rgb (height, width, 3); a side has 16383 pixels at most
   * @param quality 0 to 100, or more for a file that loses nothing
   * @throws NativeException if the library refuses, as for sizes or for want of memory
   */
  public static byte[] encode(byte[] rgb, int width, int height, float quality) {
    if (rgb.length != 3L * width * height) {
      throw new IllegalArgumentException(width + "x" + height + " pixels do not take " + rgb.length + " bytes");
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment in = arena.allocateFrom(ValueLayout.JAVA_BYTE, rgb);
      MemorySegment result = arena.allocate(ValueLayout.JAVA_LONG);
      long size = quality > 100
          ? ENCODE_LOSSLESS.invoke(in.address(), width, height, 3 * width, result.address()).longValue()
          : ENCODE.invoke(in.address(), width, height, 3 * width, quality, result.address()).longValue();
      long address = result.get(ValueLayout.JAVA_LONG, 0);
      if (size == 0 || address == 0) {
        throw new NativeException("libwebp does not encode a picture of " + width + "x" + height + " pixels", null);
      }
      byte[] file = MemorySegment.ofAddress(address).reinterpret(size).toArray(ValueLayout.JAVA_BYTE);
      FREE.invoke(address);
      return file;
    }
  }
}
