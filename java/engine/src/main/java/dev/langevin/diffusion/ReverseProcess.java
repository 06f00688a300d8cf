package dev.langevin.diffusion;

import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.concurrent.CancellationException;

/**
 * The reverse chain p(x_s | x_t): walks a trajectory from noise to a picture (Ho et al., arXiv:2006.11239, algorithm 2, for
 * any sampler).
 *
 * <p>One run at a time; runs may follow one another. Nothing is allocated inside a step. Owned by whoever made it; closing
 * frees the registers, not the denoiser.
 */
public final class ReverseProcess implements AutoCloseable {

  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Told after each network call; may stop the run, as an interrupt of the thread does. */
  @FunctionalInterface
  public interface StepListener {

    /** Goes on to the end. */
    StepListener NONE = (done, calls, x, x0) -> true;

    /**
     * @param done network calls made, from 1
     * @param calls network calls of this run
     * @param x the next sample, to be read only
     * @param x0 what the step took the finished picture to be, to be read only; meaningless where the sampler's transitions
     *     have no prediction
     * @return false to stop
     */
    boolean stepped(int done, int calls, Tensor x, Tensor x0);
  }

  /** Changes the sample between two network calls, as inpainting does with what is not to be repainted. */
  @FunctionalInterface
  public interface Constraint {

    /** @param next index of the call that comes, or the number of calls after the last */
    void apply(Tensor x, int next);
  }

  private final Trajectory trajectory;
  private final Denoiser denoiser;
  private final TransitionKernel.Chain chain;
  private int calls;
  private final Tensor x;
  private final Tensor x0;
  private final Tensor noise;
  private Constraint constraint;
  private NoiseSource drawn; // of the run
  private int next; // call

  /** Without guidance. */
  public ReverseProcess(Trajectory trajectory, Denoiser denoiser, TransitionKernel kernel) {
    this(trajectory, denoiser, kernel, denoiser.input().shape().intDim(0), 1);
  }

  /** With classifier-free guidance; the arguments are those of {@link TransitionKernel#prepare}. */
  public ReverseProcess(
      Trajectory trajectory, Denoiser denoiser, TransitionKernel kernel, int samples, double guidance) {
    this.trajectory = trajectory;
    this.denoiser = denoiser;
    this.chain = kernel.prepare(trajectory, denoiser, samples, guidance);
    this.calls = trajectory.timesteps().length;
    this.x = chain.register(Transition.X);
    this.x0 = chain.register(Transition.PREDICTION);
    this.noise = chain.register(Transition.NOISE);
  }

  /** Sets what is done to the sample after each transition; null for nothing. */
  public ReverseProcess constrainedBy(Constraint constraint) {
    this.constraint = constraint;
    return this;
  }

  /** Stops before call {@code end}, for another model to go on; by default after the last. */
  public ReverseProcess endingAt(int end) {
    if (end <= trajectory.startIndex() || end > trajectory.timesteps().length) {
      throw new IllegalArgumentException("the run of calls " + trajectory.startIndex() + " to " + trajectory.timesteps().length
          + " cannot end before call " + end);
    }
    this.calls = end;
    return this;
  }

  /** Shape of the sample: that of the denoiser's input, its first axis being the number of pictures. */
  public Shape shape() {
    return x.shape();
  }

  /**
   * Samples from pure noise: x_T is the source's first draw, scaled.
   *
   * @return the sample x_0, which the next run overwrites
   * @throws CancellationException if the listener stops the run, or the thread is interrupted
   */
  public Tensor sample(NoiseSource source, StepListener listener) {
    begin(source, null, false);
    return walk(listener);
  }

  /**
   * Samples from a picture to which noise is added first, the source's first draw, as much as belongs to the trajectory's
   * start index.
   *
   * @param picture f32 in the shape of the sample
   * @return the sample x_0, which the next run overwrites
   * @throws CancellationException if the listener stops the run, or the thread is interrupted
   */
  public Tensor sampleFrom(Tensor picture, NoiseSource source, StepListener listener) {
    begin(source, picture, false);
    return walk(listener);
  }

  /**
   * Begins a run that {@link #step} walks.
   *
   * @param source the start's noise is its first draw, but where a sample goes on
   * @param start f32 in the shape of the sample; null to begin with noise alone
   * @param goesOn whether the start has its noise already, as another run left it part-way, of the level of the trajectory's start index;
   *     noise of that level is added to it otherwise
   */
  public void begin(NoiseSource source, Tensor start, boolean goesOn) {
    if (start != null && !start.shape().equals(x.shape())) {
      throw new IllegalArgumentException("the start is " + start.shape() + ", the sample " + x.shape());
    }
    if (goesOn) {
      x.data().copyFrom(start.data());
    } else {
      source.fill(x);
      if (start == null) {
        combine(0, x, trajectory.initNoiseSigma(), x);
      } else {
        Trajectory.NoiseLevel level = trajectory.noiseLevel(trajectory.transition(trajectory.startIndex()).timestep());
        combine(level.signal(), start, level.noise(), x);
      }
    }
    drawn = source;
    next = trajectory.startIndex();
    chain.begin();
  }

  private Tensor walk(StepListener listener) {
    while (done() < calls()) {
      step();
      if (!listener.stepped(done(), calls(), x, x0) || Thread.currentThread().isInterrupted()) {
        throw new CancellationException("sampling was stopped after " + done() + " of " + calls() + " calls");
      }
    }
    return x;
  }

  /** Calls of the network in a run. */
  public int calls() {
    return calls - trajectory.startIndex();
  }

  /** Calls that were made. */
  public int done() {
    return next - trajectory.startIndex();
  }

  /** Makes one call of the network and the transition after it. */
  public void step() {
    Transition transition = trajectory.transition(next);
    denoiser.predict(transition.timestep());
    if (transition.drawsNoise()) {
      drawn.fill(noise);
    }
    chain.apply(next);
    next++;
    if (constraint != null) {
      constraint.apply(x, next);
      if (next < calls) {
        chain.show(next);
      }
    }
  }

  /** Shows the network the sample again, after another run used the network. */
  public void showAgain() {
    chain.show(next);
  }

  /** The sample, to be read between steps. */
  public Tensor sample() {
    return x;
  }

  /** What the last step took the finished sample to be; meaningless where the sampler's transitions have no prediction. */
  public Tensor predicted() {
    return x0;
  }

  /** X = a * left + b * right, for the start only. */
  private void combine(double a, Tensor left, double b, Tensor right) {
    MemorySegment target = x.data();
    for (long i = 0; i < x.shape().elements(); i++) {
      double sum = b * right.data().getAtIndex(FLOAT, i);
      if (a != 0) {
        sum += a * left.data().getAtIndex(FLOAT, i);
      }
      target.setAtIndex(FLOAT, i, (float) sum);
    }
  }

  @Override
  public void close() {
    chain.close();
  }
}
