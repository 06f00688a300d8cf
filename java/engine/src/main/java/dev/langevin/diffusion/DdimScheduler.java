package dev.langevin.diffusion;

import static dev.langevin.diffusion.LinearCombination.NOISE;
import static dev.langevin.diffusion.LinearCombination.PREDICTION;
import static dev.langevin.diffusion.LinearCombination.X;
import static dev.langevin.diffusion.PredictionType.EPSILON;
import static dev.langevin.diffusion.PredictionType.SAMPLE;
import static dev.langevin.diffusion.PredictionType.V;

import dev.langevin.diffusion.Transition.Nonlinearity;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Non-Markovian sampling with as much fresh noise as eta says: 0 is deterministic, 1 is the noise of DDPM (Song et al.,
 * arXiv:2010.02502, equations 12 and 16).
 *
 * <p>
 * Step options: {@code eta} (0 to 1, default 0) and {@code use_clipped_model_output} (default false: the noise is the
 * network's own answer even where x0 was clipped).
 */
final class DdimScheduler implements Scheduler {

  static final String CLASS_NAME = "DDIMScheduler";

  private final NoiseSchedule schedule;
  private final int trainTimesteps;
  private final PredictionType predictionType;
  private final Nonlinearity limits;
  private final double finalAlphaBar;
  private final TimestepSpacing spacing;
  private final int offset;

  DdimScheduler(SchedulerConfig config) {
    schedule = NoiseSchedule.of(config, NoiseSchedule.Defaults.DDPM);
    trainTimesteps = config.integer("num_train_timesteps", 1000);
    predictionType = PredictionType.of(config, EPSILON, SAMPLE, V);
    limits = X0Limits.of(config, true);
    finalAlphaBar = config.flag("set_alpha_to_one", true) ? 1 : schedule.alphaBar(0);
    spacing = TimestepSpacing.of(config, TimestepSpacing.LEADING);
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
    SchedulerConfig step = options.step(CLASS_NAME, "eta", "use_clipped_model_output");
    double eta = step.number("eta", 0);
    if (!(eta >= 0 && eta <= 1)) {
      throw step.wrong("eta", "from 0 (deterministic) to 1 (the noise of DDPM)");
    }
    boolean fromClipped = step.flag("use_clipped_model_output", false);
    double[] timesteps = spacing.whole(trainTimesteps, options.steps(), offset);
    TransitionTable.Builder table = TransitionTable.of(timesteps, options);
    int stride = trainTimesteps / options.steps();
    List<Transition> transitions = new ArrayList<>();
    for (int i = options.startIndex(); i < timesteps.length; i++) {
      int t = (int) timesteps[i];
      transitions.add(transition(t, t - stride, eta, fromClipped));
    }
    return table.transitions(transitions).noiseLevelsOf(schedule).build();
  }

  private Transition transition(int t, int s, double eta, boolean fromClipped) {
    double alphaBarT = schedule.alphaBar(t);
    double alphaBarS = s >= 0 ? schedule.alphaBar(s) : finalAlphaBar;
    double alpha = Math.sqrt(alphaBarT);
    double sigma = Math.sqrt(1 - alphaBarT);
    double deviation = eta * Math.sqrt(Posterior.of(alphaBarT, alphaBarS).variance());
    LinearCombination eps =
        fromClipped ? X.minus(PREDICTION.times(alpha)).over(sigma) : predictionType.eps(alpha, sigma);
    LinearCombination next =
        PREDICTION
            .times(Math.sqrt(alphaBarS))
            .plus(eps.times(Math.sqrt(Math.max(0, 1 - alphaBarS - deviation * deviation))));
    TransitionBuilder step = TransitionBuilder.at(t).predict(predictionType.x0(alpha, sigma), limits);
    return eta > 0 ? step.drawsNoise().next(next.plus(NOISE.times(deviation))) : step.next(next);
  }
}
