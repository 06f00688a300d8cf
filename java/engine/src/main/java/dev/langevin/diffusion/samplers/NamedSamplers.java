package dev.langevin.diffusion.samplers;

import dev.langevin.diffusion.NoiseSchedule;
import dev.langevin.diffusion.PredictionType;
import dev.langevin.diffusion.Scheduler;
import dev.langevin.diffusion.SchedulerConfig;
import dev.langevin.diffusion.Schedulers;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Finds a sampler by the names that diffusers' users, ComfyUI and A1111 give it. */
public final class NamedSamplers {

  /** diffusers' short name by ComfyUI's. */
  private static final Map<String, String> IN_DIFFUSERS = Map.ofEntries(Map.entry("euler", "euler"),
      Map.entry("euler_ancestral", "euler_a"), Map.entry("heun", "heun"), Map.entry("dpm_2", "dpm2"),
      Map.entry("dpm_2_ancestral", "dpm2_a"), Map.entry("lms", "lms"), Map.entry("dpmpp_sde", "dpmpp_sde"),
      Map.entry("dpmpp_2m", "dpmpp_2m"), Map.entry("dpmpp_2m_sde", "dpmpp_2m_sde"),
      Map.entry("dpmpp_3m_sde", "dpmpp_3m_sde"), Map.entry("ddpm", "ddpm"), Map.entry("lcm", "lcm"),
      Map.entry("ipndm", "IPNDMScheduler"), Map.entry("deis", "deis"), Map.entry("sa_solver", "sa_solver"),
      Map.entry("ddim", "ddim"), Map.entry("uni_pc", "unipc"));

  /** What diffusers' configuration says for a schedule. */
  private static final Map<String, Map<String, Object>> SCHEDULES = Map.of(
      "karras", Map.of("use_karras_sigmas", true),
      "exponential", Map.of("use_exponential_sigmas", true, "timestep_spacing", "linspace"),
      "beta", Map.of("use_beta_sigmas", true, "timestep_spacing", "linspace"),
      "lu", Map.of("use_lu_lambdas", true),
      "normal", Map.of("timestep_spacing", "linspace"),
      "uniform", Map.of("timestep_spacing", "linspace"),
      "simple", Map.of("timestep_spacing", "trailing"),
      "sgmuniform", Map.of("timestep_spacing", "trailing"),
      "ddimuniform", Map.of("timestep_spacing", "leading"),
      "ddim", Map.of("timestep_spacing", "leading"));

  private static final List<String> SPACINGS =
      List.of("use_karras_sigmas", "use_exponential_sigmas", "use_beta_sigmas", "use_lu_lambdas");

  private NamedSamplers() {}

  /** ComfyUI's names of samplers, then A1111's. */
  public static List<String> names() {
    List<String> names = new ArrayList<>();
    SamplerName.all().stream().map(SamplerName::comfy).filter(name -> name != null).forEach(names::add);
    SamplerName.all().stream().map(SamplerName::a1111).filter(name -> name != null).forEach(names::add);
    return names;
  }

  /** Each sampler once: by A1111's name, or by ComfyUI's where that alone has it. */
  public static List<String> labels() {
    return SamplerName.all().stream().map(name -> name.label(Compat.A1111)).toList();
  }

  /** Whether a sampler of this name reads the unconditional prediction; not so where there is none. */
  public static boolean needsUnconditional(String name) {
    SamplerName found = name == null ? null : SamplerName.of(name);
    return found != null && found.needsUnconditional();
  }

  static SamplerName require(String name) {
    SamplerName found = SamplerName.of(name);
    if (found == null) {
      throw unknown(name);
    }
    return found;
  }

  private static IllegalArgumentException unknown(String name) {
    Set<String> classes = new TreeSet<>(Schedulers.classNames());
    return new IllegalArgumentException("there is no sampler " + name + "; known are " + String.join(", ", names())
        + ", by diffusers' users' names " + String.join(", ", Schedulers.names()) + ", and the classes "
        + String.join(", ", classes));
  }

