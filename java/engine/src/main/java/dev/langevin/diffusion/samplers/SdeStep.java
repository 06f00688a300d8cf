package dev.langevin.diffusion.samplers;

/** The parts that stochastic exponential integrators share (arXiv:2211.01095, section 6, with eta on the noise). */
final class SdeStep {

  private SdeStep() {}

  /** The step of order one without its noise. */
  static Expression first(Call call, double from, double to, double h, double eta, double alpha) {
    return call.x().times(to / from * Math.exp(-h * eta))
        .plus(call.denoised().times(-alpha * Math.expm1(-h * (eta + 1))));
  }

  /** Fresh noise at the end of a step. */
  static Expression noisy(Course course, Expression x, double to, double h, double eta, double scale) {
    return eta > 0 && scale > 0
        ? x.plus(course.noise().times(to * Math.sqrt(-Math.expm1(-2 * h * eta)) * scale)) : x;
  }
}
