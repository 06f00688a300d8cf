package dev.langevin.diffusion.samplers;

/**
 * A step of DPM-Solver in t = -log sigma, from t to t + h (Lu et al., arXiv:2206.00927, algorithms 1 and 2). The calls
 * of a higher order serve the lower ones too.
 */
final class DpmSolverStep {

  private final Course course;
  private final Expression x;
  private final double t;
  private final double h;
  private final double r1;
  private final Expression eps;
  private Expression eps1;

  /** Makes the first call. */
  DpmSolverStep(Course course, Expression x, double t, double next, int order) {
    this.course = course;
    this.t = t;
    this.h = next - t;
    this.r1 = order == 3 ? 1 / 3.0 : 0.5;
    Call first = course.call(x, Math.exp(-t));
    this.x = first.x();
    this.eps = first.direction(Math.exp(-t));
  }

  /** The step of this order. */
  Expression high(int order) {
    return switch (order) {
      case 1 -> first();
      case 2 -> second();
      default -> third();
    };
  }

  Expression first() {
    return moved(1);
  }

  Expression second() {
    return moved(1).minus(eps1().minus(eps).times(Math.exp(-t - h) / (2 * r1) * Math.expm1(h)));
  }

  Expression third() {
    double r2 = 2 / 3.0;
    Expression bent = eps1().minus(eps)
        .times(Math.exp(-t - r2 * h) * (r2 / r1) * (Math.expm1(r2 * h) / (r2 * h) - 1));
    Expression eps2 = eps(moved(r2).minus(bent), r2);
    return moved(1).minus(eps2.minus(eps).times(Math.exp(-t - h) / r2 * (Math.expm1(h) / h - 1)));
  }

  private Expression moved(double share) {
    return x.minus(eps.times(Math.exp(-t - share * h) * Math.expm1(share * h)));
  }

  private Expression eps1() {
    if (eps1 == null) {
      eps1 = eps(moved(r1), r1);
    }
    return eps1;
  }

  private Expression eps(Expression sample, double share) {
    double sigma = Math.exp(-t - share * h);
    return course.call(sample, sigma).direction(sigma);
  }
}
