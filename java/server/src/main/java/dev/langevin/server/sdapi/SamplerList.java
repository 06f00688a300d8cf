package dev.langevin.server.sdapi;

import dev.langevin.server.Fault;
import dev.langevin.diffusion.samplers.Compat;
import dev.langevin.diffusion.samplers.NamedSamplers;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The samplers and noise levels of AUTOMATIC1111 1.10.1 by its names, as its API lists them. */
final class SamplerList {

  /** Where none is named. */
  static final String USUAL = "Euler";

  static final String AUTOMATIC = "Automatic";

  private static final String KARRAS = "karras";
  private static final String EXPONENTIAL = "exponential";
  private static final String SECOND_ORDER = "second_order";

  /**
   * @param levels that are its own where none are named, or null
   * @param readsEta whether a request's eta means something
   * @param takesLevels whether noise levels may be named
   */
  record Sampler(String name, List<String> aliases, String levels, boolean readsEta, boolean takesLevels,
      List<String> marks) {

    Map<String, Object> listed() {
      Map<String, Object> options = new LinkedHashMap<>();
      if (levels != null) {
        options.put("scheduler", levels);
      }
      marks.forEach(mark -> options.put(mark, true));
      Map<String, Object> listed = new LinkedHashMap<>();
      listed.put("name", name);
      listed.put("aliases", aliases);
      listed.put("options", options);
      return listed;
    }
  }

  private record Levels(String name, String label, Double rho, boolean ofNetwork) {}

  private static final List<Sampler> SAMPLERS = List.of(
      new Sampler("DPM++ 2M", List.of("k_dpmpp_2m"), KARRAS, false, true, List.of()),
      new Sampler("DPM++ SDE", List.of("k_dpmpp_sde"), KARRAS, true, true, List.of(SECOND_ORDER, "brownian_noise")),
      new Sampler("DPM++ 2M SDE", List.of("k_dpmpp_2m_sde"), EXPONENTIAL, true, true, List.of("brownian_noise")),
      new Sampler("DPM++ 2M SDE Heun", List.of("k_dpmpp_2m_sde_heun"), EXPONENTIAL, true, true,
          List.of("brownian_noise")),
      new Sampler("DPM++ 2S a", List.of("k_dpmpp_2s_a"), KARRAS, true, true, List.of("uses_ensd", SECOND_ORDER)),
      new Sampler("DPM++ 3M SDE", List.of("k_dpmpp_3m_sde"), EXPONENTIAL, true, true,
          List.of("discard_next_to_last_sigma", "brownian_noise")),
      new Sampler("Euler a", List.of("k_euler_a", "k_euler_ancestral"), null, true, true, List.of("uses_ensd")),
      new Sampler(USUAL, List.of("k_euler"), null, false, true, List.of()),
      new Sampler("LMS", List.of("k_lms"), null, false, true, List.of()),
      new Sampler("Heun", List.of("k_heun"), null, false, true, List.of(SECOND_ORDER)),
      new Sampler("DPM2", List.of("k_dpm_2"), KARRAS, false, true,
          List.of("discard_next_to_last_sigma", SECOND_ORDER)),
      new Sampler("DPM2 a", List.of("k_dpm_2_a"), KARRAS, true, true,
          List.of("discard_next_to_last_sigma", "uses_ensd", SECOND_ORDER)),
      new Sampler("DPM fast", List.of("k_dpm_fast"), null, true, false, List.of("uses_ensd")),
      new Sampler("DPM adaptive", List.of("k_dpm_ad"), null, true, false, List.of("uses_ensd")),
      new Sampler("Restart", List.of("restart"), KARRAS, false, true, List.of(SECOND_ORDER)),
      new Sampler("DDIM", List.of("ddim"), null, true, false, List.of()),
      new Sampler("DDIM CFG++", List.of("ddim_cfgpp"), null, true, false, List.of()),
      new Sampler("PLMS", List.of("plms"), null, false, false, List.of()),
      new Sampler("UniPC", List.of("unipc"), null, false, false, List.of()),
      new Sampler("LCM", List.of("k_lcm"), null, false, true, List.of()));

