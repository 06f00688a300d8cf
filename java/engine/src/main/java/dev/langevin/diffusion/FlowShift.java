package dev.langevin.diffusion;

/**
 * Moves the levels of a rectified flow towards the noise, as larger pictures need it (Esser et al., arXiv:2403.03206,
 * section 5.3.2).
 *
 * @param shift the fixed factor, where {@code mu} is null
 * @param dynamic whether each run brings a {@code mu}: the logarithm of a factor that follows from the picture's size
 * @param mu a run's, or null
 * @param exponential whether {@code mu} acts through its exponential, else as it is
 * @param terminal the last level is stretched to this, or null
 */
record FlowShift(double shift, boolean dynamic, Double mu, boolean exponential, Double terminal) {

  /**
   * Reads {@code flow_shift} or {@code shift}, {@code use_dynamic_shifting}, {@code time_shift_type},
   * {@code shift_terminal}.
   */
  static FlowShift of(SchedulerConfig config) {
    double terminal = config.number("shift_terminal");
    if (!(terminal >= 0 && terminal < 1)) {
      throw config.wrong("shift_terminal", "from 0 to below 1");
    }
    boolean exponential = config.choiceOf("time_shift_type", "exponential", "linear").equals("exponential");
    return new FlowShift(config.number("flow_shift", config.number("shift")),
        config.flag("use_dynamic_shifting"), null, exponential, terminal == 0 ? null : Double.valueOf(terminal));
  }

  /**
   * The shift of a run with these schedule options.
   *
   * @throws IllegalArgumentException if {@code mu} is given or missing against {@code use_dynamic_shifting}
   */
  FlowShift in(SchedulerConfig options) {
    if (!dynamic && options.has("mu")) {
      throw options.wrong("mu", "left away where use_dynamic_shifting is false");
    }
    if (dynamic && !options.has("mu")) {
      throw new IllegalArgumentException(
          options.owner() + ": use_dynamic_shifting is true, but mu is missing; give the run the schedule option mu");
    }
    return dynamic ? new FlowShift(shift, true, options.number("mu", 0), exponential, terminal) : this;
  }

  /** Shifts descending levels in place. */
  void apply(double[] sigmas) {
    for (int i = 0; i < sigmas.length; i++) {
      sigmas[i] = shifted(sigmas[i]);
    }
    if (terminal != null) {
      double scale = (1 - sigmas[sigmas.length - 1]) / (1 - terminal);
      for (int i = 0; i < sigmas.length; i++) {
        sigmas[i] = 1 - (1 - sigmas[i]) / scale;
      }
    }
  }

  private double shifted(double sigma) {
    if (mu == null) {
      return shift * sigma / (1 + (shift - 1) * sigma);
    }
    double factor = exponential ? Math.exp(mu) : mu;
    return factor / (factor + (1 / sigma - 1));
  }
}
