package dev.langevin.training;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langevin.image.Images;
import dev.langevin.image.PictureFile;
import dev.langevin.pipeline.Pipeline;
import dev.langevin.pipeline.Pipelines;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.LoadOptions;
import dev.langevin.text.Printable;
import dev.langevin.training.data.Dataset;
import dev.langevin.training.data.FolderOptions;
import dev.langevin.training.data.ImageFolder;
import java.io.IOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * The folder of pictures for {@link PriorPreservation}. Those that are missing are made by the base, before the first
 * step, one after another: picture k of the run's seed and k alone, whole or not at all, so that a run that was killed
 * among them goes on with the next. They stay for other runs; a note beside them holds what they were made of, so that
 * they are not taken for pictures of another text or model.
 */
final class ClassPictures {

  /** Hidden from datasets, as it is no picture. */
  private static final String NOTE = "class-pictures.json";

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int TOLD = 10;

  private final TrainingConfig config;
  private final PriorPreservation settings;
  private final String backend;
  private final Path folder;

  private ClassPictures(TrainingConfig config, String backend) {
    this.config = config;
    this.settings = config.priorPreservation();
    this.backend = backend;
    folder = settings.path() == null ? config.output().resolve("class-pictures") : settings.path();
  }

  /**
   * Opens the folder, filled up.
   *
   * @param backend that makes pictures
   * @param told while it makes some
   * @throws TrainingException if they were made of something else, or there is no base to make them
   */
  static Dataset open(TrainingConfig config, String backend, Consumer<String> told) {
    if (config.init() == null) {
      throw new TrainingException("prior_preservation keeps what a model knows; give init, the model's folder");
    }
    ClassPictures pictures = new ClassPictures(config, backend);
    pictures.requireApart();
    try {
      pictures.fill(told);
    } catch (IOException e) {
      throw new TrainingException(pictures.folder + ": class pictures cannot be written: " + e.getMessage()
          + "; those that are there stay, and the run goes on with the next", e);
    }
    Dataset opened = ImageFolder.open(pictures.folder,
        FolderOptions.usual().warning(warning -> told.accept(Printable.of(warning))));
    return new CaptionedDataset(opened, caption -> true, List.of(pictures.settings.prompt()));
  }

  /** Else they would be learnt as the thing itself. */
  private void requireApart() {
    Path own = folder.toAbsolutePath().normalize();
    Path data = config.data().path().toAbsolutePath().normalize();
    if (own.startsWith(data) || data.startsWith(own)) {
      throw new TrainingException("prior_preservation.path is " + folder + " and data.path " + data
          + ": one lies in the other, so that class pictures would be learnt as the thing itself; name another folder");
    }
  }

  private void fill(Consumer<String> told) throws IOException {
    int there = count(file -> true);
    int made = count(ClassPictures::isMade);
    boolean noted = Files.exists(folder.resolve(NOTE));
    if (noted) {
      requireSame();
    }
    int target = settings.count() != null ? settings.count()
        : there == 0 || noted ? PriorPreservation.USUAL_COUNT : there;
    int ours = target - (there - made);
    if (there >= target) {
      return;
    }
    Files.createDirectories(folder);
    if (!noted) {
      WholeFile.write(folder.resolve(NOTE), JSON.writerWithDefaultPrettyPrinter().writeValueAsString(origin()) + "\n");
    }
    told.accept("class pictures: " + there + " of " + target + " lie in " + folder + "; the others are made of '"
        + settings.prompt() + "'");
    try (Pipeline base = Pipelines.open(config.init(), LoadOptions.builder().backend(backend).build())) {
      for (int k = 0, missing = target - there, done = 0; k < ours; k++) {
        Path file = folder.resolve(name(k));
        if (!Files.exists(file)) {
          make(base, k, file);
          done++;
          if (done % TOLD == 0 || done == missing) {
            told.accept("class pictures: " + done + " of " + missing + " are made");
          }
        }
      }
    }
  }

  private void make(Pipeline base, int k, Path file) throws IOException {
    GenerationRequest.Builder request =
        GenerationRequest.prompt(settings.prompt()).size(config.data().size(), config.data().size())
            .steps(settings.steps() == null ? 50 : settings.steps())
            .guidance(settings.guidance() == null ? 7.5 : settings.guidance()).seed(config.seed() + k);
    if (settings.sampler() != null) {
      request.sampler(settings.sampler());
    }
    Path partial = folder.resolve("." + name(k) + ".partial");
    Images.writePng(base.generate(request.build()).image(0), partial);
    Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private static String name(int k) {
    return "class-%06d.png".formatted(k);
  }

  private static boolean isMade(Path file) {
    return file.getFileName().toString().matches("class-\\d{6}\\.png");
  }

  private int count(java.util.function.Predicate<Path> chosen) throws IOException {
    if (!Files.isDirectory(folder)) {
      return 0;
    }
    try (Stream<Path> files = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
      return (int) files.filter(file -> Files.isRegularFile(file) && PictureFile.isNamed(file)
          && !file.getFileName().toString().startsWith(".") && chosen.test(file)).count();
    }
  }

  /** What a picture was made of that must be so in every run that uses it. */
  private Map<String, String> origin() {
    Map<String, String> origin = new TreeMap<>();
    origin.put("prompt", settings.prompt());
    origin.put("init", RunIdentity.digest(config.init()));
    return origin;
  }

  private void requireSame() throws IOException {
    Path note = folder.resolve(NOTE);
    Map<String, String> then;
    try {
      then = JSON.readValue(Files.readString(note), new TypeReference<TreeMap<String, String>>() {});
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw new TrainingException(note + " is damaged: " + Printable.of(e.getOriginalMessage()) + "; delete it", e);
    }
    origin().forEach((key, value) -> {
      if (!value.equals(then.get(key))) {
        throw new TrainingException(folder + " holds class pictures of another " + (key.equals("init") ? "base"
            : "prompt") + " (then '" + then.get(key) + "', now '" + value
            + "'); name another prior_preservation.path, or delete " + note + " to take them as they are");
      }
    });
  }
}
