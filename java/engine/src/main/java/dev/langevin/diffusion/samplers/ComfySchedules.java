package dev.langevin.diffusion.samplers;

import dev.langevin.diffusion.BetaDistribution;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** Noise levels by ComfyUI's names. */
final class ComfySchedules {

  /** Levels of ten steps that were tuned for a network (Sabour et al., arXiv:2404.14507). */
  private static final double[] TUNED = {14.6146412293, 6.4745760956, 3.8636745985, 2.6946151520, 1.8841921177,
      1.3943805092, 0.9642583904, 0.6523686016, 0.3977456272, 0.1515232662, 0.0291671582};
  private static final double[] TUNED_XL = {14.6146412293, 6.3184485287, 3.7681790315, 2.1811480769, 1.3405244945,
      0.8620721141, 0.5550693289, 0.3798540708, 0.2332364134, 0.1114188177, 0.0291671582};
  private static final double[] TUNED_VIDEO = {700, 54.5, 15.886, 7.977, 4.248, 1.789, 0.981, 0.403, 0.173, 0.034,
      0.002};

  /** Makes levels. */
  interface Maker {
    double[] sigmas(ModelLevels levels, int steps, ScheduleOptions options);
  }

  private static final Map<String, Maker> MAKERS = new LinkedHashMap<>();

  static {
    MAKERS.put("simple", (levels, n, options) -> simple(levels, n));
    MAKERS.put("sgm_uniform", (levels, n, options) -> uniform(levels, n, n));
    MAKERS.put("karras", (levels, n, o) -> Spacing.karras(n, min(levels, o),
        max(levels, o), o.number("rho", 7)));
    MAKERS.put("exponential", (levels, n, o) -> Spacing.exponential(n, min(levels, o),
        max(levels, o), 1));
    MAKERS.put("ddim_uniform", (levels, n, options) -> everyNth(levels, n));
    MAKERS.put("beta", (levels, n, o) -> beta(levels, n, o.number("alpha", 0.6), o.number("beta", 0.6)));
    MAKERS.put("normal", (levels, n, options) -> uniform(levels, n, n - 1));
    MAKERS.put("linear_quadratic", (levels, n, options) -> linearQuadratic(levels, n));
    MAKERS.put("kl_optimal", ComfySchedules::arctan);
    MAKERS.put("polyexponential", (levels, n, o) -> Spacing.exponential(n, min(levels, o),
        max(levels, o), o.number("rho", 1)));
    MAKERS.put("laplace", (levels, n, o) -> Spacing.laplace(n, min(levels, o), max(levels, o), o.number("mu", 0),
        o.number("beta", 0.5)));
    MAKERS.put("vp", (levels, n, o) -> Spacing.vp(n, o.number("beta_d", 19.9), o.number("beta_min", 0.1),
        o.number("eps_s", 1e-3)));
    MAKERS.put("align_your_steps", (levels, n, o) -> tuned(switch (o.word("model_type")) {
      case "SVD" -> TUNED_VIDEO;
      case "SDXL" -> TUNED_XL;
      case "SD1" -> TUNED;
      default -> o.xl() ? TUNED_XL : TUNED;
    }, n));
    MAKERS.put("turbo", (levels, n, options) -> turbo(levels, n));
  }

  private ComfySchedules() {}

  static Maker maker(String name) {
    return MAKERS.get(name);
  }

  static Set<String> names() {
    return Collections.unmodifiableSet(MAKERS.keySet());
  }

  /**
   * The levels of a run of {@code steps} steps; some names give another number.
   *
   * @throws IllegalArgumentException if the levels are not numbers
   */
  static double[] sigmas(String name, ModelLevels levels, int steps, ScheduleOptions options) {
    return MAKERS.get(name).sigmas(levels, steps, options);
  }

  private static double min(ModelLevels levels, ScheduleOptions options) {
    return options.number("sigma_min", levels.sigmaMin());
  }

  private static double max(ModelLevels levels, ScheduleOptions options) {
    return options.number("sigma_max", levels.sigmaMax());
  }

