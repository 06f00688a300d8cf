package dev.langevin.diffusion;

import static dev.langevin.diffusion.LinearCombination.MODEL;

import java.util.Arrays;

/**
 * Levels and preconditioning of the EDM models (Karras et al., arXiv:2206.00364, table 1, last column): the sample is
 * x0 + sigma * eps, the network is shown x / sqrt(sigma^2 + sigmaData^2) and told log(sigma) / 4.
 */
record EdmLevels(double sigmaMin, double sigmaMax, double sigmaData, double rho, boolean karras, boolean velocity,
    boolean endsAtZero, int trainTimesteps) {

  static EdmLevels of(SchedulerConfig config) {
    double min = config.number("sigma_min", 0.002);
    double max = config.number("sigma_max", 80);
    if (!(min > 0 && max > min)) {
      throw config.wrong("sigma_max", "above sigma_min, which is " + min + ", and that above 0");
    }
    return new EdmLevels(min, max, config.number("sigma_data"), config.number("rho"),
        config.choiceOf("sigma_schedule", "karras", "exponential").equals("karras"),
        PredictionType.of(config, PredictionType.EPSILON, PredictionType.V) == PredictionType.V,
        config.choiceOf("final_sigmas_type", "zero", "sigma_min").equals("zero"),
        config.integer("num_train_timesteps", 1000));
  }

  /** The levels of this many steps, Karras' formula being computed in double. */
  SolverLevels.Run run(int steps) {
    return karras ? run(TimestepSpacing.linspace(0, 1, steps)) : endingAtLast(exponential(steps));
  }

  /** Karras' levels at places from 0, the largest sigma, to 1, the smallest. */
  SolverLevels.Run run(double[] places) {
    return endingAtLast(SigmaSpacing.karras(sigmaMax, sigmaMin, rho, places));
  }

  /**
   * {@link #run(int)} in float32, as the multistep solver's reference has it: the seventh power makes a difference of
   * more than 1e-6 of it.
   */
  SolverLevels.Run float32Run(int steps) {
    if (!karras) {
      return ending(exponential(steps), sigmaMin);
    }
    float largest = (float) Math.pow(sigmaMax, 1 / rho);
    float width = (float) (Math.pow(sigmaMin, 1 / rho) - Math.pow(sigmaMax, 1 / rho));
    float[] places = NoiseSchedule.linspace(0, 1, steps);
    double[] sigmas = new double[steps];
    for (int i = 0; i < steps; i++) {
      sigmas[i] = Math.pow(largest + places[i] * width, rho);
    }
    return ending(sigmas, sigmaMin);
  }

  /** Evenly in log sigma, in float32; a single step is at the smallest sigma. */
  private double[] exponential(int steps) {
    float[] ascending = NoiseSchedule.linspace(Math.log(sigmaMin), Math.log(sigmaMax), steps);
    double[] sigmas = new double[steps];
    for (int i = 0; i < steps; i++) {
      sigmas[i] = Math.exp(ascending[steps - 1 - i]);
    }
    return sigmas;
  }

  private SolverLevels.Run endingAtLast(double[] sigmas) {
    return ending(sigmas, sigmas[sigmas.length - 1]);
  }

  private SolverLevels.Run ending(double[] sigmas, double smallest) {
    double[] all = SigmaSpacing.ending(sigmas, endsAtZero ? 0 : smallest);
    double[] timesteps =
        Arrays.stream(all).limit(sigmas.length).map(sigma -> (float) (0.25 * Math.log(sigma))).toArray();
    return new SolverLevels.Run(timesteps, all, SolverLevels.Path.VARIANCE_EXPLODING);
  }

  double initNoiseSigma() {
    return Math.sqrt(sigmaMax * sigmaMax + 1);
  }

  double inputScale(double sigma) {
    return 1 / Math.sqrt(sigma * sigma + sigmaData * sigmaData);
  }

  /** x0 by the network's answer to {@code x}. */
  LinearCombination x0(LinearCombination x, double sigma) {
    double square = sigma * sigma + sigmaData * sigmaData;
    double out = sigma * sigmaData / Math.sqrt(square);
    return x.times(sigmaData * sigmaData / square).plus(MODEL.times(velocity ? -out : out));
  }
}
