package dev.langevin.diffusion;

import static dev.langevin.diffusion.LinearCombination.MODEL;
import static dev.langevin.diffusion.LinearCombination.X;
import static dev.langevin.diffusion.LinearCombination.register;

import java.util.ArrayList;
import java.util.List;

/**
 * The pseudo linear multistep method of fourth order without its Runge-Kutta start (Liu et al., arXiv:2202.09778,
 * equation 12), on levels whose sigma is the squared sine of an even ramp.
 */
final class IpndmScheduler implements Scheduler {

  static final String CLASS_NAME = "IPNDMScheduler";

  /** The last four predictions of the noise. */
  private static final int PREDICTIONS = Transition.SAVED;

  /** Adams-Bashforth of order 1 to 4, the newest first. */
  private static final double[][] WEIGHTS = {
      {1}, {3 / 2.0, -1 / 2.0}, {23 / 12.0, -16 / 12.0, 5 / 12.0}, {55 / 24.0, -59 / 24.0, 37 / 24.0, -9 / 24.0}
  };

  /** In place of an alpha of 0. */
  private static final double SMALLEST_ALPHA = 1e-8;

  private final int trainTimesteps;
  private final double[] trainedBetas;

  IpndmScheduler(SchedulerConfig config) {
    trainTimesteps = config.integer("num_train_timesteps", 1000);
    trainedBetas = config.numbers("trained_betas");
    if (trainedBetas != null && trainedBetas.length < 2) {
      throw config.wrong("trained_betas", "at least two levels");
    }
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
  public Trajectory trajectory(TrajectoryOptions options) {
    options.step(CLASS_NAME);
    options.schedule(CLASS_NAME);
    float[] sigmas = sigmas(options.steps());
    float[] alphas = new float[sigmas.length];
    double[] timesteps = new double[sigmas.length - 1];
    for (int i = 0; i < sigmas.length; i++) {
      alphas[i] = (float) Math.sqrt(1 - sigmas[i] * sigmas[i]);
      if (i < timesteps.length) {
        timesteps[i] = (float) Math.atan2(sigmas[i], alphas[i]) / (float) Math.PI * 2;
      }
    }
    TransitionTable.Builder table = TransitionTable.of(timesteps, options);
    List<Transition> transitions = new ArrayList<>();
    for (int i = options.startIndex(); i < timesteps.length; i++) {
      transitions.add(transition(timesteps[i], sigmas, alphas, i, i - options.startIndex()));
    }
    return table.initNoiseSigma(1).transitions(transitions)
        .noiseLevels(t -> new Trajectory.NoiseLevel(Math.cos(t * Math.PI / 2), Math.sin(t * Math.PI / 2)))
        .build();
  }

  /** Rounded to float32 after each operation: near 1 an alpha keeps few digits of its sigma. */
  private float[] sigmas(int steps) {
    float[] sigmas = new float[trainedBetas != null ? trainedBetas.length : steps + 1];
    float[] ramp = NoiseSchedule.linspace(1, 0, sigmas.length);
    for (int i = 0; i < sigmas.length; i++) {
      float sine = (float) Math.sin(ramp[i] * (float) Math.PI / 2);
      sigmas[i] = trainedBetas != null ? (float) trainedBetas[i] : sine * sine;
    }
    return sigmas;
  }

  private static Transition transition(double timestep, float[] sigmas, float[] alphas, int i, int past) {
    int order = Math.min(past + 1, WEIGHTS.length);
    LinearCombination eps = LinearCombination.ZERO;
    for (int k = 0; k < order; k++) {
      eps = eps.plus(register(PREDICTIONS + (past - k) % WEIGHTS.length).times(WEIGHTS[order - 1][k]));
    }
    LinearCombination x0 = X.minus(eps.times(sigmas[i])).over(Math.max(alphas[i], SMALLEST_ALPHA));
    return TransitionBuilder.at(timestep)
        .keep(PREDICTIONS + past % WEIGHTS.length, X.times(sigmas[i]).plus(MODEL.times(alphas[i])))
        .next(x0.times(alphas[i + 1]).plus(eps.times(sigmas[i + 1])));
  }
}
