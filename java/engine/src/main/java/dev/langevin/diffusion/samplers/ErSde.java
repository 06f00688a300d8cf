package dev.langevin.diffusion.samplers;

/** Extended reverse-time stochastic equation (Cui et al., arXiv:2309.06169, algorithm 3). */
final class ErSde implements Sampler {

  private static final int POINTS = 200; // of the numerical integration, as ComfyUI has it

  @Override
  public Expression sample(Course course, double[] given, SamplerOptions options) {
    double scale = options.number("s_noise", 1);
    int most = options.integer("max_stage", 3, 1, 3);
    ModelLevels levels = course.levels();
    double[] sigmas = levels.withoutPureNoise(given);
    double[] lambdas = new double[sigmas.length];
    for (int i = 0; i < lambdas.length; i++) {
      lambdas[i] = levels.flow() ? sigmas[i] / (1 - sigmas[i]) : sigmas[i];
    }
    Expression x = course.start();
    Expression old = null;
    Expression oldSlope = null;
    for (int i = 0; i < sigmas.length - 1; i++) {
      Call call = course.call(x, sigmas[i]);
      if (sigmas[i + 1] == 0) {
        x = call.denoised();
        continue;
      }
      double s = lambdas[i];
      double t = lambdas[i + 1];
      double alphaT = sigmas[i + 1] / t;
      double r = noiseScale(t) / noiseScale(s);
      x = call.x().times(alphaT / (sigmas[i] / s) * r).plus(call.denoised().times(alphaT * (1 - r)));
      int stage = Math.min(most, i + 1);
      if (stage >= 2) {
        double dt = t - s;
        double sum = 0;
        double weighted = 0;
        for (int point = 0; point < POINTS; point++) {
          double at = t - point * dt / POINTS;
          sum += 1 / noiseScale(at);
          weighted += (at - s) / noiseScale(at);
        }
        double width = -dt / POINTS;
        Expression slope = call.denoised().minus(old).over(s - lambdas[i - 1]);
        x = x.plus(slope.times(alphaT * (dt + sum * width * noiseScale(t))));
        if (stage >= 3) {
          Expression curve = slope.minus(oldSlope).over((s - lambdas[i - 2]) / 2);
          x = x.plus(curve.times(alphaT * (dt * dt / 2 + weighted * width * noiseScale(t))));
        }
        oldSlope = slope;
      }
      if (scale > 0) {
        x = x.plus(course.noise().times(alphaT * scale * Math.sqrt(Math.max(0, t * t - s * s * r * r))));
      }
      old = call.denoised();
    }
    return x;
  }

  private static double noiseScale(double lambda) {
    return lambda * (Math.exp(Math.pow(lambda, 0.3)) + 10);
  }
}
