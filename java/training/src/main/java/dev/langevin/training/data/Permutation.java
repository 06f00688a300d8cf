package dev.langevin.training.data;

/**
 * A random order of 0 to size-1 of which any place can be asked for alone, so that nothing need be kept of an epoch.
 *
 * <p>
 * The swap-or-not shuffle (Hoang, Morris and Rogaway, "An enciphering scheme based on a card shuffle", CRYPTO 2012):
 * each round pairs the places x and K - x mod size by a random K, and a random bit of each pair decides whether its two
 * change places. A round is its own inverse, so the whole is a permutation for every size.
 */
final class Permutation {

  /** About 6 log2(size) rounds mix a set of size 2^21 (section 3 of the paper); a place takes about a microsecond. */
  private static final int ROUNDS = 128;

  private final int size;
  private final int[] keys = new int[ROUNDS];
  private final long[] salts = new long[ROUNDS];

  Permutation(long seed, long epoch, int size) {
    this.size = size;
    CounterRandom random = new CounterRandom(seed, CounterRandom.Purpose.ORDER, epoch);
    for (int round = 0; round < ROUNDS; round++) {
      keys[round] = random.below(size);
      salts[round] = random.next();
    }
  }

  int at(int place) {
    int x = place;
    for (int round = 0; round < ROUNDS; round++) {
      int partner = keys[round] - x;
      partner = partner < 0 ? partner + size : partner;
      if ((CounterRandom.mix(salts[round] + Math.max(x, partner)) & 1) != 0) {
        x = partner;
      }
    }
    return x;
  }
}
