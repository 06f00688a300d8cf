package dev.langevin.cli;

import dev.langevin.diffusion.Schedulers;
import dev.langevin.diffusion.samplers.Compat;
import dev.langevin.diffusion.samplers.NamedSamplers;
import dev.langevin.image.GenerationParameters;
import dev.langevin.settings.Program;
import dev.langevin.settings.RecordedSettings;
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

  /** @return a sampler of diffusers with its noise levels; null where there is none that does the same */
  static String name(RecordedSettings recorded) {
    if (recorded.program() == Program.LANGEVIN) {
      return recorded.schedule() == null ? ours(recorded.sampler()) : null;
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

  /** Whether there is a sampler, and a schedule, of that name among those of the program that recorded it. */
  static boolean isKnown(RecordedSettings recorded) {
    try {
      NamedSamplers.of(recorded.sampler(), recorded.schedule(), compat(recorded.program()), Map.of(), false);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** Whose samplers a program's pictures mean; null where its pictures say it themselves. */
  static Compat compat(Program program) {
    return switch (program) {
      case A1111 -> Compat.A1111;
      case COMFYUI -> Compat.COMFY;
      case LANGEVIN, INVOKEAI, NOVELAI -> Compat.DIFFUSERS;
    };
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
