package dev.langevin.diffusion;

import java.util.Arrays;

/**
 * The timesteps of samplers for networks that were distilled on a sparse chain ({@code original_inference_steps} of the
 * training timesteps): few of those, spread evenly from the top.
 */
final class DistilledTimesteps {

  private DistilledTimesteps() {}

  /**
   * @param options schedule options {@code timesteps}, {@code strength} (share of the chain, from below) and
   *   {@code original_inference_steps}
   * @param chain the timesteps of the distillation, ascending, for strength 1
   * @param originalSteps how many steps the distillation had
   */
  static double[] of(
      SchedulerConfig options, String className, int[] chain, int originalSteps, int trainTimesteps, int steps) {
    double strength = options.number("strength", 1);
    if (!(strength > 0 && strength <= 1)) {
      throw options.wrong("strength", "above 0 and at most 1");
    }
    if (options.has("timesteps")) {
      double[] timesteps = CustomTimesteps.descending(options, trainTimesteps);
      int kept = Math.min((int) (timesteps.length * strength), timesteps.length);
      if (kept == 0) {
        throw options.wrong("strength", "at least " + 1.0 / timesteps.length + " to keep one of the timesteps");
      }
      return Arrays.copyOfRange(timesteps, timesteps.length - kept, timesteps.length);
    }
    int length = (int) (chain.length * strength);
    if (steps > length || steps > originalSteps) {
      throw new IllegalArgumentException(
          className + ": steps is " + steps + ", but the network was distilled on " + originalSteps
              + " steps, of which "
              + length + " remain with strength " + strength + "; use at most " + Math.min(length, originalSteps)
              + " steps");
    }
    double[] timesteps = new double[steps];
    double stride = length / (double) steps;
    for (int i = 0; i < steps; i++) {
      timesteps[i] = chain[length - 1 - (int) Math.floor(i * stride)];
    }
    return timesteps;
  }

  /**
   * The number of steps that decides which call is the last, clean one. Upstream counts custom timesteps before the
   * strength takes some away, so such a run has no clean call and ends noisy; it is followed, so that a seed gives the
   * same picture.
   */
  static int nominalSteps(SchedulerConfig options, int steps) {
    return options.has("timesteps") ? options.numbers("timesteps").length : steps;
  }

  /** Every k-th timestep of training, from k - 1 on, with k = trainTimesteps / originalSteps. */
  static int[] sparse(String className, int originalSteps, int trainTimesteps) {
    if (originalSteps < 1 || originalSteps > trainTimesteps) {
      throw new IllegalArgumentException(
          className + ": original_inference_steps is " + originalSteps + "; it must be from 1 to num_train_timesteps = "
              + trainTimesteps);
    }
    int k = trainTimesteps / originalSteps;
    int[] chain = new int[originalSteps];
    for (int i = 0; i < chain.length; i++) {
      chain[i] = (i + 1) * k - 1;
    }
    return chain;
  }
}
