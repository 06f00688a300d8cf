package dev.langevin.diffusion.samplers;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Noise levels by the names of ComfyUI and A1111. */
public final class NamedSchedule {

  /** Names that mean another, by program; keys as of {@link SamplerName#key}. */
  private static final Map<String, String> IN_COMFY = Map.of("uniform", "normal", "ddim", "ddim_uniform");
  private static final Map<String, String> IN_A1111 = Map.of("ddimuniform", "ddim");

  private NamedSchedule() {}

  /** The names that a program has. */
  public static Set<String> names(Compat compat) {
    return compat == Compat.A1111 ? A1111Schedules.names() : ComfySchedules.names();
  }

  /**
   * A schedule's name as the program has it, in any case and with spaces, hyphens or underscores.
   *
   * @return null for {@code automatic}
   * @throws IllegalArgumentException if there is none, naming those there are
   */
  static String canonical(String name, Compat compat) {
    String key = SamplerName.key(name);
    if (key.equals("automatic")) {
      return null;
    }
    String other = (compat == Compat.A1111 ? IN_A1111 : IN_COMFY).get(key);
    if (other != null) {
      return other;
    }
    for (String each : names(compat)) {
      if (SamplerName.key(each).equals(key)) {
        return each;
      }
    }
    List<String> known = new ArrayList<>(names(compat));
    known.add("automatic");
    throw new IllegalArgumentException("--compat " + compat.name().toLowerCase(java.util.Locale.ROOT)
        + " has no schedule " + name + "; it has " + String.join(", ", known));
  }

  /** Whether any program has it. */
  static boolean isKnown(String name) {
    String key = SamplerName.key(name);
    return key.equals("automatic") || IN_COMFY.containsKey(key) || IN_A1111.containsKey(key)
        || List.of(Compat.COMFY, Compat.A1111).stream()
            .anyMatch(compat -> names(compat).stream().anyMatch(each -> SamplerName.key(each).equals(key)));
  }

  /**
   * The noise levels of a run, descending, with the one where it ends.
   *
   * @param steps at least 1; some schedules give another number
   * @throws IllegalArgumentException if there is no such schedule, or its levels are not numbers
   */
  public static double[] sigmas(Compat compat, String name, ModelLevels levels, int steps, ScheduleOptions options) {
    String canonical = canonical(name, compat);
    return compat == Compat.A1111
        ? A1111Schedules.sigmas(canonical == null ? "uniform" : canonical, levels, steps, options)
        : ComfySchedules.sigmas(canonical == null ? "normal" : canonical, levels, steps, options);
  }
}
