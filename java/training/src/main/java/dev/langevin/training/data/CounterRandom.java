package dev.langevin.training.data;

/**
 * Random numbers of a place in a run: the same seed, purpose and position give the same numbers, whichever thread asks
 * and whatever was drawn before. So a resumed run needs no stored state.
 *
 * <p>
 * SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014), written out here
 * because the JDK's classes may change how they make bounded numbers, and with it the course of a run. Not thread-safe.
 */
final class CounterRandom {

  /** What the numbers decide: none of these shares its numbers with another. */
  enum Purpose {
    ORDER,
    CAPTION,
    AUGMENTATION,
    SPLIT
  }

  /** 2^64 over the golden ratio, odd: the increment of the paper. */
  private static final long GAMMA = 0x9e3779b97f4a7c15L;

  private long state;

  CounterRandom(long seed, Purpose purpose, long position) {
    state = mix(mix(mix(seed) + (purpose.ordinal() + 1) * GAMMA) + position * GAMMA);
  }

  /** The paper's finaliser, with the constants of Stafford's variant 13. */
  static long mix(long z) {
    z = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L;
    z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
    return z ^ z >>> 31;
  }

  long next() {
    state += GAMMA;
    return mix(state);
  }

  /** From 0 to before {@code bound}; the bias is below {@code bound} / 2^64. */
  int below(int bound) {
    return (int) Math.unsignedMultiplyHigh(next(), bound);
  }

  /** In [0, 1), a multiple of 2^-53. */
  double unit() {
    return (next() >>> 11) * 0x1p-53;
  }
}
