package dev.langevin.graph;

/** The error function, which java.lang.Math lacks. */
final class ErrorFunction {

  private ErrorFunction() {}

  /**
   * erf(x) to about 1e-15: the Maclaurin series of exp(x^2) erf(x) below 3 (Abramowitz and Stegun 7.1.6), the continued
   * fraction of erfc above (7.1.14).
   */
  static double erf(double x) {
    double a = Math.abs(x);
    if (a > 6) {
      return Math.signum(x); // erfc(6) is 2e-17, below half a unit in the last place of 1
    }
    return Math.copySign(a < 3 ? series(a) : 1 - continuedFraction(a), x);
  }

  private static double series(double a) {
    double term = a;
    double sum = a;
    for (int n = 1; term > sum * 1e-17; n++) {
      term *= 2 * a * a / (2 * n + 1);
      sum += term;
    }
    return 2 / Math.sqrt(Math.PI) * Math.exp(-a * a) * sum;
  }

  private static double continuedFraction(double a) {
    double tail = 0;
    for (int n = 60; n >= 1; n--) { // 60 terms: converged to rounding at a = 3
      tail = n / 2.0 / (a + tail);
    }
    return Math.exp(-a * a) / Math.sqrt(Math.PI) / (a + tail);
  }
}
