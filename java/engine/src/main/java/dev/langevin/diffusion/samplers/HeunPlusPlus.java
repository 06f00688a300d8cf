package dev.langevin.diffusion.samplers;

/** Heun's method with up to three directions a step, weighted by their levels. */
final class HeunPlusPlus implements Sampler {

  @Override
  public Expression sample(Course course, double[] sigmas, SamplerOptions options) {
    Expression x = course.start();
    int steps = sigmas.length - 1;
    double end = sigmas[steps];
    for (int i = 0; i < steps; i++) {
      Churned churned = Churned.of(course, x, sigmas[i], steps, options, true);
      double sigma = churned.sigma();
      Call first = course.call(churned.x(), sigma);
      Expression d1 = first.direction(sigma);
      double dt = sigmas[i + 1] - sigma;
      if (sigmas[i + 1] == end) {
        x = first.x().plus(d1.times(dt));
        continue;
      }
      Call second = course.call(first.x().plus(d1.times(dt)), sigmas[i + 1]);
      Expression d2 = second.direction(sigmas[i + 1]);
      if (sigmas[i + 2] == end) {
        x = first.x().plus(d1.towards(d2, sigmas[i + 1] / (2 * sigmas[0])).times(dt));
        continue;
      }
      Call third = course.call(second.x().plus(d2.times(sigmas[i + 2] - sigmas[i + 1])), sigmas[i + 2]);
      double w2 = sigmas[i + 1] / (3 * sigmas[0]);
      double w3 = sigmas[i + 2] / (3 * sigmas[0]);
      Expression d = d1.times(1 - w2 - w3).plus(d2.times(w2)).plus(third.direction(sigmas[i + 2]).times(w3));
      x = first.x().plus(d.times(dt));
    }
    return x;
  }
}
