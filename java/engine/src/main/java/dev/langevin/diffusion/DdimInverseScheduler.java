package dev.langevin.diffusion;

import static dev.langevin.diffusion.LinearCombination.PREDICTION;
import static dev.langevin.diffusion.PredictionType.EPSILON;
import static dev.langevin.diffusion.PredictionType.SAMPLE;
import static dev.langevin.diffusion.PredictionType.V;

import dev.langevin.diffusion.Transition.Nonlinearity;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * DDIM run upwards: finds the noise from which deterministic sampling would give a picture (Song et al.,
 * arXiv:2010.02502, section 4.3; Mokady et al., arXiv:2211.09794). Timesteps ascend.
 */
final class DdimInverseScheduler implements Scheduler {

  static final String CLASS_NAME = "DDIMInverseScheduler";

  private final NoiseSchedule schedule;
  private final int trainTimesteps;
  private final PredictionType predictionType;
  private final Nonlinearity limits;
  private final double initialAlphaBar;
  private final TimestepSpacing spacing;
  private final int offset;

  DdimInverseScheduler(SchedulerConfig config) {
    schedule = NoiseSchedule.of(config, NoiseSchedule.Defaults.DDPM);
    trainTimesteps = config.integer("num_train_timesteps", 1000);
    predictionType = PredictionType.of(config, EPSILON, SAMPLE, V);
    limits = X0Limits.clip(config, true);
    boolean toOne = config.flag("set_alpha_to_zero", config.flag("set_alpha_to_one", true)); // the former is the old
                                                                                             // name
    initialAlphaBar = toOne ? 1 : schedule.alphaBar(0);
    spacing = TimestepSpacing.of(config, TimestepSpacing.LEADING, TimestepSpacing.LEADING, TimestepSpacing.TRAILING);
    offset = config.integer("steps_offset");
  }

  @Override
  public String className() {
    return CLASS_NAME;
  }

  @Override
  public int trainTimesteps() {
    return trainTimesteps;
  }

  @Override
  public Optional<NoiseSchedule> noiseSchedule() {
    return Optional.of(schedule);
  }

  @Override
  public Trajectory trajectory(TrajectoryOptions options) {
    options.schedule(CLASS_NAME);
    options.step(CLASS_NAME);
    double[] timesteps = TimestepSpacing.reversed(spacing.whole(trainTimesteps, options.steps(), offset));
    TransitionTable.Builder table = TransitionTable.of(timesteps, options);
    int stride = trainTimesteps / options.steps();
    List<Transition> transitions = new ArrayList<>();
    for (int i = options.startIndex(); i < timesteps.length; i++) {
      transitions.add(transition((int) timesteps[i], stride));
    }
    return table.transitions(transitions).noiseLevelsOf(schedule).build();
  }

  /** From t - stride, where the sample is, up to t, which the network is told. */
  private Transition transition(int t, int stride) {
    double from = t - stride >= 0 ? schedule.alphaBar(t - stride) : initialAlphaBar;
    double to = schedule.alphaBar(t);
    double alpha = Math.sqrt(from);
    double sigma = Math.sqrt(1 - from);
    return TransitionBuilder.at(t)
        .predict(predictionType.x0(alpha, sigma), limits)
        .next(PREDICTION.times(Math.sqrt(to)).plus(predictionType.eps(alpha, sigma).times(Math.sqrt(1 - to))));
  }
}
