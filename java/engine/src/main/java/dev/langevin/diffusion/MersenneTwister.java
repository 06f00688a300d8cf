package dev.langevin.diffusion;

/**
 * MT19937 (Matsumoto and Nishimura, ACM TOMACS 8(1), 1998), the 32-bit generator with the initialisation of 2002. Not
 * thread-safe.
 */
final class MersenneTwister {

  private static final int N = 624;
  private static final int M = 397;

  private final int[] state = new int[N];
  private int next = N;

  MersenneTwister(int seed) {
    state[0] = seed;
    for (int i = 1; i < N; i++) {
      state[i] = 1812433253 * (state[i - 1] ^ (state[i - 1] >>> 30)) + i;
    }
  }

  /** The next 32 random bits. */
  int next() {
    if (next == N) {
      twist();
    }
    int word = state[next++];
    word ^= word >>> 11;
    word ^= (word << 7) & 0x9d2c5680;
    word ^= (word << 15) & 0xefc60000;
    return word ^ (word >>> 18);
  }

  private void twist() {
    for (int i = 0; i < N; i++) {
      int following = state[i + 1 == N ? 0 : i + 1];
      int joined = (state[i] & 0x80000000) | (following & 0x7fffffff);
      int distant = state[i + M < N ? i + M : i + M - N];
      state[i] = distant ^ (joined >>> 1) ^ ((joined & 1) == 0 ? 0 : 0x9908b0df);
    }
    next = 0;
  }
}
