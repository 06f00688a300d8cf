package dev.langevin.diffusion.samplers;

/**
 * A step split into one to a lower level and fresh noise back up.
 *
 * @param down level that the step goes to
 * @param keep factor on the sample after that
 * @param up standard deviation of the fresh noise
 */
record Ancestral(double down, double keep, double up) {

  /**
   * For {@code x0 + sigma * noise}: up^2 + down^2 = to^2 (Song et al., arXiv:2010.02502, equation 16, with sigma of the
   * variance-exploding form).
   */
  static Ancestral of(double from, double to, double eta) {
    if (eta == 0) {
      return new Ancestral(to, 1, 0);
    }
    double up = Math.min(to, eta * Math.sqrt(to * to * (from * from - to * to) / (from * from)));
    return new Ancestral(Math.sqrt(Math.max(0, to * to - up * up)), 1, up);
  }

  /**
   * {@link #of} with the roundings of float32, as torch has them: where the first level is far above the second, the
   * lower level is a small difference of large numbers, of which the rounding is a part that shows.
   */
  static Ancestral ofFloat32(float from, float to, float eta) {
    if (eta == 0) {
      return new Ancestral(to, 1, 0);
    }
    float up = Math.min(to, eta * (float) Math.sqrt(to * to * (from * from - to * to) / (from * from)));
    return new Ancestral((float) Math.sqrt(Math.max(0, to * to - up * up)), 1, up);
  }

  /** For a flow, {@code (1 - sigma) * x0 + sigma * noise}: signal and noise are those of the level at its end. */
  static Ancestral ofFlow(double from, double to, double eta) {
    double down = to * (1 + (to / from - 1) * eta);
    double keep = eta > 0 ? (1 - to) / (1 - down) : 1;
    return new Ancestral(down, keep, eta > 0 ? Math.sqrt(Math.max(0, to * to - down * down * keep * keep)) : 0);
  }

  static Ancestral of(ModelLevels levels, double from, double to, double eta) {
    return levels.flow() ? ofFlow(from, to, eta) : of(from, to, eta);
  }
}
