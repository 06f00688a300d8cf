package dev.langevin.diffusion;

import dev.langevin.tensor.DType;
import dev.langevin.tensor.Tensor;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The forward Markov chain q, which turns a picture x_0 into noise step by step (Ho et al., arXiv:2006.11239, section
 * 2). Times t count from 0 to T-1: x_t is the sample after step t, and the picture itself is the state before step 0.
 *
 * <p>
 * Tensors are f32 of any one shape; a target may be one of the sources. Immutable.
 *
 * @param schedule the variances beta_t
 */
public record ForwardProcess(NoiseSchedule schedule) {

  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /**
   * One step of the chain, a draw from q(x_t | x_(t-1)) = N(sqrt(1 - beta_t) x_(t-1), beta_t I) (equation 2).
   *
   * @param noise unit normals
   * @param xT receives x_t
   */
  public void step(Tensor previous, int t, Tensor noise, Tensor xT) {
    double beta = schedule.beta(requireTime(t));
    combine(Math.sqrt(1 - beta), previous, Math.sqrt(beta), noise, xT);
  }

  /**
   * All steps up to t at once, a draw from q(x_t | x_0) = N(sqrt(alphaBar_t) x_0, (1 - alphaBar_t) I) (equation 4).
   *
   * @param noise unit normals
   * @param xT receives x_t
   */
  public void sample(Tensor x0, int t, Tensor noise, Tensor xT) {
    Trajectory.NoiseLevel level = level(t);
    combine(level.signal(), x0, level.noise(), noise, xT);
  }

  /** The coefficients of {@link #sample}: sqrt(alphaBar_t) and sqrt(1 - alphaBar_t). */
  public Trajectory.NoiseLevel level(int t) {
    double alphaBar = schedule.alphaBar(requireTime(t));
    return new Trajectory.NoiseLevel(Math.sqrt(alphaBar), Math.sqrt(1 - alphaBar));
  }

  /** The posterior q(x_(t-1) | x_t, x_0) (equations 6 and 7); for t = 0 it is the picture itself, with variance 0. */
  public Posterior posterior(int t) {
    // beta from the alphaBars, not from its own table: at t = 0 only then does the mean's rounding cancel to the
    // picture.
    return Posterior.of(schedule.alphaBar(requireTime(t)), schedule.alphaBar(t - 1));
  }

  /** The mean of {@link #posterior}. */
  public void posteriorMean(Tensor x0, Tensor xT, int t, Tensor mean) {
    Posterior posterior = posterior(t);
    combine(posterior.x0(), x0, posterior.xT(), xT, mean);
  }

  /**
   * The velocity v = sqrt(alphaBar_t) eps - sqrt(1 - alphaBar_t) x_0, which a network may be trained to predict
   * (Salimans and Ho, arXiv:2202.00512).
   */
  public void velocity(Tensor x0, int t, Tensor noise, Tensor v) {
    Trajectory.NoiseLevel level = level(t);
    combine(-level.noise(), x0, level.signal(), noise, v);
  }

  /** Signal-to-noise ratio alphaBar_t / (1 - alphaBar_t); descends with t. */
  public double signalToNoise(int t) {
    double alphaBar = schedule.alphaBar(requireTime(t));
    return alphaBar / (1 - alphaBar);
  }

  private int requireTime(int t) {
    if (t < 0 || t >= schedule.steps()) {
      throw new IllegalArgumentException("time " + t + " is outside the chain of " + schedule.steps() + " steps");
    }
    return t;
  }

  private static void combine(double a, Tensor left, double b, Tensor right, Tensor target) {
    requireAlike(left, target);
    requireAlike(right, target);
    long elements = target.shape().elements();
    for (long i = 0; i < elements; i++) {
      double sum = a * left.data().getAtIndex(FLOAT, i) + b * right.data().getAtIndex(FLOAT, i);
      target.data().setAtIndex(FLOAT, i, (float) sum);
    }
  }

  private static void requireAlike(Tensor tensor, Tensor target) {
    if (tensor.dtype() != DType.F32 || target.dtype() != DType.F32 || !tensor.shape().equals(target.shape())) {
      throw new IllegalArgumentException(
          "the forward process combines f32 tensors of one shape, not " + tensor.dtype() + tensor.shape() + " into "
              + target.dtype() + target.shape());
    }
  }
}
