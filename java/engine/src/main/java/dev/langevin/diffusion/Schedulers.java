package dev.langevin.diffusion;

import dev.langevin.config.ConfigValues;
import dev.langevin.config.Configurations;
import dev.langevin.text.Printable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
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
    add(SaSolverScheduler.CLASS_NAME, SaSolverScheduler::new);
    add(DpmSolverSdeScheduler.CLASS_NAME, DpmSolverSdeScheduler::new);
    add(IpndmScheduler.CLASS_NAME, IpndmScheduler::new);
    add(EdmEulerScheduler.CLASS_NAME, EdmEulerScheduler::new);
    add(EdmDpmSolverScheduler.CLASS_NAME, EdmDpmSolverScheduler::new);
    add(FlowMatchEulerScheduler.CLASS_NAME, FlowMatchEulerScheduler::new);
    add(FlowMatchHeunScheduler.CLASS_NAME, FlowMatchHeunScheduler::new);
  }

  private static void add(String className, Function<SchedulerConfig, Scheduler> constructor) {
    CLASSES.put(className, constructor);
  }

  private Schedulers() {}

  /** What people call samplers: class name, then options on top of the model's own. */
  private static final Map<String, List<Object>> NAMES = new TreeMap<>();

  static {
    name("ddpm", DdpmScheduler.CLASS_NAME);
    name("ddim", DdimScheduler.CLASS_NAME);
    name("pndm", PndmScheduler.CLASS_NAME);
    name("plms", PndmScheduler.CLASS_NAME, "skip_prk_steps", true);
    name("lms", LmsScheduler.CLASS_NAME);
    name("lms_karras", LmsScheduler.CLASS_NAME, "use_karras_sigmas", true);
    name("euler", EulerScheduler.CLASS_NAME);
    name("euler_karras", EulerScheduler.CLASS_NAME, "use_karras_sigmas", true);
    name("euler_a", EulerAncestralScheduler.CLASS_NAME);
    name("heun", HeunScheduler.CLASS_NAME);
    name("heun_karras", HeunScheduler.CLASS_NAME, "use_karras_sigmas", true);
    name("dpm2", Kdpm2Scheduler.CLASS_NAME);
    name("dpm2_karras", Kdpm2Scheduler.CLASS_NAME, "use_karras_sigmas", true);
    name("dpm2_a", Kdpm2Scheduler.ANCESTRAL_CLASS_NAME);
    name("dpm2_a_karras", Kdpm2Scheduler.ANCESTRAL_CLASS_NAME, "use_karras_sigmas", true);
    name("dpmpp_2s", DpmSolverSinglestepScheduler.CLASS_NAME);
    name("dpmpp_2s_karras", DpmSolverSinglestepScheduler.CLASS_NAME, "use_karras_sigmas", true);
    name("dpmpp_2m", DpmSolverMultistepScheduler.CLASS_NAME);
    name("dpmpp_2m_karras", DpmSolverMultistepScheduler.CLASS_NAME, "use_karras_sigmas", true);
    name("dpmpp_2m_sde", DpmSolverMultistepScheduler.CLASS_NAME, "algorithm_type", "sde-dpmsolver++");
    name("dpmpp_2m_sde_karras", DpmSolverMultistepScheduler.CLASS_NAME, "algorithm_type", "sde-dpmsolver++",
        "use_karras_sigmas", true);
    name("dpmpp_3m", DpmSolverMultistepScheduler.CLASS_NAME, "solver_order", 3);
    name("dpmpp_3m_sde", DpmSolverMultistepScheduler.CLASS_NAME, "solver_order", 3, "algorithm_type",
        "sde-dpmsolver++");
    name("dpmpp_3m_sde_karras", DpmSolverMultistepScheduler.CLASS_NAME, "solver_order", 3, "algorithm_type",
        "sde-dpmsolver++", "use_karras_sigmas", true);
    name("dpmpp_sde", DpmSolverSdeScheduler.CLASS_NAME);
    name("dpmpp_sde_karras", DpmSolverSdeScheduler.CLASS_NAME, "use_karras_sigmas", true);
    name("unipc", UniPcScheduler.CLASS_NAME);
    name("deis", DeisScheduler.CLASS_NAME);
    name("sa_solver", SaSolverScheduler.CLASS_NAME);
    name("lcm", LcmScheduler.CLASS_NAME);
    name("tcd", TcdScheduler.CLASS_NAME);
  }

  private static void name(String name, String className, Object... options) {
    List<Object> entry = new ArrayList<>(List.of(options));
    entry.addFirst(className);
    NAMES.put(name, entry);
  }

  /** The usual names of samplers, such as {@code euler_a} and {@code dpmpp_2m_karras}. */
  public static Set<String> names() {
    return Collections.unmodifiableSet(NAMES.keySet());
  }

  /**
   * A sampler by its usual name or its class name, in any case, over the levels and the prediction type of a model's
   * own configuration.
   *
   * @throws IllegalArgumentException if there is none of that name, naming those there are
   */
  public static Scheduler named(String name, Map<String, Object> config) {
    for (String className : CLASSES.keySet()) {
      if (className.equalsIgnoreCase(name)) {
        return ofClass(className, config);
      }
    }
    List<Object> entry = NAMES.get(name.toLowerCase(Locale.ROOT).replace('-', '_'));
    if (entry == null) {
      throw new IllegalArgumentException(
          "there is no sampler " + name + "; known are " + String.join(", ", NAMES.keySet())
              + " and the classes " + String.join(", ", CLASSES.keySet()));
    }
    Map<String, Object> options = new HashMap<>(config);
    for (int i = 1; i < entry.size(); i += 2) {
      options.put((String) entry.get(i), entry.get(i + 1));
    }
    return ofClass((String) entry.getFirst(), options);
  }

  /** The class names of all samplers that there are. */
  public static Set<String> classNames() {
    return Collections.unmodifiableSet(CLASSES.keySet());
  }

  /**
   * The sampler that a parsed {@code scheduler_config.json} describes by its {@code _class_name}.
   *
   * @throws IllegalArgumentException if the class is missing or unknown, naming the known ones, or an option does not
   *   fit
   */
  public static Scheduler fromConfig(Map<String, Object> config) {
    ConfigValues values = ConfigValues.of(Configurations.SCHEDULER_CLASS, config);
    String name = values.word("_class_name");
    if (!CLASSES.containsKey(name)) {
      throw values.invalid("_class_name", "one of " + String.join(", ", CLASSES.keySet()));
    }
    return ofClass(name, config);
  }

  /** A sampler by class name; the configuration's own {@code _class_name} is not looked at. */
  public static Scheduler ofClass(String className, Map<String, Object> config) {
    Function<SchedulerConfig, Scheduler> constructor = CLASSES.get(className);
    if (constructor == null) {
      throw new IllegalArgumentException(
          "there is no scheduler class " + Printable.of(className) + "; known are "
              + String.join(", ", CLASSES.keySet()));
    }
    return constructor.apply(SchedulerConfig.of(className, config));
  }
}
