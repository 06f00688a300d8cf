package dev.langevin.config;

/**
 * How large a model may say that it is. Nothing published comes near; what lies within them is compared with the
 * weights before anything of it is built.
 */
final class Limits {

  /** Channels, heads, tokens. */
  static final int WIDTH = 1 << 16;

  /** Entries of a table: symbols, classes, codes. */
  static final int ENTRIES = 1 << 22;

  static final int LAYERS = 1000;

  /** Sizes that a picture passes through, each half of the one before. */
  static final int BLOCKS = 16;

  static final int KERNEL = 31;

  /** Side of a picture. */
  static final int SIDE = 2048;

  /** Side of latents, which are an eighth of their picture's. */
  static final int LATENT_SIDE = 512;

  /** Timesteps of a chain. */
  static final int TIMESTEPS = 100_000;

  /** A norm's epsilon: below, a float32 variance near 0 is divided by 0. */
  static final double LEAST_EPSILON = 1e-12;

  /** Of factors and levels that a sample is multiplied or divided by: beyond, float32 numbers overflow on the way. */
  static final double LEAST_FACTOR = 1e-4;

  static final double MOST_FACTOR = 1e4;

  private Limits() {}
}
