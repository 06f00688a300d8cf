package dev.langevin.diffusion;

import dev.langevin.diffusion.Transition.Nonlinearity;

/** How a sampler's configuration limits its prediction of x0. */
final class X0Limits {

  private X0Limits() {}

  /** {@code thresholding}, which takes precedence, or {@code clip_sample}, or nothing. */
  static Nonlinearity of(SchedulerConfig config, boolean clipByDefault) {
    if (config.flag("thresholding")) {
      double ratio = config.number("dynamic_thresholding_ratio");
      if (!(ratio >= 0 && ratio <= 1)) {
        throw config.wrong("dynamic_thresholding_ratio", "a quantile from 0 to 1");
      }
      return new Nonlinearity.DynamicThreshold(ratio, config.number("sample_max_value"));
    }
    return clip(config, clipByDefault);
  }

  /** {@code clip_sample} or nothing, for samplers without thresholding. */
  static Nonlinearity clip(SchedulerConfig config, boolean clipByDefault) {
    if (!config.flag("clip_sample", clipByDefault)) {
      return new Nonlinearity.Identity();
    }
    double range = config.number("clip_sample_range");
    if (!(range > 0)) {
      throw config.wrong("clip_sample_range", "above 0");
    }
    return new Nonlinearity.Clip(range);
  }
}
