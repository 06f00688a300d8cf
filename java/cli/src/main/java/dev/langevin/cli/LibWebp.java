package dev.langevin.cli;

import dev.langevin.bindings.webp.WebP;
import dev.langevin.image.WebpCodec;

/** WebP by libwebp, which the engine finds as a service. */
public final class LibWebp implements WebpCodec {

  /** Made by the service loader. */
  public LibWebp() {}

  @Override
  public boolean decode(byte[] file, int width, int height, byte[] rgba) {
    return WebP.decode(file, width, height, rgba);
  }

  @Override
  public byte[] encode(byte[] rgb, int width, int height, float quality) {
    return WebP.encode(rgb, width, height, quality);
  }
}
