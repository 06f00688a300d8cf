package dev.langevin.diffusion;

import static dev.langevin.diffusion.LinearCombination.MODEL;
import static dev.langevin.diffusion.LinearCombination.NOISE;
import static dev.langevin.diffusion.LinearCombination.X;

import dev.langevin.diffusion.Transition.Nonlinearity;
import java.util.ArrayList;
import java.util.List;

/**
 * Euler's method along a rectified flow (Esser et al., arXiv:2403.03206), or, stochastic, a jump to x0 and back at each
 * step.
 *
 * <p>
 * Schedule options: {@code timesteps} or {@code sigmas}, before the shift, and {@code mu} where the configuration says
 * {@code use_dynamic_shifting}.
 */
final class FlowMatchEulerScheduler implements Scheduler {

  static final String CLASS_NAME = "FlowMatchEulerDiscreteScheduler";

  private final FlowShift shift;
  private final FlowLevels levels;
  private final SigmaSpacing spacing;
  private final boolean inverted;
  private final boolean stochastic;

  FlowMatchEulerScheduler(SchedulerConfig config) {
    shift = FlowShift.of(config);
    levels = FlowLevels.of(config);
    spacing = SigmaSpacing.of(config);
    inverted = config.flag("invert_sigmas");
    stochastic = config.flag("stochastic_sampling");
  }

  @Override
  public String className() {
    return CLASS_NAME;
  }

  @Override
  public int trainTimesteps() {
    return levels.trainTimesteps();
  }

  @Override
  public Trajectory trajectory(TrajectoryOptions options) {
    options.step(CLASS_NAME);
    SchedulerConfig schedules = options.schedule(CLASS_NAME, "timesteps", "sigmas", "mu");
    double[] sigmas = start(options.steps(), schedules);
    shift.in(schedules).apply(sigmas);
    if (spacing != SigmaSpacing.TIMESTEPS) {
      sigmas = spacing.between(sigmas[0], sigmas[sigmas.length - 1], sigmas.length);
    }
    if (inverted) {
      for (int i = 0; i < sigmas.length; i++) {
        sigmas[i] = 1 - (float) sigmas[i];
      }
    }
    double[] timesteps = levels.timesteps(sigmas, sigmas.length);
    double[] all = SigmaSpacing.ending(sigmas, inverted ? 1 : 0);
    TransitionTable.Builder table = TransitionTable.of(timesteps, options);
    List<Transition> transitions = new ArrayList<>();
    for (int i = options.startIndex(); i < timesteps.length; i++) {
      transitions.add(transition(timesteps[i], all[i], all[i + 1]));
    }
    return table.sigmas(all).initNoiseSigma(1).transitions(transitions).noiseLevelsOfSigmas(FlowLevels::noiseLevel)
        .build();
  }

  private double[] start(int steps, SchedulerConfig schedules) {
    double[] sigmas = schedules.numbers("sigmas");
    double[] timesteps = schedules.numbers("timesteps");
    if (sigmas != null && timesteps != null) {
      throw schedules.wrong("timesteps", "left away where sigmas are given");
    }
    if (timesteps != null) {
      sigmas = timesteps;
      for (int i = 0; i < sigmas.length; i++) {
        sigmas[i] /= levels.trainTimesteps();
      }
    }
    if (sigmas != null && sigmas.length == 0) {
      throw schedules.wrong(timesteps != null ? "timesteps" : "sigmas", "at least one level");
    }
    return sigmas != null ? sigmas : levels.even(steps);
  }

  private Transition transition(double timestep, double sigma, double sigmaNext) {
    LinearCombination x0 = X.minus(MODEL.times(sigma));
    TransitionBuilder step = TransitionBuilder.at(timestep).predict(x0, new Nonlinearity.Identity());
    return stochastic
        ? step.drawsNoise().next(x0.times(1 - sigmaNext).plus(NOISE.times(sigmaNext)))
        : step.next(X.plus(MODEL.times(sigmaNext - sigma)));
  }
}
