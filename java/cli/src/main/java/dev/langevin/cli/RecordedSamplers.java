package dev.langevin.cli;

import dev.langevin.diffusion.Schedulers;
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

  /** Noise levels that are the sampler's plain ones. */
  private static final List<String> PLAIN = List.of("", "uniform", "normal", "native", "default");

  /** Samplers of AUTOMATIC1111 that take no noise levels, so that a schedule beside them means nothing. */
  private static final List<String> WITHOUT_LEVELS = List.of("ddim", "plms", "unipc");

  /** What AUTOMATIC1111 1.10.1 takes for automatic levels where they are not the plain ones. */
  private static final Map<String, String> AUTOMATIC = Map.of("dpmpp_2m", "karras", "dpmpp_sde", "karras", "dpm2",
      "karras", "dpm2_a", "karras", "dpmpp_2m_sde", "exponential", "dpmpp_3m_sde", "exponential");

  private RecordedSamplers() {}

  /**
   * The options {@code --sampler}, {@code --schedule} and {@code --compat} that do the same, where there are such.
   * Programs that run on diffusers have its samplers; AUTOMATIC1111 says no schedule where it is the plain one.
   */
  static Map<String, String> options(RecordedSettings recorded) {
    Map<String, String> options = new LinkedHashMap<>();
    String usual = name(recorded);
    switch (recorded.program()) {
      case LANGEVIN -> {
        options.put("--sampler", usual == null ? recorded.sampler() : usual);
        options.put("--schedule", recorded.schedule());
      }
      case A1111 -> {
        boolean levels = !WITHOUT_LEVELS.contains(canonical(recorded.sampler()));
        boolean named = canonical(recorded.sampler()).endsWith("_karras");
        String schedule = recorded.schedule() == null ? named ? null : "uniform" : recorded.schedule();
        options.put("--sampler", recorded.sampler());
        options.put("--schedule", levels && !"Automatic".equals(schedule) ? schedule : null);
        options.put("--compat", "a1111");
      }
      case COMFYUI -> {
        options.put("--sampler", recorded.sampler());
        options.put("--schedule", recorded.schedule());
        options.put("--compat", "comfy");
      }
      default -> options.put("--sampler", usual == null ? recorded.sampler() : usual);
    }
    return options;
  }

  /** @return null where there is none that does the same */
  static String name(RecordedSettings recorded) {
    if (recorded.program() == Program.LANGEVIN) {
      return ours(recorded.sampler());
    }
    String sampler = canonical(recorded.sampler());
    String levels = recorded.schedule() == null ? "" : recorded.schedule().strip().toLowerCase(Locale.ROOT);
    if (recorded.program() == Program.A1111 && WITHOUT_LEVELS.contains(sampler) || PLAIN.contains(levels)) {
      levels = "";
    } else if (levels.equals("automatic")) {
      levels = AUTOMATIC.getOrDefault(sampler, "");
    }
    String name = levels.isEmpty() || sampler.endsWith("_" + levels) ? sampler : sampler + "_" + levels;
    return Schedulers.names().contains(name) ? name : null;
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
    return Schedulers.classNames().contains(label) ? label : null;
  }

  /** The name in our spelling, whichever program's it is: {@code DPM++ 2M}, {@code dpm_2_ancestral}, {@code k_lms}. */
  private static String canonical(String name) {
    String plain = name.strip().toLowerCase(Locale.ROOT).replace("dpm++", "dpmpp").replaceAll("[ -]", "_");
    plain = plain.startsWith("k_") ? plain.substring(2) : plain;
    plain = plain.endsWith("_k") ? plain.substring(0, plain.length() - 2) + "_karras" : plain;
    return plain.replace("_ancestral", "_a").replace("dpm_2", "dpm2").replace("uni_pc", "unipc");
  }
}
