package dev.langevin.attack;

import dev.langevin.pipeline.Pipeline;
import dev.langevin.pipeline.Pipelines;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.LoadOptions;
import dev.langevin.tensor.Tensor;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** A copy of a small model, whose files are changed one at a time. */
final class AttackedModel {

  private static final Set<String> CONFIGURATIONS =
      Set.of("model_index.json", "config.json", "scheduler_config.json", "tokenizer_config.json");

  private final String name;
  private final Path folder;
  private final Supplier<GenerationRequest> request;
  private final Map<Path, Map<String, String>> files = new TreeMap<>(); // by path within the folder: their fields
  private float[] picture; // of the model as it was

  /**
   * @param from the model
   * @param scheduler a file that takes the place of its {@code scheduler_config.json}, or null
   */
  AttackedModel(String name, Path from, Path scheduler, Path folder, Supplier<GenerationRequest> request)
      throws IOException {
    this.name = name;
    this.folder = folder;
    this.request = request;
    try (Stream<Path> paths = Files.walk(from)) {
      for (Path path : paths.toList()) {
        Path target = folder.resolve(from.relativize(path).toString());
        if (Files.isDirectory(path)) {
          Files.createDirectories(target);
        } else {
          Files.copy(path, target);
        }
      }
    }
    if (scheduler != null) {
      Files.copy(scheduler, folder.resolve("scheduler/scheduler_config.json"), StandardCopyOption.REPLACE_EXISTING);
    }
    try (Stream<Path> paths = Files.walk(folder)) {
      for (Path path : paths.filter(file -> CONFIGURATIONS.contains(file.getFileName().toString())).toList()) {
        if (scheduler == null || path.endsWith("scheduler_config.json")) {
          files.put(folder.relativize(path), JsonText.fields(path));
        }
      }
    }
  }

  String name() {
    return name;
  }

  /** Of the family that the model is of. */
  String pipeline() {
    return name.split("/")[0];
  }

  Path folder() {
    return folder;
  }

  Map<Path, Map<String, String>> files() {
    return files;
  }

  /** A picture of few steps. */
  float[] generate() {
    try (Pipeline pipeline = Pipelines.open(folder, LoadOptions.usual())) {
      return pipeline.generate(request.get()).pictures().toFloats();
    }
  }

  /** The picture of the model as it was. */
  synchronized float[] original() {
    if (picture == null) {
      picture = generate();
    }
    return picture;
  }

  /** Changes a file while something runs. */
  <T> T with(Mutation mutation, Supplier<T> run) {
    Path file = folder.resolve(mutation.file());
    try {
      byte[] before = Files.readAllBytes(file);
      try {
        Files.writeString(file, mutation.text(files.get(mutation.file())));
        return run.get();
      } finally {
        Files.write(file, before);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The small models of the three pipelines below a folder of reference cases, as many as there are. */
  static List<AttackedModel> all(Path reference, Path work) throws IOException {
    List<AttackedModel> models = new ArrayList<>();
    Path pixels = reference.resolve("unet2d/_models/ddpm");
    add(models, "pixels", pixels, null, work, AttackedModel::pixels);
    try (Stream<Path> schedulers = Files.walk(reference.resolve("schedulers"))) {
      String last = "";
      for (Path file : schedulers.filter(path -> path.endsWith("scheduler/scheduler_config.json")).sorted().toList()) {
        String kind = reference.resolve("schedulers").relativize(file).getName(0).toString();
        if (!kind.equals(last) && !kind.startsWith("UnCLIP")) {
          add(models, "pixels/" + kind, pixels, file, work, AttackedModel::pixels);
          last = kind;
        }
      }
    }
    for (String model : List.of("pipelines_sd/_models/sd1", "pipelines_sd/_models/lcm", "pipelines_sd/_models/upscale",
        "pipelines_sd/_models/controlnet", "pipelines_sdxl/_models/base")) {
      add(models, "stable-diffusion/" + reference.resolve(model).getFileName(), reference.resolve(model), null, work,
          () -> latents(model));
    }
    add(models, "unclip/karlo", reference.resolve("pipelines_unclip/_models/karlo"), null, work, () -> unclip(false));
    add(models, "unclip/variation", reference.resolve("pipelines_unclip/_models/karlo_variation"), null, work,
        () -> unclip(true));
    return models;
  }

  private static void add(List<AttackedModel> models, String name, Path from, Path scheduler, Path work,
      Supplier<GenerationRequest> request) throws IOException {
    if (Files.exists(from)) {
      models.add(new AttackedModel(name, from, scheduler, Files.createDirectories(work.resolve(name.replace('/', '-'))),
          request));
    }
  }

  private static GenerationRequest pixels() {
    return GenerationRequest.unconditional().steps(2).seed(1).build();
  }

  private static GenerationRequest latents(String model) {
    GenerationRequest.Builder request = GenerationRequest.prompt("a cat").steps(2).seed(1);
    if (model.endsWith("upscale")) {
      request.image(Tensor.ofFloats(new float[3 * 8 * 8], 3, 8, 8));
    } else if (model.endsWith("controlnet")) {
      request.size(32, 32).control(new BufferedImage(32, 32, BufferedImage.TYPE_INT_RGB));
    }
    return request.build();
  }

  private static GenerationRequest unclip(boolean variation) {
    GenerationRequest.Builder request =
        variation ? GenerationRequest.unconditional() : GenerationRequest.prompt("a cat").prior(2, 4.0);
    if (variation) {
      request.imagePrompt(new BufferedImage(32, 32, BufferedImage.TYPE_INT_RGB), 1);
    }
    return request.steps(2).enlargingSteps(2).seed(1).build();
  }
}
