package dev.langevin.diffusion.samplers;

import java.util.function.DoubleUnaryOperator;

/** Noise levels between two ends, by formulas that know no network. The last level of a result is where a run ends. */
final class Spacing {

  private Spacing() {}

  /** {@code n} levels {@code level(i / (n - 1))}, the first for n = 1, then 0; rounded to float32. */
  static double[] levels(int n, DoubleUnaryOperator level) {
    double[] sigmas = new double[n + 1];
    for (int i = 0; i < n; i++) {
      sigmas[i] = (float) level.applyAsDouble(n == 1 ? 0 : i / (n - 1.0));
    }
    return sigmas;
  }

  /** Evenly spaced in sigma^(1/rho) (arXiv:2206.00364, equation 5). */
  static double[] karras(int n, double min, double max, double rho) {
    double low = Math.pow(min, 1 / rho);
    double high = Math.pow(max, 1 / rho);
    return levels(n, share -> Math.pow(high + share * (low - high), rho));
  }

  /** Evenly spaced in log sigma, or in a power of that. */
  static double[] exponential(int n, double min, double max, double rho) {
    return levels(n,
        share -> Math.exp(Math.pow(1 - share, rho) * (Math.log(max) - Math.log(min)) + Math.log(min)));
  }

  /** Of a continuous variance-preserving process (Song et al., arXiv:2011.13456). */
  static double[] vp(int n, double betaD, double betaMin, double last) {
    return levels(n, share -> {
      double t = 1 + share * (last - 1);
      return Math.sqrt(Math.expm1(betaD * t * t / 2 + betaMin * t));
    });
  }

  /** Quantiles of a Laplace distribution of log sigma (Hang et al., arXiv:2407.03297); ends above 0. */
  static double[] laplace(int n, double min, double max, double mu, double beta) {
    double[] sigmas = new double[n];
    for (int i = 0; i < n; i++) {
      double off = 0.5 - (n == 1 ? 0 : i / (n - 1.0));
      double log = mu - beta * Math.signum(off) * Math.log(1 - 2 * Math.abs(off) + 1e-5);
      sigmas[i] = (float) Math.clamp(Math.exp(log), min, max);
    }
    return sigmas;
  }

  /** Evenly spaced in arctan sigma (Sabour et al., arXiv:2404.14507, section 3.2), over {@code intervals}. */
  static double[] arctan(int n, int intervals, double min, double max) {
    double[] sigmas = new double[n];
    for (int i = 0; i < n; i++) {
      float share = (float) i / intervals; // float32 angles, as the UIs have: near 90 degrees the tangent shows it
      float angle = share * (float) Math.atan(min) + (1 - share) * (float) Math.atan(max);
      sigmas[i] = (float) Math.tan(angle);
    }
    return sigmas;
  }

  /** Another number of levels, interpolated in log sigma. */
  static double[] logLinear(double[] levels, int n) {
    double[] made = new double[n];
    for (int i = 0; i < n; i++) {
      double at = n == 1 ? levels.length - 1 : i * (levels.length - 1.0) / (n - 1);
      int low = Math.min((int) at, levels.length - 2);
      made[i] = Math.exp(Math.log(levels[low]) + (at - low) * (Math.log(levels[low + 1]) - Math.log(levels[low])));
    }
    return made;
  }

  static double[] toFloat32(double[] values) {
    double[] rounded = new double[values.length];
    for (int i = 0; i < rounded.length; i++) {
      rounded[i] = (float) values[i];
    }
    return rounded;
  }
}
