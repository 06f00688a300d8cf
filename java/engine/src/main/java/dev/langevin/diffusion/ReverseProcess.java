package dev.langevin.diffusion;

import dev.langevin.backend.Backend;
import dev.langevin.backend.Block;
import dev.langevin.backend.DeviceTensor;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.NotFiniteException;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import java.util.concurrent.CancellationException;

/**
 * The reverse chain p(x_s | x_t): walks a trajectory from noise to a picture (Ho et al., arXiv:2006.11239, algorithm 2,
 * for any sampler).
 *
 * <p>
 * {@link #sample} and its like walk to the end. {@link #begin} and its like with {@link #step} do so call by call, so
 * that several runs may take turns. One run at a time on one process; runs may follow one another. Used on the
 * backend's thread. Nothing is allocated inside a step. Owned by whoever made it; closing frees the registers, not the
 * denoiser.
 */
public final class ReverseProcess implements AutoCloseable {

  /** Told after each network call; may stop the run, as an interrupt of the thread does. */
  @FunctionalInterface
  public interface StepListener {

    /** Goes on to the end. */
    StepListener NONE = (done, calls, preview) -> true;

    /**
     * Told after a call and the step that follows it.
     *
     * @param done network calls made, from 1
     * @param calls network calls of this run
     * @param preview what there is to see, during this call only
     * @return false to stop
     */
    boolean stepped(int done, int calls, StepPreview preview);
  }

  /** Changes the sample between two network calls, as inpainting does with what is not to be repainted. */
  @FunctionalInterface
  public interface Constraint {

    /**
     * Changes the sample in place, after a step and before the next call, on the backend's thread.
     *
     * @param next index of the call that comes, or the number of calls after the last
     */
    void apply(DeviceTensor x, int next);
  }

  private final Trajectory trajectory;
  private final AdaptiveSteps adaptive; // or null
  private final Denoiser denoiser;
  private final Backend backend;
  private final TransitionKernel.Chain chain;
  private final DeviceTensor x;
  private final DeviceTensor noise;
  private final Tensor drawn; // on the host, where noise is drawn
  private final StepPreview preview;
  private final Runnable drawing = this::drawAhead;
  private int calls;
  private int next;
  private boolean ahead; // the next step's noise is drawn
  private NoiseSource source;
  private Constraint constraint;

  /** Without guidance. */
  public ReverseProcess(Trajectory trajectory, Denoiser denoiser, Backend backend) {
    this(trajectory, denoiser, backend, denoiser.input().shape().intDim(0), 1);
  }

  /** With classifier-free guidance; the arguments are those of {@link TransitionKernel#prepare}. */
  public ReverseProcess(Trajectory trajectory, Denoiser denoiser, Backend backend, int samples, double guidance) {
    this(trajectory, denoiser, backend, TransitionKernel.of(trajectory, backend.name()), samples, guidance);
  }

  /** With another kernel than the backend's own. */
  public ReverseProcess(
      Trajectory trajectory, Denoiser denoiser, Backend backend, TransitionKernel kernel, int samples,
      double guidance) {
    this.trajectory = trajectory;
    this.denoiser = denoiser;
    this.backend = backend;
    this.chain = kernel.prepare(backend.memory(), trajectory, denoiser, samples, guidance);
    this.calls = trajectory.timesteps().length;
    this.next = calls;
    this.x = chain.register(Transition.X);
    this.noise = chain.register(Transition.NOISE);
    this.preview = new StepPreview(backend.memory(), x, chain.register(Transition.PREDICTION));
    this.drawn = Tensor.allocate(DType.F32, x.shape());
    this.adaptive = trajectory instanceof AdaptiveTrajectory its ? new AdaptiveSteps(its, chain, this::addNoise) : null;
  }

  /** Sets what is done to the sample after each transition; null for nothing. */
  public ReverseProcess constrainedBy(Constraint constraint) {
    this.constraint = constraint;
    return this;
  }

  /** Stops before call {@code end}, for another model to go on; by default after the last. */
  public ReverseProcess endingAt(int end) {
    if (adaptive != null) {
      return this; // it knows its end itself
    }
    if (end <= trajectory.startIndex() || end > trajectory.timesteps().length) {
      throw new IllegalArgumentException(
          "the run of calls " + trajectory.startIndex() + " to " + trajectory.timesteps().length
              + " cannot end before call " + end);
    }
    this.calls = end;
    return this;
  }

  /** Shape of the sample: that of the denoiser's input, its first axis being the number of pictures. */
  public Shape shape() {
    return x.shape();
  }

  /** The sample where it lies. */
  public DeviceTensor x() {
    return x;
  }

  /** Network calls made in this run. */
  public int done() {
    return next - trajectory.startIndex();
  }

  /** Network calls of a run. */
  public int calls() {
    return calls - trajectory.startIndex();
  }

  /** What a listener is shown, during its call. */
  public StepPreview preview() {
    return preview;
  }

