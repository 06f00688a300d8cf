package dev.langevin.diffusion.samplers;

import dev.langevin.diffusion.PredictionType;
import dev.langevin.diffusion.Trajectory.NoiseLevel;
import java.util.ArrayList;
import java.util.List;

/**
 * AUTOMATIC1111's samplers over timesteps, whose sample is {@code sqrt(alphaBar) * x0 + sqrt(1 - alphaBar) * noise}.
 *
 * @param alphaBars float32 values of training
 */
record Timesteps(double[] alphaBars, PredictionType prediction) {

  /** A sampler over timesteps. */
  interface Walker {
    /** @param timesteps descending, the last of which is where the run ends */
    Expression sample(Course course, Timesteps model, int[] timesteps, SamplerOptions options);
  }

  /** The timesteps of a run, descending; 1000 // steps apart, so that there may be more than asked for. */
  static int[] spaced(int steps) {
    if (steps > 1000) {
      throw new IllegalArgumentException("there are 1000 timesteps, not " + steps + "; use fewer steps");
    }
    int stride = 1000 / steps;
    int count = (999 / stride) + 1;
    int[] timesteps = new int[count];
    for (int i = 0; i < count; i++) {
      timesteps[count - 1 - i] = Math.min(i * stride + 1, 999);
    }
    return timesteps;
  }

  /** A call at a time, which may lie between two of training's; log alphaBar is interpolated. */
  Level level(double t) {
    double alphaBar = alphaBar(t);
    double alpha = Math.sqrt(alphaBar);
    double sigma = Math.sqrt(1 - alphaBar);
    double sample = prediction == PredictionType.EPSILON ? 1 / alpha : alpha;
    double model = prediction == PredictionType.EPSILON ? -sigma / alpha : -sigma;
    return new Level(t, 1, sample, model, new NoiseLevel(alpha, sigma));
  }

  double alphaBar(double t) {
    int low = Math.clamp((int) Math.floor(t), 0, alphaBars.length - 2);
    double share = t - low;
    return share == 0 ? alphaBars[low]
        : Math.exp((1 - share) * Math.log(alphaBars[low]) + share * Math.log(alphaBars[low + 1]));
  }

  /** alphaBar after a step: of the next timestep, at the end of the chain's first. */
  private double after(int[] timesteps, int i) {
    return alphaBars[i + 1 < timesteps.length ? timesteps[i + 1] : 0];
  }

  private Expression noise(Call call, int t) {
    return call.x().minus(call.denoised().times(Math.sqrt(alphaBars[t]))).over(Math.sqrt(1 - alphaBars[t]));
  }

  /** DDIM (Song et al., arXiv:2010.02502, equation 12); the last timestep is not walked. */
  static Expression ddim(Course course, Timesteps model, int[] timesteps, SamplerOptions options) {
    return ddim(course, model, timesteps, options, false);
  }

  /** DDIM with CFG++ (Chung et al., arXiv:2406.08070): a guidance of 12.5 stands for 1 there. */
  static Expression ddimCfgPlusPlus(Course course, Timesteps model, int[] timesteps, SamplerOptions options) {
    return ddim(course, model, timesteps, options, true);
  }

  private static Expression ddim(Course course, Timesteps model, int[] timesteps, SamplerOptions options,
      boolean cfgPlusPlus) {
    double eta = options.number("eta", 0);
    Expression x = course.start();
    for (int i = 0; i < timesteps.length - 1; i++) {
      Call call = course.call(x, model.level(timesteps[i]));
      double now = model.alphaBars[timesteps[i]];
      double next = model.after(timesteps, i);
      double deviation = eta * Math.sqrt((1 - next) / (1 - now) * (1 - now / next));
      Expression clean = cfgPlusPlus ? call.unconditional().towards(call.denoised(), 1 / 12.5) : call.denoised();
      Expression direction =
          model.noise(cfgPlusPlus ? new Call(call.x(), call.unconditional(), null) : call, timesteps[i]);
      x = clean.times(Math.sqrt(next)).plus(direction.times(Math.sqrt(1 - next - deviation * deviation)))
          .plus(course.noise().times(deviation));
    }
    return x;
  }

