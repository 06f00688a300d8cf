package dev.langevin.diffusion;

/**
 * The posterior of the forward chain, q(x_s | x_t, x_0) = N(x0 * x_0 + xT * x_t, variance), s &lt; t (Ho et al.,
 * arXiv:2006.11239, equations 6 and 7, between any two times).
 *
 * @param x0 coefficient of x_0 in the mean
 * @param xT coefficient of x_t in the mean
 * @param variance of x_s: beta tilde; 0 where s is the noiseless start
 * @param beta variance of the forward chain from s to t: the upper bound of the reverse variance
 */
public record Posterior(double x0, double xT, double variance, double beta) {

  /** Between two times that are not neighbours, whose beta follows from their alphaBars. */
  public static Posterior of(double alphaBarT, double alphaBarS) {
    // In float32: for near times the quotient is almost 1, and its rounding is a visible part of 1 - quotient.
    float alpha = (float) alphaBarT / (float) alphaBarS;
    return of(alphaBarT, alphaBarS, alpha, 1f - alpha);
  }

  /** Between two times whose beta is known, as it is for neighbours; alpha is taken as 1 - beta. */
  public static Posterior of(double alphaBarT, double alphaBarS, double beta) {
    return of(alphaBarT, alphaBarS, 1 - beta, beta);
  }

  private static Posterior of(double alphaBarT, double alphaBarS, double alpha, double beta) {
    double noiseT = 1 - alphaBarT;
    double noiseS = 1 - alphaBarS;
    return new Posterior(
        Math.sqrt(alphaBarS) * beta / noiseT, Math.sqrt(alpha) * noiseS / noiseT, noiseS / noiseT * beta, beta);
  }
}
