package dev.langevin.training;

import dev.langevin.diffusion.ForwardProcess;
import dev.langevin.diffusion.NoiseSchedule;
import dev.langevin.diffusion.Posterior;
import dev.langevin.diffusion.PredictionType;
import dev.langevin.diffusion.Trajectory.NoiseLevel;
import dev.langevin.graph.Graph;
import dev.langevin.graph.LossFunction;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * What a diffusion network is trained to say (arXiv:2006.11239, algorithm 1): it sees x_t = sqrt(alphaBar_t) x_0 + sqrt(1 -
 * alphaBar_t) eps and predicts eps, x_0 or v.
 *
 * @param prediction EPSILON, SAMPLE or V
 * @param loss distance of the prediction from its target
 * @param snrGamma weighs a sample by min(snr, gamma)/snr, or /(snr + 1) for V, or min(snr, gamma) for SAMPLE (arXiv:2303.09556,
 *     section 3.4); null weighs all alike
 * @param varianceFactor of the variational bound where the network predicts its variance too (arXiv:2102.09672, equation 16, with the
 *     bound of one step in nats per dimension); null where it does not
 */
public record Objective(PredictionType prediction, LossFunction loss, Double snrGamma, Double varianceFactor) {

  public Objective {
    if (prediction == PredictionType.FLOW) {
      throw new IllegalArgumentException("flow_prediction is not trained; use epsilon, sample or v_prediction");
    }
    if (varianceFactor != null && (prediction != PredictionType.EPSILON || !(loss instanceof LossFunction.SquaredError))) {
      throw new IllegalArgumentException("a learned variance goes with epsilon and the squared error, not with " + prediction + ", " + loss);
    }
    if (snrGamma != null && !(snrGamma > 0)) {
      throw new IllegalArgumentException("snr_gamma is " + snrGamma + "; it must be greater than 0");
    }
  }

  /** The network with this loss at its output {@code out}. */
  public LossGraph lossOf(Graph network) {
    return varianceFactor == null ? LossGraph.of(network, "out", loss) : LossGraph.learnedVariance(network, "out", varianceFactor);
  }

  /** The weight of a sample at time t. */
  public double weight(NoiseSchedule schedule, int t) {
    if (snrGamma == null) {
      return 1;
    }
    double snr = new ForwardProcess(schedule).signalToNoise(t);
    double least = Math.min(snr, snrGamma);
    return switch (prediction) {
      case EPSILON -> least / snr;
      case V -> least / (snr + 1);
      default -> least;
    };
  }

  /**
   * Writes noisy samples and a learner's inputs {@code timestep}, {@code target}, {@code weight} and, for a learned variance, {@code
   * x0}, {@code xt} and {@code steps}.
   *
   * @param x0 pictures, latents or embeddings (N, ...)
   * @param noise unit normals of that shape
   * @param times one a sample
   * @param sample of that shape, to be written: mostly the network's input
   */
  public void write(NoiseSchedule schedule, Tensor x0, Tensor noise, int[] times, Tensor sample, Learner learner) {
    ForwardProcess forward = new ForwardProcess(schedule);
    Tensor target = learner.input("target");
    Tensor timestep = learner.input("timestep");
    for (int n = 0; n < times.length; n++) {
      forward.sample(x0.row(n), times[n], noise.row(n), sample.row(n));
      switch (prediction) {
        case EPSILON -> target.row(n).data().copyFrom(noise.row(n).data());
        case SAMPLE -> target.row(n).data().copyFrom(x0.row(n).data());
        default -> forward.velocity(x0.row(n), times[n], noise.row(n), target.row(n));
      }
      if (timestep.dtype() == DType.I64) {
        timestep.data().setAtIndex(ValueLayout.JAVA_LONG, n, times[n]);
      } else {
        timestep.data().setAtIndex(ValueLayout.JAVA_FLOAT, n, times[n]);
      }
      learner.input("weight").data().setAtIndex(ValueLayout.JAVA_FLOAT, n, (float) weight(schedule, times[n]));
      if (varianceFactor != null) {
        writeStep(forward, times[n], learner.input("steps").row(n).data());
      }
    }
    if (varianceFactor != null) {
      learner.input("x0").data().copyFrom(x0.data());
      learner.input("xt").data().copyFrom(sample.data());
    }
  }

  /** The largest log variance is log beta_t, the smallest that of the posterior, at t = 0 that of t = 1 (arXiv:2102.09672, section 3.1). */
  static void writeStep(ForwardProcess forward, int t, MemorySegment row) {
    NoiseLevel level = forward.level(t);
    Posterior posterior = forward.posterior(t);
    double least = Math.log(forward.posterior(Math.max(t, 1)).variance());
    double[] numbers = {1 / level.signal(), level.noise() / level.signal(), posterior.x0(), posterior.xT(), least,
        Math.log(forward.schedule().beta(t)), least, t == 0 ? 1 : 0};
    for (int i = 0; i < numbers.length; i++) {
      row.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) numbers[i]);
    }
  }
}
