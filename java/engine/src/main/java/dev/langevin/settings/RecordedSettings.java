package dev.langevin.settings;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How a picture was made, as some program has recorded it; null is what it does not say. All of it comes from a file
 * that may be a stranger's: names of files are for people to read, never to be opened.
 *
 * @param prompts mostly one; several where the program joined their conditionings
 * @param negative what to guide away from
 * @param zeroedNegative whether zeros stand in the place of the negative prompt's conditioning
 * @param seed 0 to 2^64 - 1
 * @param guidance of a model that reads its scale as an input
 * @param sampler in the program's own spelling, as {@code schedule}
 * @param denoise share of the chain, 1 for all of it
 * @param width of the picture in pixels before any enlarging, as {@code height}
 * @param model name of its file or its own
 * @param modelHash beginning of its file's digest
 * @param vae likewise, of an autoencoder in place of the model's
 * @param clipSkip the text encoder's layer from the end, 1 for the last
 * @param initImage name of the file that the picture began with
 * @param stages samplers one after another, where there is more than one
 * @param unread parts of the recipe that are not understood and that the picture depends on
 * @param rest further fields under their names, in their order
 */
public record RecordedSettings(
    Program program,
    List<String> prompts,
    String negative,
    boolean zeroedNegative,
    BigInteger seed,
    Integer steps,
    Double cfg,
    Double guidance,
    String sampler,
    String schedule,
    Double denoise,
    Integer width,
    Integer height,
    String model,
    String modelHash,
    String vae,
    Integer clipSkip,
    List<Lora> loras,
    String initImage,
    List<Stage> stages,
    List<String> unread,
    Map<String, String> rest) {

  /** A low-rank update by its name, with its strength in the U-Net and in the text encoder. */
  public record Lora(String name, double model, double clip) {}

  /** Steps of one sampler, which ends before {@code end}; null where it does not say. */
  public record Stage(String model, Integer start, Integer end, Double denoise) {}

  /** Copies its collections; {@code rest} keeps its order. */
  public RecordedSettings {
    prompts = List.copyOf(prompts);
    loras = List.copyOf(loras);
    stages = List.copyOf(stages);
    unread = List.copyOf(unread);
    rest = Collections.unmodifiableMap(new LinkedHashMap<>(rest));
  }

  /** What is collected while a text is read. */
  static final class Draft {
    final Program program;
    final List<String> prompts = new ArrayList<>();
    final List<Lora> loras = new ArrayList<>();
    final List<Stage> stages = new ArrayList<>();
    final List<String> unread = new ArrayList<>();
    final Map<String, String> rest = new LinkedHashMap<>();
    String negative;
    boolean zeroedNegative;
    BigInteger seed;
    Integer steps;
    Double cfg;
    Double guidance;
    String sampler;
    String schedule;
    Double denoise;
    Integer width;
    Integer height;
    String model;
    String modelHash;
    String vae;
    Integer clipSkip;
    String initImage;

    Draft(Program program) {
      this.program = program;
    }

    RecordedSettings finish() {
      return new RecordedSettings(program, prompts, negative, zeroedNegative, seed, steps, cfg, guidance, sampler,
          schedule, denoise, width, height, model, modelHash, vae, clipSkip, loras, initImage, stages, unread, rest);
    }
  }
}
