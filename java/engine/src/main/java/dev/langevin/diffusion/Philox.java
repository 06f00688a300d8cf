package dev.langevin.diffusion;

/**
 * Philox 4x32 with ten rounds, a counter-based generator: its words are a pure function of seed and position (Salmon et
 * al., SC '11, "Parallel random numbers: as easy as 1, 2, 3").
 */
public final class Philox {

  private static final int ROUNDS = 10;
  private static final long MULTIPLIER_0 = 0xD2511F53L;
  private static final long MULTIPLIER_1 = 0xCD9E8D57L;

  /** Weyl increments of the key: 2^32 times the golden ratio's fraction, and that of sqrt(3). */
  private static final int WEYL_0 = 0x9E3779B9;

  private static final int WEYL_1 = 0xBB67AE85;

  private Philox() {}

  /**
   * Four 32-bit words.
   *
   * @param seed the key
   * @param subsequence upper half of the counter: one a thread, by custom
   * @param offset lower half of the counter: how many blocks of four were drawn before
   */
  public static int[] words(long seed, long subsequence, long offset) {
    int c0 = (int) offset;
    int c1 = (int) (offset >>> 32);
    int c2 = (int) subsequence;
    int c3 = (int) (subsequence >>> 32);
    int k0 = (int) seed;
    int k1 = (int) (seed >>> 32);
    for (int round = 0; round < ROUNDS; round++) {
      long product0 = MULTIPLIER_0 * (c0 & 0xffffffffL);
      long product1 = MULTIPLIER_1 * (c2 & 0xffffffffL);
      c0 = (int) (product1 >>> 32) ^ c1 ^ k0;
      c1 = (int) product1;
      c2 = (int) (product0 >>> 32) ^ c3 ^ k1;
      c3 = (int) product0;
      k0 += WEYL_0;
      k1 += WEYL_1;
    }
    return new int[] {c0, c1, c2, c3};
  }
}
