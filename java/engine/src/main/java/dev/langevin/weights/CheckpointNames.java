package dev.langevin.weights;

import java.util.regex.Pattern;

/** Kinds of tensors in a {@link SingleFileCheckpoint}, by the names that the original code gives them. */
public final class CheckpointNames {

  /** Noise levels: they follow from three numbers of the configuration. */
  private static final String LEVELS = "(low_scale_model\\.)?(" + String.join("|",
      "betas", "(sqrt_)?alphas_cumprod(_prev)?", "sqrt_one_minus_alphas_cumprod", "log_one_minus_alphas_cumprod",
      "sqrt_recip(m1)?_alphas_cumprod", "posterior_.*", "lvlb_weights", "logvar", "denoiser\\.sigmas") + ")";

  /** DPT in its authors' naming, beside a model that is guided by depth. */
  private static final String DEPTH_ESTIMATOR = "depth_model.";

  private static final Pattern IMPLIED = Pattern.compile(String.join("|", LEVELS,
      "(.*\\.)?position_ids", "(.*\\.)?logit_scale", // 0, 1, 2, ...; CLIP's own loss
      "scale_factor", Prediction.VELOCITY_MARKER, Prediction.ZERO_TERMINAL_MARKER));

  private static final Pattern LEFTOVER = Pattern.compile(String.join("|", LEVELS,
      "(first_stage_model\\.)?(model_ema|loss)\\..*"));

  private static final Pattern AVERAGES = Pattern.compile("(first_stage_model\\.)?model_ema\\..*");

  private static final Pattern PART =
      Pattern.compile("(model\\.diffusion_model|first_stage_model|cond_stage_model|conditioner|control_model)\\..*");

  private CheckpointNames() {}

  /** Whether it follows from the configuration, or marks it. */
  static boolean isImplied(String name) {
    return IMPLIED.matcher(name).matches();
  }

  /** Whether a picture is made by it: one of no known place there is not left out unless it is asked for. */
  static boolean isPart(String name) {
    return PART.matcher(name).matches();
  }

  /** Whether it belongs to the network that finds a picture's depth. */
  static boolean isDepthEstimator(String name) {
    return name.startsWith(DEPTH_ESTIMATOR);
  }

  /**
   * Whether it is an average of weights over the training (Ho et al., arXiv:2006.11239, appendix B), which stands
   * beside what is read.
   */
  public static boolean isAverage(String name) {
    return AVERAGES.matcher(name).matches();
  }

  /** Whether it is what training left behind, averages among them, or a noise level. */
  public static boolean isLeftover(String name) {
    return LEFTOVER.matcher(name).matches();
  }
}