  /**
   * Begins a run from pure noise: x_T is the source's first draw, scaled.
   *
   * @param source of the start's noise and of the steps'
   */
  public void begin(NoiseSource source) {
    draw(source, x);
    backend.blocks().axpby(0, x.block(), trajectory.initNoiseSigma(), x.block(), x.block());
    start(source);
  }

  /**
   * Begins a run from a picture to which noise is added first, the source's first draw, as much as belongs to the
   * trajectory's start index.
   *
   * @param picture f32 in the shape of the sample
   */
  public void beginFrom(Tensor picture, NoiseSource source) {
    if (!picture.shape().equals(x.shape())) {
      throw new IllegalArgumentException("the picture is " + picture.shape() + ", the sample " + x.shape());
    }
    draw(source, x);
    Trajectory.NoiseLevel level = trajectory.levelOf(trajectory.startIndex());
    try (Block clean = backend.memory().allocate(x.block().bytes())) {
      new DeviceTensor("picture", DType.F32, x.shape(), clean).write(picture);
      backend.blocks().axpby(level.signal(), clean, level.noise(), x.block(), x.block());
    }
    start(source);
  }

  /**
   * Begins a run with a sample that another run left part-way, at the noise level of the trajectory's start index.
   *
   * @param sample f32 in the shape of the sample
   */
  public void beginWith(Tensor sample, NoiseSource source) {
    x.write(sample);
    start(source);
  }

  private void start(NoiseSource source) {
    this.source = source;
    ahead = false;
    next = trajectory.startIndex();
    calls = adaptive != null ? adaptive.begin() : calls;
    trajectory.openingNoise().ifPresent(this::addNoise);
    chain.begin();
  }

  private void draw(NoiseSource source, DeviceTensor target) {
    source.fill(drawn);
    target.write(drawn);
  }

  /** Shows the network this run's sample again, after another run has used the network. */
  public void resume() {
    chain.show(next);
  }

  /**
   * Makes one network call and the step that follows.
   *
   * @return whether there are more
   * @throws IllegalStateException if no run has begun, or it is at its end
   * @throws NotFiniteException if the sample is no longer finite
   */
  public boolean step() {
    if (next >= calls) {
      throw new IllegalStateException("the run has made all its " + calls() + " calls; begin another");
    }
    Transition transition = trajectory.transition(next);
    if (transition.drawsNoise()) {
      if (!ahead) {
        source.fill(drawn);
      }
      noise.write(drawn);
    }
    ahead = false;
    if (chain.joins() && transition.unconditional() < 0) {
      denoiser.ready(transition.timestep());
      chain.applyWithNetwork(next, drawing);
    } else {
      denoiser.predict(transition.timestep());
      if (transition.unconditional() >= 0) {
        chain.register(transition.unconditional()).block()
            .copyFrom(denoiser.output().block().slice(0, x.block().bytes()));
      }
      chain.apply(next);
    }
    next++;
    calls = adaptive != null ? adaptive.follow(next) : calls;
    if (!chain.finite()) {
      throw new NotFiniteException("the sample holds NaN or infinite values after step " + done() + " of " + calls()
          + ", timestep " + transition.timestep());
    }
    if (constraint != null) {
      constraint.apply(x, next);
      if (next < calls) {
        chain.show(next);
      }
    }
    return next < calls;
  }

  /** Draws the next step's noise where a constraint does not draw before it. */
  private void drawAhead() {
    if (constraint == null && next + 1 < calls && trajectory.transition(next + 1).drawsNoise()) {
      source.fill(drawn);
      ahead = true;
    }
  }

  private void addNoise(double deviation) {
    draw(source, noise);
    backend.blocks().axpby(1, x.block(), deviation, noise.block(), x.block());
  }

  /**
   * Samples as {@link #begin} says, to the end.
   *
   * @return the sample x_0, in memory of its own
   * @throws CancellationException if the listener stops the run, or the thread is interrupted
   */
  public Tensor sample(NoiseSource source, StepListener listener) {
    begin(source);
    return walk(listener);
  }

  /** Samples as {@link #beginFrom} says, to the end; else as {@link #sample}. */
  public Tensor sampleFrom(Tensor picture, NoiseSource source, StepListener listener) {
    beginFrom(picture, source);
    return walk(listener);
  }

  /** Samples as {@link #beginWith} says, to the end; else as {@link #sample}. */
  public Tensor goOn(Tensor sample, NoiseSource source, StepListener listener) {
    beginWith(sample, source);
    return walk(listener);
  }

  private Tensor walk(StepListener listener) {
    boolean more = true;
    while (more) {
      more = step();
      boolean goesOn = listener.stepped(done(), calls(), preview);
      if (!goesOn || Thread.currentThread().isInterrupted()) {
        throw new CancellationException("sampling was stopped after " + done() + " of " + calls() + " calls");
      }
    }
    return x.read();
  }

  @Override
  public void close() {
    chain.close();
    preview.close();
  }
}
