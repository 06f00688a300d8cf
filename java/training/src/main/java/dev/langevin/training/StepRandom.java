package dev.langevin.training;

import dev.langevin.diffusion.Philox;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The random numbers of one step: a pure function of seed and step, so that a run that was interrupted goes on with
 * those that it would have had. Counter-based (see {@link Philox}); not thread-safe.
 */
public final class StepRandom {

  private static final double UNIT = 0x1p-32;

  private final long seed;
  private final long step;
  private long block;
  private int[] words = {};
  private int next;

  /**
   * Begins the stream of a step.
   *
   * @param step or any other number of a stream; streams do not overlap
   */
  public StepRandom(long seed, long step) {
    this.seed = seed;
    this.step = step;
  }

  private int bits() {
    if (next == words.length) {
      words = Philox.words(seed, step, block++);
      next = 0;
    }
    return words[next++];
  }

  /** Uniform in (0, 1). */
  public double uniform() {
    return ((bits() & 0xffffffffL) + 0.5) * UNIT;
  }

  /** Any of the 2^64 whole numbers. */
  long whole() {
    return (long) bits() << 32 | bits() & 0xffffffffL;
  }

  /** Uniform in 0 to bound - 1. */
  public int below(int bound) {
    return (int) ((bits() & 0xffffffffL) * bound >>> 32);
  }

  /** Fills with unit normals (Box and Muller 1958). */
  public void normals(MemorySegment floats) {
    long count = floats.byteSize() / 4;
    for (long i = 0; i < count; i += 2) {
      double radius = Math.sqrt(-2 * Math.log(uniform()));
      double angle = 2 * Math.PI * uniform();
      floats.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) (radius * Math.cos(angle)));
      if (i + 1 < count) {
        floats.setAtIndex(ValueLayout.JAVA_FLOAT, i + 1, (float) (radius * Math.sin(angle)));
      }
    }
  }

  /** One unit normal. */
  public double normal() {
    return Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  }
}
