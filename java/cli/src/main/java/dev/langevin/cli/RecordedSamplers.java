package dev.langevin.cli;

import dev.langevin.diffusion.Schedulers;
import dev.langevin.diffusion.samplers.Compat;
import dev.langevin.diffusion.samplers.NamedSamplers;
import dev.langevin.image.GenerationParameters;
import dev.langevin.settings.Program;
import dev.langevin.settings.RecordedSettings;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What {@code --sampler} calls the sampler and the noise levels that a picture records: the one place where names of
 * other programs are known.
 */
final class RecordedSamplers {

  /** Samplers of AUTOMATIC1111 that take no noise levels, so that a schedule beside them means nothing. */
  private static final List<String> WITHOUT_LEVELS = List.of("ddim", "plms", "unipc");

  /** What AUTOMATIC1111 1.10.1 takes for automatic levels where they are not the plain ones. */
  private static final Map<String, String> AUTOMATIC = Map.of("dpmpp_2m", "karras", "dpmpp_sde", "karras", "dpm2",
      "karras", "dpm2_a", "karras", "dpmpp_2m_sde", "exponential", "dpmpp_3m_sde", "exponential");

  private RecordedSamplers() {}

  /**
   * The options {@code --sampler}, {@code --schedule} and {@code --compat} that do the same; a null leaves one alone.
   * ComfyUI draws its noise as is done here, and AUTOMATIC1111 where it says so, so theirs can be the same pictures by
   * their own arithmetic; else diffusers', the usual one, is as good as any.
   *
   * @param given the option {@code --compat}, or null
   * @return null where there is no such sampler or schedule
   */
  static Map<String, Object> options(RecordedSettings recorded, Compat given) {
    Map<String, Object> options = options(recorded, given != null ? given : compat(recorded), given);
    boolean theirs = options == null && given == null && recorded.program() == Program.A1111;
    return theirs ? options(recorded, Compat.A1111, null) : options; // levels that diffusers lacks
  }

  private static Map<String, Object> options(RecordedSettings recorded, Compat compat, Compat given) {
    Map<String, Object> options = new LinkedHashMap<>();
    options.put("--sampler", sampler(recorded));
    options.put("--schedule", schedule(recorded, compat));
    if (recorded.program() == Program.LANGEVIN) {
      return options; // ours says the program in a field
    }
    options.put("--compat", given != null || compat == Compat.DIFFUSERS ? null : compat);
    try {
      NamedSamplers.of((String) options.get("--sampler"), (String) options.get("--schedule"), compat, Map.of(), false);
      return options;
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private static Compat compat(RecordedSettings recorded) {
    return switch (recorded.program()) {
      case A1111 -> "CPU".equals(recorded.rest().get("RNG")) ? Compat.A1111 : Compat.DIFFUSERS;
      case COMFYUI -> Compat.COMFY;
      case LANGEVIN, INVOKEAI, NOVELAI -> Compat.DIFFUSERS;
    };
  }

  private static String sampler(RecordedSettings recorded) {
    return switch (recorded.program()) {
      case LANGEVIN -> ours(recorded.sampler());
      case A1111, COMFYUI -> recorded.sampler();
      case INVOKEAI, NOVELAI -> { // run on diffusers' samplers, or on those that it has taken over
        String name = canonical(recorded.sampler());
        yield Schedulers.names().contains(name) ? name : recorded.sampler();
      }
    };
  }

  /** AUTOMATIC1111 says no noise levels where they are the plain ones, which are diffusers' usual ones. */
  private static String schedule(RecordedSettings recorded, Compat compat) {
    String levels = recorded.schedule();
    String sampler = canonical(recorded.sampler());
    if (recorded.program() == Program.NOVELAI && "native".equals(levels)) {
      return null;
    } else if (recorded.program() != Program.A1111) {
      return levels;
    } else if (WITHOUT_LEVELS.contains(sampler) || sampler.endsWith("_karras")) {
      return null;
    } else if (levels == null) {
      return compat == Compat.A1111 ? "uniform" : null;
    }
    return !levels.equals("Automatic") ? levels : compat == Compat.A1111 ? null : AUTOMATIC.get(sampler);
  }

  /** What the picture says, for people. */
  static String words(RecordedSettings recorded) {
    return recorded.sampler() + (recorded.schedule() == null ? "" : ", " + recorded.schedule());
  }

  private static String ours(String label) {
    for (String name : Schedulers.names()) {
      if (GenerationParameters.samplerLabel(name).equals(label)) {
        return name;
      }
    }
    return label;
  }

  /** The name in our spelling, whichever program's it is: {@code DPM++ 2M}, {@code dpm_2_ancestral}, {@code k_lms}. */
  private static String canonical(String name) {
    String plain = name.strip().toLowerCase(Locale.ROOT).replace("dpm++", "dpmpp").replaceAll("[ -]", "_");
    plain = plain.startsWith("k_") ? plain.substring(2) : plain;
    plain = plain.endsWith("_k") ? plain.substring(0, plain.length() - 2) + "_karras" : plain;
    return plain.replace("_ancestral", "_a").replace("dpm_2", "dpm2").replace("uni_pc", "unipc");
  }
}
