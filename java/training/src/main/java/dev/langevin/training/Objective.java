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
import java.util.Arrays;

/**
 * What a diffusion network is trained to say (arXiv:2006.11239, algorithm 1): it sees x_t = sqrt(alphaBar_t) x_0 +
 * sqrt(1 - alphaBar_t) eps and predicts eps, x_0 or v.
 *
 * @param prediction EPSILON, SAMPLE or V
 * @param loss distance of the prediction from its target
 * @param snrGamma weighs a sample by min(snr, gamma)/snr, or /(snr + 1) for V, or min(snr, gamma) for SAMPLE
 *   (arXiv:2303.09556, section 3.4); null weighs all alike
 * @param varianceFactor of the variational bound where the network predicts its variance too (arXiv:2102.09672,
 *   equation 16, with the bound of one step in nats per dimension); null where it does not
 */
public record Objective(PredictionType prediction, LossFunction loss, Double snrGamma, Double varianceFactor) {

  /**
   * Checks the combination.
   *
   * @throws IllegalArgumentException if prediction, loss and weighting do not go together
   */
  public Objective {
    if (prediction == PredictionType.FLOW) {
      throw new IllegalArgumentException("flow_prediction is not trained; use epsilon, sample or v_prediction");
    }
    if (varianceFactor != null && !(loss instanceof LossFunction.SquaredError)) {
      throw new IllegalArgumentException("a learned variance goes with the squared error, not with " + loss);
    }
    if (snrGamma != null && !(snrGamma > 0)) {
      throw new IllegalArgumentException("snr_gamma is " + snrGamma + "; it must be greater than 0");
    }
  }

  /** The network with this loss at its output {@code out}. */
  public LossGraph lossOf(Graph network) {
    return varianceFactor == null ? LossGraph.of(network, "out", loss)
        : LossGraph.learnedVariance(network, "out", varianceFactor);
  }

  /** The same, where a mask says how much each place counts; without a learned variance. */
  LossGraph maskedLossOf(Graph network) {
    return LossGraph.of(network, "out", loss, true);
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
   * Makes noisy samples, and writes a learner's inputs {@code timestep}, {@code target}, {@code weight} and, for a
   * learned variance, {@code
   * x0}, {@code xt} and {@code steps}.
   *
   * @param x0 pictures, latents or embeddings (N, ...)
   * @param noise unit normals of that shape
   * @param times one a sample
   * @return the noisy samples, of that shape, mostly the network's input
   */
  public Tensor write(NoiseSchedule schedule, Tensor x0, Tensor noise, int[] times, Learner learner) {
    ForwardProcess forward = new ForwardProcess(schedule);
    Tensor sample = like(x0);
    Tensor target = like(x0);
    float[] weights = new float[times.length];
    float[] steps = new float[times.length * LossGraph.STEP_NUMBERS];
    for (int n = 0; n < times.length; n++) {
      forward.sample(x0.row(n), times[n], noise.row(n), sample.row(n));
      switch (prediction) {
        case EPSILON -> target.row(n).data().copyFrom(noise.row(n).data());
        case SAMPLE -> target.row(n).data().copyFrom(x0.row(n).data());
        default -> forward.velocity(x0.row(n), times[n], noise.row(n), target.row(n));
      }
      weights[n] = (float) weight(schedule, times[n]);
      if (varianceFactor != null) {
        System.arraycopy(step(prediction, forward, times[n]), 0, steps, n * LossGraph.STEP_NUMBERS,
            LossGraph.STEP_NUMBERS);
      }
    }
    learner.in("target").write(target);
    learner.in("weight").write(weights);
    if (learner.in("timestep").dtype() == DType.I64) {
      learner.in("timestep").write(Arrays.stream(times).asLongStream().toArray());
    } else {
      learner.in("timestep").write(floats(times));
    }
    if (varianceFactor != null) {
      learner.in("steps").write(steps);
      learner.in("x0").write(x0);
      learner.in("xt").write(sample);
    }
    return sample;
  }

  private static Tensor like(Tensor tensor) {
    return new Tensor(DType.F32, tensor.shape(),
        MemorySegment.ofArray(new float[Math.toIntExact(tensor.shape().elements())]));
  }

  private static float[] floats(int[] times) {
    float[] floats = new float[times.length];
    for (int n = 0; n < times.length; n++) {
      floats[n] = times[n];
    }
    return floats;
  }

  /**
   * The largest log variance is log beta_t, the smallest that of the posterior, at t = 0 that of t = 1
   * (arXiv:2102.09672, section 3.1).
   */
  static float[] step(PredictionType prediction, ForwardProcess forward, int t) {
    NoiseLevel level = forward.level(t);
    double[] start = switch (prediction) {
      case EPSILON -> new double[] {1 / level.signal(), level.noise() / level.signal()};
      case V -> new double[] {level.signal(), level.noise()};
      default -> new double[] {0, -1};
    };
    Posterior posterior = forward.posterior(t);
    double least = Math.log(forward.posterior(Math.max(t, 1)).variance());
    double[] numbers = {start[0], start[1], posterior.x0(), posterior.xT(), least,
        Math.log(forward.schedule().beta(t)), least, t == 0 ? 1 : 0};
    float[] step = new float[numbers.length];
    for (int i = 0; i < numbers.length; i++) {
      step[i] = (float) numbers[i];
    }
    return step;
  }
}
