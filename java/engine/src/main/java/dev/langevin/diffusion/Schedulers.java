package dev.langevin.diffusion;

import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/** Finds a sampler by its configuration file, its class name or the short name that people use for it. */
public final class Schedulers {

  /** Class name to constructor. */
  private static final Map<String, Function<SchedulerConfig, Scheduler>> CLASSES = new TreeMap<>();

  static {
    add(DdpmScheduler.CLASS_NAME, DdpmScheduler::new);
    add(DdimScheduler.CLASS_NAME, DdimScheduler::new);
    add(DdimInverseScheduler.CLASS_NAME, DdimInverseScheduler::new);
    add(UnClipScheduler.CLASS_NAME, UnClipScheduler::new);
    add(PndmScheduler.CLASS_NAME, PndmScheduler::new);
    add(LcmScheduler.CLASS_NAME, LcmScheduler::new);
    add(TcdScheduler.CLASS_NAME, TcdScheduler::new);
    add(ConsistencyScheduler.CLASS_NAME, ConsistencyScheduler::new);
    add(EulerScheduler.CLASS_NAME, EulerScheduler::new);
    add(EulerAncestralScheduler.CLASS_NAME, EulerAncestralScheduler::new);
    add(HeunScheduler.CLASS_NAME, HeunScheduler::new);
    add(Kdpm2Scheduler.CLASS_NAME, config -> new Kdpm2Scheduler(config, false));
    add(Kdpm2Scheduler.ANCESTRAL_CLASS_NAME, config -> new Kdpm2Scheduler(config, true));
    add(LmsScheduler.CLASS_NAME, LmsScheduler::new);
    add(DpmSolverMultistepScheduler.CLASS_NAME, DpmSolverMultistepScheduler::new);
    add(DpmSolverSinglestepScheduler.CLASS_NAME, DpmSolverSinglestepScheduler::new);
    add(DeisScheduler.CLASS_NAME, DeisScheduler::new);
    add(UniPcScheduler.CLASS_NAME, UniPcScheduler::new);
  }

  private static void add(String className, Function<SchedulerConfig, Scheduler> constructor) {
    CLASSES.put(className, constructor);
  }

  private Schedulers() {}

  /** The class names of all samplers that there are. */
  public static java.util.Set<String> classNames() {
    return java.util.Collections.unmodifiableSet(CLASSES.keySet());
  }

  /**
   * The sampler that a parsed {@code scheduler_config.json} describes by its {@code _class_name}.
   *
   * @throws IllegalArgumentException if the class is missing or unknown, naming the known ones, or an option does not fit
   */
  public static Scheduler fromConfig(Map<String, Object> config) {
    Object className = config.get("_class_name");
    if (!(className instanceof String name)) {
      throw new IllegalArgumentException(
          "the scheduler configuration has no _class_name; is it a scheduler_config.json of a diffusers folder?");
    }
    return ofClass(name, config);
  }

  /** A sampler by class name; the configuration's own {@code _class_name} is not looked at. */
  public static Scheduler ofClass(String className, Map<String, Object> config) {
    Function<SchedulerConfig, Scheduler> constructor = CLASSES.get(className);
    if (constructor == null) {
      throw new IllegalArgumentException(
          "there is no scheduler class " + className + "; known are " + String.join(", ", CLASSES.keySet()));
    }
    return constructor.apply(SchedulerConfig.of(className, config));
  }
}
