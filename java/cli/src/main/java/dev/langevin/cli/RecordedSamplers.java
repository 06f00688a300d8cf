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
   * ComfyUI draws its noise as is done here, and AUTOMATIC1111 where it says so, so theirs can be the same pictures;
   * else diffusers' samplers are as good as any.
   *
   * @param compat as given, or null
   */
  static Map<String, String> options(RecordedSettings recorded, String compat) {
    Map<String, String> options = new LinkedHashMap<>();
    boolean a1111 = recorded.program() == Program.A1111
        && "A1111".equals(compat != null ? compat : "CPU".equals(recorded.rest().get("RNG")) ? "A1111" : "");
    switch (recorded.program()) {
      case LANGEVIN -> {
        options.put("--sampler", ours(recorded.sampler()));
        options.put("--schedule", recorded.schedule());
      }
      case A1111 -> {
        options.put("--sampler", recorded.sampler());
        options.put("--schedule", schedule(recorded, a1111));
        options.put("--compat", a1111 ? "a1111" : null);
      }
      case COMFYUI -> {
        options.put("--sampler", recorded.sampler());
        options.put("--schedule", recorded.schedule());
        options.put("--compat", "comfy");
      }
      default -> options.put("--sampler", diffusers(recorded));
    }
    return options;
  }

  /** Whether there are a sampler and a schedule of those names. */
  static boolean areKnown(Map<String, String> options) {
    String compat = options.get("--compat");
    try {
      NamedSamplers.of(options.get("--sampler"), options.get("--schedule"),
          compat == null ? Compat.DIFFUSERS : Compat.valueOf(compat.toUpperCase(Locale.ROOT)), Map.of(), false);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** AUTOMATIC1111's noise levels; it says none where they are the plain ones. */
  private static String schedule(RecordedSettings recorded, boolean compat) {
    String sampler = canonical(recorded.sampler());
    if (WITHOUT_LEVELS.contains(sampler) || sampler.endsWith("_karras")) {
      return null;
    } else if (recorded.schedule() == null) {
      return compat ? "uniform" : null;
    }
    return recorded.schedule().equals("Automatic") ? compat ? null : AUTOMATIC.get(sampler) : recorded.schedule();
  }

  /** The name that users of diffusers, on which such programs run, have for it; else the program's own. */
  private static String diffusers(RecordedSettings recorded) {
    String name = canonical(recorded.sampler());
    name = "karras".equals(recorded.schedule()) && !name.endsWith("_karras") ? name + "_karras" : name;
    return Schedulers.names().contains(name) ? name : recorded.sampler();
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
