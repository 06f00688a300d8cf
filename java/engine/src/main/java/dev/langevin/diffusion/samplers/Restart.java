package dev.langevin.diffusion.samplers;

import java.util.ArrayList;
import java.util.List;

/**
 * Restart sampling (Xu et al., arXiv:2306.14878): Heun's steps, of which those between two levels are walked again from
 * fresh noise. From 20 steps on some are taken for that.
 */
final class Restart implements Sampler {

  private static final double LOW = 0.1;
  private static final double HIGH = 2;

  /** A step from a level to another. */
  private record Step(double from, double to) {}

  @Override
  public Expression sample(Course course, double[] sigmas, SamplerOptions options) {
    double scale = options.number("s_noise", 1);
    Expression x = course.start();
    double last = sigmas[0];
    for (Step step : steps(sigmas)) {
      if (last < step.from()) {
        x = x.plus(course.noise().times(scale * Math.sqrt(step.from() * step.from() - last * last)));
      }
      x = Heun.step(course, x, step.from(), step.to());
      last = step.to();
    }
    return x;
  }

  private static List<Step> steps(double[] given) {
    int steps = given.length - 1;
    if (steps < 20) {
      return between(given);
    }
    int again = steps >= 36 ? steps / 4 : 9;
    int times = steps >= 36 ? 2 : 1;
    double[] sigmas = Spacing.karras(steps - again * times, given[steps - 1], given[0], 7);
    int low = nearest(sigmas, LOW);
    int high = nearest(sigmas, HIGH);
    List<Step> list = between(sigmas);
    if (high < low) {
      double[] restart = Spacing.karras(again + 1, sigmas[low], sigmas[high], 7);
      List<Step> inner = between(restart).subList(0, again);
      for (int i = 0; i < times; i++) {
        list.addAll(low + i * again, inner);
      }
    }
    return list;
  }

  private static List<Step> between(double[] sigmas) {
    List<Step> steps = new ArrayList<>();
    for (int i = 0; i + 1 < sigmas.length; i++) {
      steps.add(new Step(sigmas[i], sigmas[i + 1]));
    }
    return steps;
  }

  private static int nearest(double[] sigmas, double level) {
    int best = 0;
    for (int i = 1; i < sigmas.length; i++) {
      best = Math.abs(sigmas[i] - level) < Math.abs(sigmas[best] - level) ? i : best;
    }
    return best;
  }
}