  /** Levels of training, evenly taken from the largest on. */
  private static double[] simple(ModelLevels levels, int n) {
    float[] table = levels.sigmas();
    double[] sigmas = new double[n + 1];
    for (int i = 0; i < n; i++) {
      sigmas[i] = table[table.length - 1 - (int) (i * ((double) table.length / n))];
    }
    return sigmas;
  }

  /** Times evenly spaced from the largest level's on, {@code intervals} to the smallest's. */
  private static double[] uniform(ModelLevels levels, int n, int intervals) {
    double start = levels.timestep(levels.sigmaMax());
    double end = levels.timestep(levels.sigmaMin());
    boolean zero = intervals == n - 1 && Math.abs(levels.sigma(end)) <= 1e-5;
    int count = zero ? n + 1 : n;
    int parts = zero ? n : intervals;
    double[] sigmas = new double[n + 1];
    for (int i = 0; i < count; i++) {
      sigmas[i] = levels.sigma((float) (parts == 0 ? start : start + i * (end - start) / parts));
    }
    return sigmas;
  }

  /** Every k-th level of training from the second on; seldom the number that was asked for. */
  private static double[] everyNth(ModelLevels levels, int n) {
    float[] table = levels.sigmas();
    boolean zero = Math.abs(table[1]) <= 1e-5;
    int stride = Math.max(table.length / (zero ? n + 1 : n), 1);
    int count = (table.length - 2) / stride + 1;
    double[] sigmas = new double[zero ? count : count + 1];
    for (int i = 0; i < count; i++) {
      sigmas[count - 1 - i] = table[1 + i * stride];
    }
    return sigmas;
  }

  /** Levels of training by quantiles of a beta distribution (arXiv:2407.12173), repetitions dropped. */
  private static double[] beta(ModelLevels levels, int n, double alpha, double beta) {
    float[] table = levels.sigmas();
    double[] sigmas = new double[n + 1];
    int count = 0;
    double last = -1;
    for (int i = 0; i < n; i++) {
      double t = Math.rint(BetaDistribution.quantile(1 - i / (double) n, alpha, beta) * (table.length - 1));
      if (t != last) {
        sigmas[count++] = table[(int) t];
      }
      last = t;
    }
    return Arrays.copyOf(sigmas, count + 1);
  }

  /** First linear over a fortieth of the way, then quadratic (Mochi 1, Genmo, 2024). */
  private static double[] linearQuadratic(ModelLevels levels, int n) {
    double threshold = 0.025;
    int linear = n / 2;
    double[] sigmas = new double[n + 1];
    sigmas[0] = 1;
    if (n > 1) {
      double rest = linear - threshold * n;
      int quadratic = n - linear;
      double square = rest / (linear * Math.pow(quadratic, 2));
      double slope = threshold / linear - 2 * rest / Math.pow(quadratic, 2);
      for (int i = 0; i < n; i++) {
        sigmas[i] = 1 - (i < linear ? i * threshold / linear
            : square * i * i + slope * i + square * linear * linear);
      }
    }
    for (int i = 0; i < n; i++) {
      sigmas[i] = (float) (sigmas[i] * levels.sigmaMax());
    }
    return sigmas;
  }

  private static double[] arctan(ModelLevels levels, int n, ScheduleOptions options) {
    if (n == 1) {
      throw new IllegalArgumentException(
          "the schedule kl_optimal of 1 step is not a number in ComfyUI; use at least 2 steps");
    }
    return Arrays.copyOf(Spacing.arctan(n, n - 1, levels.sigmaMin(), levels.sigmaMax()), n + 1);
  }

  /** n + 1 levels of which the last becomes 0. */
  private static double[] tuned(double[] levels, int n) {
    double[] sigmas = Spacing.toFloat32(n + 1 == levels.length ? levels.clone() : Spacing.logLinear(levels, n + 1));
    sigmas[n] = 0;
    return sigmas;
  }

  /** Every hundredth level from the largest on, as SD Turbo was distilled for. */
  private static double[] turbo(ModelLevels levels, int n) {
    if (n > 10) {
      throw new IllegalArgumentException("the schedule turbo has 10 levels, not " + n + "; use at most 10 steps");
    }
    double[] sigmas = new double[n + 1];
    for (int i = 0; i < n; i++) {
      sigmas[i] = levels.sigma(999 - 100 * i);
    }
    return sigmas;
  }
}
