package dev.langevin.diffusion.samplers;

/**
 * Fresh noise before a step that raises its level (Karras et al., arXiv:2206.00364, algorithm 2).
 *
 * @param x the raised sample
 * @param sigma its level
 */
record Churned(Expression x, double sigma) {

  /**
   * @param steps of the run, among which {@code s_churn} is shared out
   * @param always whether noise is drawn even where it is not used
   */
  static Churned of(Course course, Expression x, double sigma, int steps, SamplerOptions options, boolean always) {
    double churn = options.number("s_churn", 0);
    boolean within = options.number("s_tmin", 0) <= sigma
        && sigma <= options.limit("s_tmax", Double.POSITIVE_INFINITY);
    double scale = options.number("s_noise", 1);
    double gamma = within ? Math.min(churn / steps, Math.sqrt(2) - 1) : 0;
    Expression noise = gamma > 0 || always ? course.noise() : null;
    if (gamma <= 0) {
      return new Churned(x, sigma);
    }
    double raised = sigma * (gamma + 1);
    return new Churned(x.plus(noise.times(scale * Math.sqrt(raised * raised - sigma * sigma))), raised);
  }
}
