package dev.langevin.config;

import static dev.langevin.config.Field.byClass;
import static dev.langevin.config.Field.optional;
import static dev.langevin.config.Field.required;
import static dev.langevin.config.Type.flag;
import static dev.langevin.config.Type.number;
import static dev.langevin.config.Type.numberOrInfinity;
import static dev.langevin.config.Type.text;
import static dev.langevin.config.Type.whole;
import static dev.langevin.config.Type.word;

/** The fields of {@code scheduler_config.json}, of all classes: files carry over the options of other classes too. */
final class Samplers {

  /** Below, 1 - beta is 1 in float32: a step that changes nothing, and is divided by. */
  private static final double LEAST_BETA = 1e-7;

  private static final Type STEPS = whole(1, Limits.TIMESTEPS);
  private static final Type ORDER = whole(1, 10);
  private static final Type LEVEL = number(1e-6, 1e6);
  private static final Type BETA = number(LEAST_BETA, 1);

  static final Section SCHEDULER = new Section("a sampler of any class", "scheduler_config.json",
      byClass("num_train_timesteps", STEPS),
      byClass("beta_start", BETA),
      byClass("beta_end", BETA),
      byClass("beta_schedule", word("linear", "scaled_linear", "squaredcos_cap_v2", "sigmoid", "exp", "laplace")),
      optional("trained_betas", number(0, 1).list(Limits.TIMESTEPS)),
      optional("rescale_betas_zero_snr", flag(), false),
      optional("prediction_type", word("epsilon", "sample", "v_prediction", "flow_prediction"), "epsilon"),
      byClass("timestep_spacing", word("leading", "linspace", "trailing")),
      optional("steps_offset", whole(0, Limits.TIMESTEPS), 0),
      optional("timestep_type", word("discrete", "continuous"), "discrete"),
      byClass("variance_type",
          word("fixed_small", "fixed_small_log", "fixed_large", "fixed_large_log", "learned", "learned_range")),
      byClass("set_alpha_to_one", flag()),
      byClass("set_alpha_to_zero", flag()),
      byClass("clip_sample", flag()),
      optional("clip_sample_range", LEVEL, 1.0),
      optional("clip_denoised", flag(), true),
      optional("thresholding", flag(), false),
      optional("dynamic_thresholding_ratio", number(0, 1), 0.995),
      optional("sample_max_value", LEVEL, 1.0),
      byClass("sigma_min", LEVEL),
      byClass("sigma_max", LEVEL),
      optional("sigma_data", LEVEL, 0.5),
      optional("sigma_schedule", word("karras", "exponential"), "karras"),
      optional("rho", number(0.1, 1000), 7.0),
      optional("s_noise", number(0, Limits.MOST_FACTOR), 1.0),
      optional("use_karras_sigmas", flag(), false),
      optional("use_exponential_sigmas", flag(), false),
      optional("use_beta_sigmas", flag(), false),
      optional("use_lu_lambdas", flag(), false),
      optional("use_flow_sigmas", flag(), false),
      optional("final_sigmas_type", word("zero", "sigma_min"), "zero"),
      optional("interpolation_type", word("linear", "log_linear"), "linear"),
      optional("lambda_min_clipped", numberOrInfinity(), Double.NEGATIVE_INFINITY),
      byClass("algorithm_type", word("dpmsolver", "dpmsolver++", "sde-dpmsolver", "sde-dpmsolver++", "deis",
          "data_prediction", "noise_prediction")),
      byClass("solver_type", word("midpoint", "heun", "logrho", "bh1", "bh2")),
      optional("solver_order", ORDER, 2),
      optional("predictor_order", ORDER, 2),
      optional("corrector_order", ORDER, 2),
      byClass("lower_order_final", flag()),
      optional("euler_at_final", flag(), false),
      optional("predict_x0", flag(), true),
      optional("disable_corrector", whole(0, Limits.TIMESTEPS).listOrNone()),
      optional("solver_p", Type.any()),
      optional("tau_func", Type.any()),
      optional("noise_sampler_seed", Type.any()),
      optional("skip_prk_steps", flag(), false),
      optional("original_inference_steps", STEPS, 50),
      optional("timestep_scaling", number(0, 1e6), 10.0),
      optional("shift", LEVEL, 1.0),
      byClass("flow_shift", LEVEL),
      optional("shift_terminal", number(0, 1), 0.0),
      optional("time_shift_type", word("exponential", "linear"), "exponential"),
      optional("use_dynamic_shifting", flag(), false),
      optional("invert_sigmas", flag(), false),
      optional("stochastic_sampling", flag(), false));

  /** What {@code scheduler_config.json} says first. */
  static final Section SCHEDULER_CLASS =
      new Section("the sampler's class", "scheduler_config.json", required("_class_name", text()));

  /** What a caller asks of a run; not from a file. */
  static final Section RUN = new Section("a run of a sampler", "options",
      optional("timesteps", numberOrInfinity().list(Limits.TIMESTEPS)),
      optional("sigmas", numberOrInfinity().list(Limits.TIMESTEPS)),
      byClass("mu", numberOrInfinity()),
      byClass("strength", numberOrInfinity()),
      byClass("original_inference_steps", STEPS),
      byClass("eta", numberOrInfinity()),
      byClass("use_clipped_model_output", flag()),
      byClass("s_churn", numberOrInfinity()),
      byClass("s_tmin", numberOrInfinity()),
      byClass("s_tmax", numberOrInfinity()),
      byClass("s_noise", numberOrInfinity()),
      byClass("order", whole(Integer.MIN_VALUE, Integer.MAX_VALUE)),
      byClass("tau", numberOrInfinity()));

  private Samplers() {}
}
