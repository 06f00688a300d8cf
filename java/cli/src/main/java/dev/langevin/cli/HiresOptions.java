package dev.langevin.cli;

import dev.langevin.request.HiresFix;
import dev.langevin.request.HiresFix.Method;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** A second pass at a larger size: its options, and the fields that web UIs have for them. */
final class HiresOptions {

  static final String SCALE = "Hires upscale";
  static final String UPSCALER = "Hires upscaler";
  static final String STEPS = "Hires steps";
  private static final String STRENGTH = "Denoising strength"; // also that of a picture to begin with

  /** Methods by the names that web UIs have for them. */
  private static final Map<String, Method> METHODS = Map.of("latent", Method.LATENT, "latent (antialiased)",
      Method.LATENT_ANTIALIASED, "latent (bicubic)", Method.LATENT_BICUBIC, "latent (bicubic antialiased)",
      Method.LATENT_BICUBIC_ANTIALIASED, "latent (nearest)", Method.LATENT_NEAREST, "latent (nearest-exact)",
      Method.LATENT_NEAREST_EXACT, "lanczos", Method.LANCZOS);

  @Option(names = "--hires-scale", paramLabel = "X",
      description = "A second pass at so many times the width and height, above 1 (none).")
  Double scale;

  @Option(names = "--hires-upscaler", paramLabel = "NAME|FILE",
      description = "What enlarges for it: latent (the default; also 'latent (bicubic)', '(nearest)', ... as web UIs"
          + " have them), lanczos, esrgan-slim, or a network's file.")
  String upscaler;

  @Option(names = "--hires-strength", paramLabel = "X",
      description = "Share of the chain that it walks, above 0 to 1 (0.7).")
  Double strength;

  @Option(names = "--hires-steps", paramLabel = "N", description = "Its steps; 0 (the default) for those of the first.")
  Integer steps;

  /** The pass, or null where none is asked for. */
  HiresFix fix() {
    if (scale == null) {
      return null;
    }
    return new HiresFix(scale, method(), strength == null ? HiresFix.USUAL_STRENGTH : strength,
        steps == null ? 0 : steps);
  }

  private Method method() {
    return upscaler == null ? Method.LATENT : METHODS.getOrDefault(upscaler.toLowerCase(Locale.ROOT), Method.NETWORK);
  }

  /** The network's file, or null where none enlarges. */
  Path network() {
    try {
      return scale == null || method() != Method.NETWORK ? null : UpscalerOption.file(Path.of(upscaler));
    } catch (IOException e) {
      throw new UncheckedIOException(e.getMessage(), e);
    }
  }

  /** @throws IllegalArgumentException naming an option that nothing reads, is out of its range or names no file */
  void require() {
    if (scale == null && (upscaler != null || strength != null || steps != null)) {
      throw new IllegalArgumentException((upscaler != null ? "--hires-upscaler" : strength != null ? "--hires-strength"
          : "--hires-steps") + " means nothing without --hires-scale; give both or neither");
    }
    fix();
    if (scale != null && method() == Method.NETWORK) {
      UpscalerOption.require("--hires-upscaler", Path.of(upscaler));
    }
  }

  /** Writes the fields of a pass; null for none. */
  static void record(HiresFix fix, CommandSpec command, Map<String, String> fields) {
    if (fix == null) {
      return;
    }
    fields.put(STRENGTH, RecordedOptions.number(fix.strength()));
    fields.put(SCALE, RecordedOptions.number(fix.scale()));
    if (fix.steps() > 0) {
      fields.put(STEPS, Integer.toString(fix.steps()));
    }
    fields.put(UPSCALER, fix.method() == Method.NETWORK
        ? UpscalerOption.name(Path.of(command.findOption("--hires-upscaler").<String>getValue())) : name(fix.method()));
  }

  private static String name(Method method) {
    String name = METHODS.entrySet().stream().filter(entry -> entry.getValue() == method).findFirst().orElseThrow()
        .getKey();
    return Character.toUpperCase(name.charAt(0)) + name.substring(1);
  }

  /** Whether an upscaler of that name lies in this program. */
  static boolean isKnown(String name) {
    return METHODS.containsKey(name.toLowerCase(Locale.ROOT)) || name.equals(UpscalerOption.EMBEDDED);
  }
}
