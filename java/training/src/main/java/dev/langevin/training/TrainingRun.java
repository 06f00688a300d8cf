package dev.langevin.training;

import dev.langevin.backend.Backend;
import dev.langevin.backend.Block;
import dev.langevin.text.Printable;
import dev.langevin.training.data.Batch;
import dev.langevin.weights.DiskSync;
import dev.langevin.weights.WeightsException;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * A run: batches in, steps, checkpoints, and a model at the end. What it does at a step depends on its settings and the
 * step alone, so that a run that was stopped and resumed gives the weights, bit for bit, that it would have given. One
 * thread.
 */
public final class TrainingRun implements AutoCloseable {

  private final TrainingConfig config;
  private final Task task;
  private final Learner learner;
  private final Optimiser optimiser;
  private final Checkpoints checkpoints;
  private final TrainingLog log = new TrainingLog();
  private final AtomicBoolean stop = new AtomicBoolean();
  private final OutputLock lock;
  private final RunIdentity identity;
  private boolean warned;
  private long step;

  /** What a run tells while it goes on, on the thread that runs it. */
  public interface Listener {
    /** After each step. */
    default void step(long step, TrainingLog log) {}

    /** After each checkpoint. */
    default void checkpoint(long step, TrainingLog log) {}

    /** What went wrong without ending the run. */
    default void warning(String text) {}

    /** When a grid of samples is due; the folder holds the model as it is now. */
    default void samples(long step, List<BufferedImage> pictures) {}
  }

  /**
   * Builds the networks and plans them.
   *
   * @param resume whether to go on from the newest checkpoint; a run with checkpoints is refused otherwise
   */
  public TrainingRun(TrainingConfig config, Backend backend, boolean resume) {
    this(config, backend, resume, warning -> System.err.println(Printable.of(warning)));
  }

  /**
   * As the other; what it is told goes to {@code warnings} instead of the standard error stream.
   *
   * @param resume as for the other
   * @param warnings told of what is odd and no error, and of what takes long, before the first step
   */
  public TrainingRun(TrainingConfig config, Backend backend, boolean resume, Consumer<String> warnings) {
    this(config, backend, resume, warnings, warnings);
  }

  /**
   * As the others, with somebody else told of what takes long.
   *
   * @param resume as for the others
   * @param warnings told of what is odd and no error, before the first step
   * @param told of what takes long before it, such as pictures of a class that are made
   * @throws TrainingException if the settings make no run, or the output folder holds one that is not to be resumed, or
   *   cannot be written, or another run has it
   */
  public TrainingRun(TrainingConfig config, Backend backend, boolean resume, Consumer<String> warnings,
      Consumer<String> told) {
    Learner.requireTraining(backend);
    this.config = config;
    checkpoints = new Checkpoints(config.output().resolve("checkpoints"),
        config.steps().keep() == null ? 2 : config.steps().keep());
    RunChecks.check(config);
    lock = OutputLock.of(config.output());
    Task opened = null;
    Learner planned = null;
    try {
      Checkpoints.Found newest = checkpoints.newest();
      if (newest != null && !resume) {
        throw new TrainingException(
            config.output() + " holds a run at step " + newest.step() + "; resume it, or use another output folder");
      }
      optimiser = config.steps().optimiser();
      opened = Tasks.of(config, backend, told);
      identity = RunIdentity.of(config, opened.dataset(), opened.classPictures());
      planned = new Learner(backend, opened.losses(), opened::trained, opened.initial(),
          new Learner.Settings(config.steps().batches() > 1,
              optimiser.average() != null, config.memory() == null ? Long.MAX_VALUE : config.memory()));
      RunChecks.requireRoom(config, planned);
      newest = checkpoints.resume(identity, planned, log, warnings);
      step = newest == null ? 0 : newest.step();
      if (step > config.steps().count()) {
        warnings.accept(newest.path() + " is beyond steps.count, " + config.steps().count()
            + ", already: no step is taken, and its weights are the model");
      }
    } catch (RuntimeException | Error e) {
      if (planned != null) {
        planned.close();
      }
      if (opened != null) {
        opened.close();
      }
      lock.close();
      throw e;
    }
    task = opened;
    learner = planned;
  }

  /** Steps that were taken. */
  public long step() {
    return step;
  }

  /** What computes the steps; closed with this run. */
  public Learner learner() {
    return learner;
  }

  /** Numbers of each step of this run. */
  public TrainingLog log() {
    return log;
  }

  /** What else is to be known of it, such as the layers that get updates; null for nothing. */
  public String note() {
    return task.note();
  }

  /** Ends the run after the step at hand, with a checkpoint; any thread. */
  public void stop() {
    stop.set(true);
  }

  /** Where the model lies when the run is done. */
  public Path model() {
    return config.output().resolve("model");
  }

