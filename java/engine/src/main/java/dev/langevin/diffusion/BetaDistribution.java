package dev.langevin.diffusion;

/** The Beta distribution's quantiles, for {@link SigmaSpacing#BETA}. */
public final class BetaDistribution {

  private static final int MAX_TERMS = 500;
  private static final double TINY = 1e-300;

  /** Lanczos' coefficients for g = 7, n = 9 (Lanczos, SIAM J. Numer. Anal. 1, 1964; values after Godfrey, 2001). */
  private static final double[] LANCZOS = {
      0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
      12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7
  };

  private BetaDistribution() {}

  /**
   * The x in [0, 1] with P(X &lt;= x) = p, by bisection: the distribution function is monotone, and a run asks for a
   * few dozen quantiles only.
   */
  public static double quantile(double p, double a, double b) {
    if (p <= 0) {
      return 0;
    }
    if (p >= 1) {
      return 1;
    }
    if (p > 0.5) {
      return 1 - quantile(1 - p, b, a); // near 1 a double has no room for the small distance that matters
    }
    double low = 0;
    double high = 1;
    while (true) {
      double middle = low < 1e-3 * high ? Math.sqrt(Math.max(low, 1e-300) * high) : (low + high) / 2;
      if (middle <= low || middle >= high || high - low <= Math.ulp(high)) {
        return high;
      }
      if (cumulative(middle, a, b) < p) {
        low = middle;
      } else {
        high = middle;
      }
    }
  }

  /** Regularised incomplete beta function I_x(a, b) by its continued fraction (Abramowitz and Stegun, 26.5.8). */
  static double cumulative(double x, double a, double b) {
    if (x <= 0) {
      return 0;
    }
    if (x >= 1) {
      return 1;
    }
    if (x > (a + 1) / (a + b + 2)) {
      return 1 - cumulative(1 - x, b, a); // the fraction converges fast on the other side only
    }
    double front = Math.exp(a * Math.log(x) + b * Math.log1p(-x) - logBeta(a, b)) / a;
    // Evaluated by Lentz' method: f = 1 / (1 + d1 / (1 + d2 / (1 + ...))).
    double c = 1;
    double d = 1 / nonZero(1 - (a + b) * x / (a + 1));
    double f = d;
    for (int m = 1; m < MAX_TERMS; m++) {
      double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
      d = 1 / nonZero(1 + even * d);
      c = nonZero(1 + even / c);
      f *= d * c;
      double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
      d = 1 / nonZero(1 + odd * d);
      c = nonZero(1 + odd / c);
      double factor = d * c;
      f *= factor;
      if (Math.abs(factor - 1) < 1e-16) {
        break;
      }
    }
    return front * f;
  }

  private static double nonZero(double value) {
    return Math.abs(value) < TINY ? TINY : value;
  }

  private static double logBeta(double a, double b) {
    return logGamma(a) + logGamma(b) - logGamma(a + b);
  }

  private static double logGamma(double z) {
    double sum = LANCZOS[0];
    for (int i = 1; i < LANCZOS.length; i++) {
      sum += LANCZOS[i] / (z - 1 + i);
    }
    double t = z + 6.5;
    return 0.5 * Math.log(2 * Math.PI) + (z - 0.5) * Math.log(t) - t + Math.log(sum);
  }
}
