package dev.langevin.diffusion;

import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/** Finds a sampler by its configuration file, its class name or the short name that people use for it. */
public final class Schedulers {

  /** Class name to constructor. */
  private static final Map<String, Function<SchedulerConfig, Scheduler>> CLASSES = new TreeMap<>();

  private static void add(String className, Function<SchedulerConfig, Scheduler> constructor) {
    CLASSES.put(className, constructor);
  }

  private Schedulers() {}

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