  /**
   * A sampler over the noise levels of a model's own configuration.
   *
   * @param name of any program, in any case, with spaces, hyphens or underscores; a schedule's name may follow it, as
   *   in {@code DPM++ 2M Karras}; null for the model's own sampler
   * @param schedule of noise levels, or null for the sampler's own
   * @param compat whose arithmetic, noise levels and timesteps are meant; what that program has not is done as the
   *   other has it
   * @param config the model's {@code scheduler_config.json}
   * @param xl whether the model is Stable Diffusion XL, for which some schedules differ
   * @throws IllegalArgumentException if there is no such sampler or schedule, naming those there are
   */
  public static Scheduler of(String name, String schedule, Compat compat, Map<String, Object> config, boolean xl) {
    if (name == null) {
      if (compat != Compat.DIFFUSERS) {
        throw new IllegalArgumentException("--compat " + compat.name().toLowerCase(Locale.ROOT)
            + " samples by a name; give a sampler, of " + String.join(", ", names()));
      }
      return Schedulers.fromConfig(scheduled(config, schedule));
    }
    boolean ours = isDiffusers(name);
    SamplerName found = SamplerName.of(name);
    if (found == null && !(ours && compat == Compat.DIFFUSERS)) {
      String[] split = split(name);
      if (split != null) {
        return of(split[0], schedule == null ? split[1] : schedule, compat, config, xl);
      }
      if (!ours) {
        throw unknown(name);
      }
    }
    if (compat == Compat.DIFFUSERS) {
      String diffusers = ours ? name : found.comfy() == null ? null : IN_DIFFUSERS.get(found.comfy());
      if (diffusers != null) {
        return Schedulers.named(diffusers, scheduled(config, schedule));
      }
    } else if (found == null) {
      throw new IllegalArgumentException("the sampler " + name + " is diffusers' alone, not of --compat "
          + compat.name().toLowerCase(Locale.ROOT) + "; it has " + String.join(", ", names()));
    }
    return over(found, schedule, compat, config, xl);
  }

  /** Whether diffusers' users have the name; samplers that a UI has too under it are the same. */
  private static boolean isDiffusers(String name) {
    return Schedulers.names().contains(name.toLowerCase(Locale.ROOT).replace('-', '_'))
        || Schedulers.classNames().stream().anyMatch(each -> each.equalsIgnoreCase(name));
  }

  /** A sampler and the schedule that follows its name, or null. */
  private static String[] split(String name) {
    for (int i = name.length() - 1; i > 0; i--) {
      if (" _-".indexOf(name.charAt(i)) >= 0 && SamplerName.of(name.substring(0, i)) != null
          && NamedSchedule.isKnown(name.substring(i + 1))) {
        return new String[] {name.substring(0, i), name.substring(i + 1)};
      }
    }
    return null;
  }

  private static Map<String, Object> scheduled(Map<String, Object> config, String schedule) {
    if (schedule == null || SamplerName.key(schedule).equals("automatic")) {
      return config;
    }
    Map<String, Object> options = SCHEDULES.get(SamplerName.key(schedule));
    if (options == null) {
      throw new IllegalArgumentException("diffusers has no schedule " + schedule + "; it has "
          + String.join(", ", new TreeSet<>(SCHEDULES.keySet())) + "; --compat comfy and a1111 have others");
    }
    Map<String, Object> changed = new HashMap<>(config);
    changed.keySet().removeAll(SPACINGS);
    changed.putAll(options);
    return changed;
  }

  private static Scheduler over(SamplerName name, String schedule, Compat compat, Map<String, Object> config,
      boolean xl) {
    SchedulerConfig read = SchedulerConfig.of(name.label(compat), config);
    String prediction = read.choiceOf("prediction_type", "epsilon", "sample", "v_prediction");
    PredictionType type = PredictionType.valueOf(switch (prediction) {
      case "v_prediction" -> "V";
      case "sample" -> "SAMPLE";
      default -> "EPSILON";
    });
    NoiseSchedule training = NoiseSchedule.of(read, NoiseSchedule.Defaults.DDPM);
    double[] alphaBars = AlphaBars.of(read, training);
    boolean between = compat == Compat.A1111 || name.comfy() == null;
    ModelLevels levels = between ? DiscreteLevels.between(alphaBars, type) : DiscreteLevels.nearest(alphaBars, type);
    return new NamedSampler(name, schedule, compat, levels, training,
        new Timesteps(AlphaBars.toFloat32(alphaBars), type), new ScheduleOptions(Map.of(), xl));
  }
}
