package dev.langevin.diffusion.samplers;

/** Makes steps longer or shorter by their errors (Söderlind, ACM Trans. Math. Softw. 29, 2003, a PID controller). */
final class StepSize {

  /**
   * What the controller weighs.
   *
   * @param safety least factor at which a step is accepted
   */
  record Gains(double proportional, double integral, double derivative, double safety) {}

  private static final double LEAST_ERROR = 1e-8;

  private final Gains gains;
  private final double order;
  private double h;
  private double last; // inverse errors, 0 at the start
  private double before;

  StepSize(Gains gains, double order, double first) {
    this.gains = gains;
    this.order = order;
    this.h = first;
  }

  double h() {
    return h;
  }

  /** Takes an error in, and tells whether its step is accepted. */
  boolean accepts(double error) {
    double inverse = 1 / (error + LEAST_ERROR);
    if (last == 0) {
      last = inverse;
      before = inverse;
    }
    double factor = Math.pow(inverse, (gains.proportional + gains.integral + gains.derivative) / order)
        * Math.pow(last, -(gains.proportional + 2 * gains.derivative) / order)
        * Math.pow(before, gains.derivative / order);
    factor = 1 + Math.atan(factor - 1);
    boolean accepted = factor >= gains.safety;
    if (accepted) {
      before = last;
      last = inverse;
    }
    h *= factor;
    return accepted;
  }
}
