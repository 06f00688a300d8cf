package dev.langevin.cli;

import java.security.SecureRandom;

/** Seeds that are drawn where nobody chooses one. */
final class Seeds {

  /** What web UIs take for the wish to have one drawn. */
  private static final long DRAW = -1;

  private Seeds() {}

  /** The seed, or for -1 one of 32 bits, as web UIs draw them, which is told. */
  static long orDrawn(long seed) {
    if (seed != DRAW) {
      Output.seed(seed);
      return seed;
    }
    long drawn = Integer.toUnsignedLong(new SecureRandom().nextInt());
    Output.seed(drawn);
    Messages.note("--seed " + drawn);
    return drawn;
  }
}
