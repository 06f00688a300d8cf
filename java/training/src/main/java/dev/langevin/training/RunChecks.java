package dev.langevin.training;

import dev.langevin.diffusion.Schedulers;
import dev.langevin.training.TrainingConfig.Samples;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** What a run would stumble over late, found before its first step. */
final class RunChecks {

  /** Of a scheduler's configuration that does not say. */
  private static final int TIMESTEPS = 1000;

  private RunChecks() {}

  /**
   * What needs no data.
   *
   * @throws TrainingException naming the key at fault
   */
  static void check(TrainingConfig config) {
    OutputLock.requireFolder(config.output());
    requireFolder("data.path", config.data().path());
    requireFolder("init", config.init());
    TrainingConfig.Model model = config.model();
    requireFolder("model.parts", model.parts());
    requireFolder("model.vae_folder", model.vaeFolder());
    requireFolder("model.tokenizer", model.tokenizer());
    try {
      config.steps().optimiser(); // warm-up and count
      config.data().augmentation();
      config.data().buckets();
    } catch (IllegalArgumentException e) {
      throw new TrainingException(e.getMessage(), e);
    }
    if (config.objective().huberDelta() != null && !"huber".equals(config.objective().loss())) {
      throw new TrainingException("objective.huber_delta is " + config.objective().huberDelta()
          + " and objective.loss is not huber, so that it would change nothing; remove it, or set loss to huber");
    }
    if (config.model().scheduler() != null
        && config.model().scheduler().get("_class_name") instanceof String name && !classes().contains(name)) {
      throw new TrainingException("model.scheduler._class_name is " + name + ", must be one of "
          + String.join(", ", classes()) + "; the model could not be loaded");
    }
    if (config.samples() != null) {
      samples(config);
    }
  }

  private static Set<String> classes() {
    Set<String> classes = new TreeSet<>(Schedulers.classNames());
    classes.add("UnCLIPScheduler");
    return classes;
  }

  private static void requireFolder(String key, Path path) {
    if (path != null && !Files.exists(path)) {
      throw new TrainingException(key + " is " + path + ", which does not exist; paths count from the file's folder");
    }
  }

  private static void samples(TrainingConfig config) {
    Samples samples = config.samples();
    Map<String, Object> scheduler = new HashMap<>();
    if (config.model().scheduler() != null) {
      scheduler.putAll(config.model().scheduler());
    }
    scheduler.putIfAbsent("_class_name", "DDPMScheduler");
    try {
      if (samples.sampler() != null) {
        Schedulers.named(samples.sampler(), scheduler);
      } else if (config.model().scheduler() != null) {
        Schedulers.fromConfig(scheduler);
      }
    } catch (IllegalArgumentException e) {
      throw new TrainingException(
          (samples.sampler() == null ? "model.scheduler" : "samples.sampler") + ": " + e.getMessage(), e);
    }
    int chain = scheduler.get("num_train_timesteps") instanceof Number number ? number.intValue() : TIMESTEPS;
    int steps = samples.steps() != null ? samples.steps() : config.task() == TrainingConfig.Kind.pixels ? 50 : 20;
    if (steps > chain) {
      throw new TrainingException(
          "samples.steps is " + steps + ", the chain has " + chain + " (num_train_timesteps); take at most these");
    }
  }

  /**
   * Whether the disk holds a checkpoint.
   *
   * @throws TrainingException with what there is and what is needed
   */
  static void requireRoom(TrainingConfig config, Learner learner) {
    long needed = learner.state().size() * learner.parameters().bytes();
    try {
      long room = Files.getFileStore(config.output()).getUsableSpace();
      if (room < needed) {
        throw new TrainingException(String.format(Locale.ROOT,
            "output %s has room for %,d bytes, a checkpoint takes %,d; free some space, or name another output",
            config.output(), room, needed));
      }
    } catch (IOException e) {
      // a place that does not tell is tried
    }
  }
}