  private static final List<Levels> LEVELS = List.of(new Levels("automatic", AUTOMATIC, null, false),
      new Levels("uniform", "Uniform", null, true), new Levels(KARRAS, "Karras", 7.0, false),
      new Levels(EXPONENTIAL, "Exponential", null, false),
      new Levels("polyexponential", "Polyexponential", 1.0, false),
      new Levels("sgm_uniform", "SGM Uniform", null, true), new Levels("kl_optimal", "KL Optimal", null, false),
      new Levels("align_your_steps", "Align Your Steps", null, false), new Levels("simple", "Simple", null, true),
      new Levels("normal", "Normal", null, true), new Levels("ddim", "DDIM", null, true),
      new Levels("beta", "Beta", null, true));

  /**
   * What a request asks for.
   *
   * @param sampler its name as the web UI writes it, or as the client did where the web UI has none of it
   * @param label of the noise levels, {@code Automatic} for the sampler's own
   * @param schedule for the engine, or null
   */
  record Chosen(String sampler, String label, String schedule, boolean readsEta) {}

  private SamplerList() {}

  static List<Map<String, Object>> samplers() {
    return SAMPLERS.stream().map(Sampler::listed).toList();
  }

  static List<Map<String, Object>> schedulers() {
    return LEVELS.stream().map(levels -> {
      Map<String, Object> listed = new LinkedHashMap<>();
      listed.put("name", levels.name);
      listed.put("label", levels.label);
      listed.put("aliases", levels.name.equals("sgm_uniform") ? List.of("SGMUniform") : null);
      listed.put("default_rho", levels.rho == null ? -1.0 : levels.rho);
      listed.put("need_inner_model", levels.ofNetwork);
      return listed;
    }).toList();
  }

  /**
   * Finds a sampler by the web UI's name or an alias, or by any name that the engine knows; noise levels may follow it,
   * as in {@code DPM++ 2M Karras}. Levels for a sampler that has none but its own are left out, as there.
   *
   * @param scheduler or null
   * @throws Fault 404 if there is no such sampler, 422 if there are no such levels
   */
  static Chosen choose(String name, String scheduler) {
    String levels = scheduler == null || scheduler.isBlank() ? null : label(scheduler);
    Sampler found = find(name);
    for (Levels each : LEVELS) { // old names end in those of their levels
      String ending = " " + each.label;
      if (found == null && name.regionMatches(true, name.length() - ending.length(), ending, 0, ending.length())) {
        found = find(name.substring(0, name.length() - ending.length()));
        levels = found != null && (levels == null || levels.equals(AUTOMATIC)) ? each.label : levels;
      }
    }
    String sampler = found == null ? name : found.name;
    String label = levels == null || found != null && !found.takesLevels ? AUTOMATIC : levels;
    String schedule = label.equals(AUTOMATIC) ? null : label;
    try {
      NamedSamplers.of(sampler, schedule, Compat.A1111, Map.of(), false);
    } catch (IllegalArgumentException e) {
      throw new Fault(Fault.NOT_FOUND, "not_found",
          "there is no sampler " + Texts.shortened(name) + "; GET /sdapi/v1/samplers lists them");
    }
    return new Chosen(sampler, label, schedule, found != null && found.readsEta);
  }

  private static Sampler find(String name) {
    return SAMPLERS.stream()
        .filter(each -> each.name.equalsIgnoreCase(name) || each.aliases.contains(name.toLowerCase(Locale.ROOT)))
        .findFirst().orElse(null);
  }

  private static String label(String scheduler) {
    return LEVELS.stream()
        .filter(each -> each.name.equalsIgnoreCase(scheduler) || each.label.equalsIgnoreCase(scheduler)
            || each.label.replace(" ", "").equalsIgnoreCase(scheduler))
        .findFirst().map(Levels::label)
        .orElseThrow(() -> Refusal.of("scheduler is " + Texts.shortened(scheduler)
            + ", which is not among those of GET /sdapi/v1/schedulers"));
  }
}