  /** Pseudo linear multistep (Liu et al., arXiv:2202.09778), begun by a step of Heun's kind. */
  static Expression plms(Course course, Timesteps model, int[] timesteps, SamplerOptions options) {
    Expression x = course.start();
    List<Expression> old = new ArrayList<>(); // the newest first
    for (int i = 0; i < timesteps.length - 1; i++) {
      int t = timesteps[i];
      Call call = course.call(x, model.level(t));
      Expression noise = course.keep(model.noise(call, t));
      Expression combined;
      if (old.isEmpty()) {
        int next = timesteps[i + 1];
        Call second = course.call(model.step(call.x(), noise, timesteps, i), model.level(next));
        combined = noise.plus(model.noise(second, next)).over(2);
      } else if (old.size() == 1) {
        combined = noise.times(3).minus(old.get(0)).over(2);
      } else if (old.size() == 2) {
        combined = noise.times(23).minus(old.get(0).times(16)).plus(old.get(1).times(5)).over(12);
      } else {
        combined = noise.times(55).minus(old.get(0).times(59)).plus(old.get(1).times(37)).minus(old.get(2).times(9))
            .over(24);
      }
      x = model.step(call.x(), combined, timesteps, i);
      old.addFirst(noise);
    }
    return x;
  }

  private Expression step(Expression x, Expression noise, int[] timesteps, int i) {
    double now = alphaBars[timesteps[i]];
    double next = after(timesteps, i);
    Expression clean = x.minus(noise.times(Math.sqrt(1 - now))).over(Math.sqrt(now));
    return clean.times(Math.sqrt(next)).plus(noise.times(Math.sqrt(1 - next)));
  }

  /** UniPC over times evenly spaced from the first timestep to the chain's start. */
  static Expression uniPc(Course course, Timesteps model, int[] timesteps, SamplerOptions options) {
    boolean first = options.word("uni_pc_variant", "bh1", "bh1", "bh2").equals("bh1");
    int order = options.integer("uni_pc_order", 3, 1, 4);
    boolean lower = options.flag("uni_pc_lower_order_final", true);
    String skip =
        options.word("uni_pc_skip_type", "time_uniform", "time_uniform", "time_quadratic", "logSNR");
    int steps = timesteps.length;
    if (order > steps) {
      throw new IllegalArgumentException("UniPC is of order " + order + ", the run of " + steps
          + " steps; use more steps or a lower order");
    }
    double start = options.number("t_start", 1);
    double[] times = model.times(skip, steps, start);
    double[] alphas = new double[steps + 1];
    for (int i = 0; i <= steps; i++) {
      alphas[i] = Math.sqrt(model.alphaBar(times[i]));
    }
    UniPc solver = new UniPc(course, alphas, (x, i) -> course.call(x, model.level(times[i])));
    return solver.sample(course.start(), order, lower, first);
  }

  /** steps + 1 times, whose unit is a timestep of training. */
  private double[] times(String skip, int steps, double start) {
    int all = alphaBars.length;
    double end = 1.0 / all;
    double[] times = new double[steps + 1];
    for (int i = 0; i <= steps; i++) {
      double share = i / (double) steps;
      times[i] = switch (skip) {
        case "time_uniform" -> start + share * (end - start);
        case "time_quadratic" -> Math.pow(Math.sqrt(start) + share * (Math.sqrt(end) - Math.sqrt(start)), 2);
        default -> timeOf(lambda(start * all - 1) + share * (lambda(0) - lambda(start * all - 1)));
      } * all - 1;
    }
    return times;
  }

  private double lambda(double t) {
    double alphaBar = alphaBar(t);
    return 0.5 * Math.log(alphaBar / (1 - alphaBar));
  }

  /** The time of a half log SNR, by bisection. */
  private double timeOf(double lambda) {
    double low = 0;
    double high = alphaBars.length - 1;
    for (int i = 0; i < 100; i++) {
      double middle = (low + high) / 2;
      if (lambda(middle) > lambda) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return (low + 1) / alphaBars.length;
  }
}
