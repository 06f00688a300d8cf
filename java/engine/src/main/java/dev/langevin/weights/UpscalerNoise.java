package dev.langevin.weights;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The noise on the x4 upscaler's small picture (arXiv:2106.15282, section 4.1), by the YAML file, else as published
 * (stabilityai/stable-diffusion-x4-upscaler).
 */
final class UpscalerNoise {

  /** Of diffusers' scheduler. */
  static final String CLASS = "DDPMScheduler";

  private static final String PARAMS = "model.params.low_scale_config.params.";
  private static final int MOST = 350;
  private static final double START = 0.0001;
  private static final double END = 0.02;
  private static final int TIMESTEPS = 1000;

  private UpscalerNoise() {}

  /** The highest level, of the scheduler's. */
  static int most(OriginalConfig original) {
    Integer most = original.positive(PARAMS + "max_noise_level");
    return most != null ? most : MOST;
  }

  /** As its scheduler_config.json. */
  static Map<String, Object> scheduler(OriginalConfig original) {
    String levels = PARAMS + "noise_schedule_config.";
    Integer timesteps = original.positive(levels + "timesteps");
    Map<String, Object> config = new LinkedHashMap<>();
    config.put("_class_name", CLASS);
    config.put("beta_start", original.number(levels + "linear_start", START));
    config.put("beta_end", original.number(levels + "linear_end", END));
    config.put("beta_schedule", "scaled_linear");
    config.put("num_train_timesteps", timesteps != null ? timesteps : TIMESTEPS);
    config.put("prediction_type", Prediction.EPSILON);
    config.put("variance_type", "fixed_small");
    config.put("clip_sample", true);
    return config;
  }
}
