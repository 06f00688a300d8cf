package dev.langevin.weights;

import dev.langevin.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a checkpoint's U-Net predicts, and how that is known. Shapes do not tell it, so these are asked in turn: the
 * YAML file, the header's {@code modelspec.prediction_type}, a marker tensor {@code v_pred}, and for SD 2 the weights
 * themselves.
 *
 * @param type {@code epsilon} or {@code v_prediction} (arXiv:2202.00512, section 4)
 * @param zeroTerminal whether the noise levels end at no signal at all (arXiv:2305.08891, section 3.1)
 * @param source what told it
 */
record Prediction(String type, boolean zeroTerminal, String source) {

  static final String EPSILON = "epsilon";
  static final String VELOCITY = "v_prediction";

  /** Marker tensors without elements, which trainers of SD XL models with v-prediction leave in the file. */
  static final String VELOCITY_MARKER = "v_pred";
  static final String ZERO_TERMINAL_MARKER = "ztsnr";

  /**
   * Spread of the last attention's first bias that tells the two kinds of SD 2 apart: published models with
   * v-prediction lie above it, those with epsilon below. It is the criterion that other loaders of single files use; a
   * YAML file overrides it.
   */
  private static final double VELOCITY_SPREAD = 0.09;

  static Prediction of(CheckpointFamily family, CheckpointUse use, WeightFile file, OriginalConfig original) {
    boolean zeroTerminal = file.has(ZERO_TERMINAL_MARKER);
    String parameterization = String.valueOf(original.value("model.params.parameterization"));
    String scaling = String.valueOf(original.value("model.params.denoiser_config.params.scaling_config.target"));
    if (parameterization.equals("v") || scaling.endsWith(".VScaling")) {
      return new Prediction(VELOCITY, zeroTerminal, "the YAML file");
    }
    if (parameterization.equals("eps") || scaling.endsWith(".EpsScaling")) {
      return new Prediction(EPSILON, zeroTerminal, "the YAML file");
    }
    String described = file.metadata().getOrDefault("modelspec.prediction_type", "");
    if (described.equals("v") || described.equals(EPSILON)) {
      return new Prediction(described.equals("v") ? VELOCITY : EPSILON, zeroTerminal,
          "the header's modelspec.prediction_type");
    }
    if (file.has(VELOCITY_MARKER)) {
      return new Prediction(VELOCITY, zeroTerminal, "the marker tensor " + VELOCITY_MARKER);
    }
    if (use == CheckpointUse.UPSCALING) {
      return new Prediction(VELOCITY, zeroTerminal, "what the published upscaler predicts");
    }
    String bias = lastAttentionBias(file);
    if (family == CheckpointFamily.SD2 && use == CheckpointUse.PICTURES && bias != null) { // the others predict noise
      double spread = spread(file.tensor(bias));
      return new Prediction(spread > VELOCITY_SPREAD ? VELOCITY : EPSILON, zeroTerminal,
          "the weights: %s spreads %.3f, v-prediction above %s".formatted(bias, spread, VELOCITY_SPREAD));
    }
    return new Prediction(EPSILON, zeroTerminal, "what the family usually predicts");
  }

  private static String lastAttentionBias(NamedTensors file) {
    String found = null;
    for (int n = 0; file.has(OriginalUNet.PREFIX + "output_blocks." + n + ".0.in_layers.0.weight"); n++) {
      String name = OriginalUNet.PREFIX + "output_blocks." + n + ".1.transformer_blocks.0.norm1.bias";
      found = file.has(name) ? name : found;
    }
    return found;
  }

  /** Standard deviation of a sample. */
  private static double spread(Tensor tensor) {
    double[] values = tensor.toDoubles();
    double mean = 0;
    for (double value : values) {
      mean += value / values.length;
    }
    double sum = 0;
    for (double value : values) {
      sum += (value - mean) * (value - mean);
    }
    return Math.sqrt(sum / (values.length - 1));
  }

  /** The sampler that models of the family are published with, as diffusers' scheduler_config.json. */
  Map<String, Object> scheduler(CheckpointFamily family, CheckpointUse use, boolean consistency,
      OriginalConfig original) {
    boolean upscales = use == CheckpointUse.UPSCALING;
    Integer timesteps = original.positive("model.params.timesteps");
    Map<String, Object> config = new LinkedHashMap<>();
    config.put("_class_name", consistency ? "LCMScheduler" : schedulerClass(family));
    config.put("beta_start", original.number("model.params.linear_start", upscales ? 0.0001 : 0.00085));
    config.put("beta_end", original.number("model.params.linear_end", upscales ? 0.02 : 0.012));
    config.put("beta_schedule", "scaled_linear");
    config.put("num_train_timesteps", timesteps != null ? timesteps : 1000);
    config.put("prediction_type", type);
    if (consistency) { // as its authors publish it
      config.put("clip_sample", false);
      config.put("original_inference_steps", 50);
      config.put("rescale_betas_zero_snr", zeroTerminal);
      config.put("set_alpha_to_one", true);
      config.put("steps_offset", 0);
      config.put("timestep_scaling", 10.0);
      config.put("timestep_spacing", "leading");
      return config;
    }
    config.put("steps_offset", 1);
    config.put("timestep_spacing", zeroTerminal ? "trailing" : "leading"); // only trailing steps begin at the last
                                                                           // level
    if (family.isXl()) {
      config.put("interpolation_type", "linear");
      config.put("use_karras_sigmas", false);
      config.put("rescale_betas_zero_snr", zeroTerminal);
    } else {
      config.put("clip_sample", false);
      config.put("set_alpha_to_one", false);
      config.put(type.equals(EPSILON) ? "skip_prk_steps" : "rescale_betas_zero_snr",
          type.equals(EPSILON) || zeroTerminal);
    }
    return config;
  }

  private String schedulerClass(CheckpointFamily family) {
    return family.isXl() ? "EulerDiscreteScheduler" : type.equals(EPSILON) ? "PNDMScheduler" : "DDIMScheduler";
  }
}