  /**
   * Runs to the end, or until {@link #stop}.
   *
   * @return whether the end was reached and the model saved
   * @throws TrainingException if the loss is no number any more, or a checkpoint cannot be written
   */
  public boolean run(Listener listener) {
    int batches = config.steps().batches();
    long saved = step;
    try (Task.Feed feed = task.feed(step * batches)) {
      while (step < config.steps().count() && !stop.get()) {
        Batch last = takeStep(feed, batches);
        if (saved == step - 1) {
          checkpoints.prune(); // the newest has proved good
        }
        listener.step(step, log);
        if (step % config.steps().every() == 0) {
          checkpoint(listener);
          saved = step;
        }
        if (config.samples() != null && (step % config.samples().every() == 0 || step == config.steps().count())) {
          sample(listener, last);
        }
      }
      if (step >= config.steps().count()) {
        prove(feed);
      }
    }
    if (saved != step) {
      checkpoint(listener);
    }
    checkpoints.prune();
    if (step < config.steps().count()) {
      return false;
    }
    saveModel();
    return true;
  }

  /** A step's loss is that before its update: what the last one left is shown another batch. */
  private void prove(Task.Feed feed) {
    task.write(feed.next(), new StepRandom(config.seed(), step * config.steps().batches()), learner);
    learner.run();
    double loss = loss();
    if (!Double.isFinite(loss) || !learner.isFinite()) {
      checkpoints.distrust(step);
      throw new TrainingException("step " + step + ": with the weights that this step made the loss is " + loss
          + "; no model is written, and " + checkpoints.lastGood()
          + ". Lower the learning rate, or clip the gradients");
    }
  }

  private Batch takeStep(Task.Feed feed, int batches) {
    double loss = 0;
    double waited = feed.waited();
    long begin = System.nanoTime();
    Batch batch = null;
    for (int i = 0; i < batches; i++) {
      batch = feed.next();
      task.write(batch, new StepRandom(config.seed(), step * batches + i), learner);
      learner.run();
      loss += loss() / batches;
    }
    double norm = optimiser.step(learner, step + 1);
    if (!Double.isFinite(loss) || !Double.isFinite(norm)) {
      checkpoints.distrust(step); // if there is one: the loss is that of its weights
      throw new TrainingException("step " + (step + 1) + ": the loss is " + loss + ", the gradient's norm " + norm
          + "; the run stops, and " + checkpoints.lastGood() + ". Lower the learning rate, or clip the gradients");
    }
    step++;
    log.add("loss", loss);
    log.add("norm", norm);
    log.add("seconds", (System.nanoTime() - begin) * 1e-9);
    log.add("waited", feed.waited() - waited);
    return batch;
  }

  /** The mean over the batch, weighed where the task weighs. */
  private double loss() {
    float[] losses = learner.out("loss").toFloats();
    float[] weights = learner.hasInput("weight") ? learner.in("weight").toFloats() : null;
    double sum = 0;
    for (int i = 0; i < losses.length; i++) {
      sum += losses[i] * (weights == null ? 1.0 : weights[i]) / losses.length;
    }
    return sum;
  }

  private void checkpoint(Listener listener) {
    checkpoints.write(step, identity, learner, log);
    listener.checkpoint(step, log);
    String risen = log.risen();
    if (risen != null && !warned) {
      warned = true;
      listener.warning("step " + step + ": " + risen + "; the run diverges. Lower the learning rate, or clip the"
          + " gradients");
    }
  }

  private void sample(Listener listener, Batch batch) {
    Path folder = config.output().resolve("samples/.model");
    try {
      Checkpoints.delete(folder);
      save(folder);
    } catch (TrainingException | WeightsException e) { // the disk is full: samples are only looked at
      Checkpoints.discard(folder);
      listener.warning("step " + step + ": there are no samples: " + e.getMessage() + "; the run goes on");
      return;
    }
    try {
      listener.samples(step, task.samples(folder, batch));
    } catch (RuntimeException e) { // whatever it is, it is no reason to lose what was learnt
      listener.warning("step " + step + ": there are no samples: " + e.getMessage() + "; the run goes on");
    } finally {
      Checkpoints.discard(folder);
    }
  }

  /** A model that is there already, of a run that was made longer, stays until this one is whole. */
  private void saveModel() {
    Path partial = model().resolveSibling("." + model().getFileName() + ".partial");
    try {
      Checkpoints.delete(partial);
      save(partial);
      DiskSync.syncAll(partial);
      Checkpoints.delete(model());
      Files.move(partial, model(), StandardCopyOption.ATOMIC_MOVE);
      DiskSync.sync(config.output());
    } catch (IOException | WeightsException | TrainingException e) {
      Checkpoints.discard(partial);
      throw new TrainingException(
          model() + ": cannot be written: " + e.getMessage() + "; " + checkpoints.newest().path()
              + " holds all that was learned. Free some space and resume",
          e);
    }
  }

  private void save(Path folder) {
    Block average = learner.state().get("average");
    task.save(folder, learner.parameters(), average == null ? learner.state().get("weights") : average);
  }

  @Override
  public void close() {
    learner.close();
    task.close();
    lock.close();
  }
}
