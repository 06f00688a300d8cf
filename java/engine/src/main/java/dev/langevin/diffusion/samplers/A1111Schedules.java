package dev.langevin.diffusion.samplers;

import dev.langevin.diffusion.BetaDistribution;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** Noise levels by the names of AUTOMATIC1111's web UI. */
final class A1111Schedules {

  /** Levels of ten steps that were tuned for a network (Sabour et al., arXiv:2404.14507). */
  private static final double[] TUNED =
      {14.615, 6.475, 3.861, 2.697, 1.886, 1.396, 0.963, 0.652, 0.399, 0.152, 0.029};
  private static final double[] TUNED_XL =
      {14.615, 6.315, 3.771, 2.181, 1.342, 0.862, 0.555, 0.380, 0.234, 0.113, 0.029};

  private static final Map<String, ComfySchedules.Maker> MAKERS = new LinkedHashMap<>();

  static {
    MAKERS.put("uniform", (levels, n, options) -> uniform(levels, n, n - 1, levels.sigmas().length - 1, 0));
    MAKERS.put("karras",
        (levels, n, o) -> Spacing.karras(n, min(levels, o), max(levels, o), o.numberNotZero("rho", 7)));
    MAKERS.put("exponential", (levels, n, o) -> Spacing.exponential(n, min(levels, o), max(levels, o), 1));
    MAKERS.put("polyexponential",
        (levels, n, o) -> Spacing.exponential(n, min(levels, o), max(levels, o), o.numberNotZero("rho", 1)));
    MAKERS.put("sgm_uniform", (levels, n, o) -> between(levels, n, n, o));
    MAKERS.put("kl_optimal", (levels, n, o) -> Spacing.arctan(n + 1, n, min(levels, o), max(levels, o)));
    MAKERS.put("align_your_steps", (levels, n, o) -> tuned(o.xl() ? TUNED_XL : TUNED, n));
    MAKERS.put("simple", ComfySchedules.maker("simple"));
    MAKERS.put("normal", (levels, n, o) -> between(levels, n, n - 1, o));
    MAKERS.put("ddim", ComfySchedules.maker("ddim_uniform"));
    MAKERS.put("beta", A1111Schedules::beta);
  }

  private A1111Schedules() {}

  static Set<String> names() {
    return Collections.unmodifiableSet(MAKERS.keySet());
  }

  /** The levels of a run of {@code steps} steps; {@code ddim} may give another number. */
  static double[] sigmas(String name, ModelLevels levels, int steps, ScheduleOptions options) {
    return MAKERS.get(name).sigmas(levels, steps, options);
  }

  private static double min(ModelLevels levels, ScheduleOptions options) {
    return options.numberNotZero("sigma_min",
        options.flag("use_old_karras_scheduler_sigmas") ? 0.1 : levels.sigmaMin());
  }

  private static double max(ModelLevels levels, ScheduleOptions options) {
    return options.numberNotZero("sigma_max",
        options.flag("use_old_karras_scheduler_sigmas") ? 10 : levels.sigmaMax());
  }

  private static double[] between(ModelLevels levels, int n, int intervals, ScheduleOptions options) {
    return uniform(levels, n, intervals, levels.timestep(max(levels, options)),
        levels.timestep(min(levels, options)));
  }

  private static double[] uniform(ModelLevels levels, int n, int intervals, double start, double end) {
    double[] sigmas = new double[n + 1];
    for (int i = 0; i < n; i++) {
      sigmas[i] = levels.sigma((float) (intervals == 0 ? start : start + i * (end - start) / intervals));
    }
    return sigmas;
  }

  /** 0 follows n levels. */
  private static double[] tuned(double[] levels, int n) {
    return Arrays.copyOf(Spacing.toFloat32(n == levels.length ? levels : Spacing.logLinear(levels, n)), n + 1);
  }

  /** Quantiles of a beta distribution over sigma itself. */
  private static double[] beta(ModelLevels levels, int n, ScheduleOptions options) {
    double low = min(levels, options);
    double high = max(levels, options);
    double alpha = options.numberNotZero("beta_dist_alpha", 0.6);
    double beta = options.numberNotZero("beta_dist_beta", 0.6);
    return Spacing.levels(n, share -> low + BetaDistribution.quantile(1 - share, alpha, beta) * (high - low));
  }
}
