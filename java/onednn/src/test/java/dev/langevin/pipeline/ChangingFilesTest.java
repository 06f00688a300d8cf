package dev.langevin.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langevin.plan.WeightCache;
import dev.langevin.request.CancellationToken;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.LoadOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Files of a model and of its cache that change under it: a picture is what it would have been, or there is one
 * sentence; and this process lives.
 */
class ChangingFilesTest {

  private static final Path MODELS = Path.of("../engine/src/test/resources/reference");

  @TempDir
  private Path folder;

  /** What someone does to a file. */
  private enum Change {
    EMPTIED, HALVED, WRITTEN, REPLACED, DELETED;

    void make(Path file) throws IOException {
      long size = Files.size(file);
      switch (this) {
        case EMPTIED, HALVED -> {
          try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(this == EMPTIED ? 0 : size / 2);
          }
        }
        case WRITTEN -> {
          try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            for (long at = size / 4; at < size; at += 64) {
              channel.write(ByteBuffer.wrap(new byte[] {85, 85, 85, 85}), Math.min(at, Math.max(0, size - 4)));
            }
          }
        }
        case REPLACED -> {
          Path other = Files.write(file.resolveSibling("other"), new byte[] {1, 2, 3});
          Files.move(other, file, StandardCopyOption.ATOMIC_MOVE);
        }
        case DELETED -> Files.delete(file);
      }
    }
  }

  /** Moments at which it is done. */
  private enum Moment { BEFORE_PLANNING, BETWEEN_STEPS, BETWEEN_REQUESTS }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> all = Files.walk(from)) {
      for (Path each : all.toList()) {
        Path target = to.resolve(from.relativize(each).toString());
        if (Files.isDirectory(each)) {
          Files.createDirectories(target);
        } else {
          Files.copy(each, target);
        }
      }
    }
  }

  private static List<Path> files(Path root) throws IOException {
    try (Stream<Path> all = Files.walk(root)) {
      return all.filter(Files::isRegularFile).map(root::relativize).toList();
    }
  }

  private static GenerationRequest request(String model) {
    GenerationRequest.Builder request = GenerationRequest.prompt("a cat").steps(2).seed(1);
    return (model.contains("unclip") ? request.prior(2, 1.0).enlargingSteps(2) : request.size(64, 64).sampler("euler"))
        .build();
  }

  /** The weights of each model, in the ways in which a mapped file can be lost. */
  @ParameterizedTest
  @CsvSource({"pipelines_sd/_models/sd1, false", "pipelines_sd/_models/sd1, true",
      "pipelines_unclip/_models/karlo, false"})
  void shouldGiveTheSamePictureOrOneSentence(String model, boolean cached) throws IOException {
    check(model, cached, List.of(Change.HALVED, Change.WRITTEN),
        file -> file.toString().endsWith(".weights")
            || file.toString().endsWith(".safetensors") && !file.startsWith("super_res_last"));
  }

  /** Every file, in every way. */
  @Tag("attack")
  @ParameterizedTest
  @CsvSource({"pipelines_sd/_models/sd1, false", "pipelines_sd/_models/sd1, true",
      "pipelines_unclip/_models/karlo, false"})
  void shouldGiveTheSamePictureOrOneSentenceWhateverChanges(String model, boolean cached) throws IOException {
    check(model, cached, List.of(Change.values()), file -> true);
  }

  private void check(String model, boolean cached, List<Change> changes, Predicate<Path> chosen) throws IOException {
    Path original = MODELS.resolve(model);
    GenerationRequest request = request(model);
    float[] whole;
    try (Pipeline pipeline = Pipelines.open(original)) {
      whole = pipeline.generate(request).pictures().toFloats();
    }
    int number = 0;
    int refused = 0;
    List<String> wrong = new ArrayList<>();
    for (Moment moment : Moment.values()) {
      for (Change change : changes) {
        if (cached && change == Change.WRITTEN && moment != Moment.BETWEEN_REQUESTS) {
          continue; // what was changed before it was mapped is found by WeightCache.verify
        }
        Path root = folder.resolve("m" + number++);
        copy(original, root.resolve("model"));
        if (cached) { // another process has filled it
          try (Pipeline pipeline = Pipelines.open(root.resolve("model"), options(root, true))) {
            pipeline.generate(request);
          }
        }
        List<Path> all = cached ? files(root.resolve("cache")) : files(root.resolve("model"));
        assertThat(all).anyMatch(chosen);
        for (Path file : all.stream().filter(chosen).toList()) {
          Path changed = root.resolve(cached ? "cache" : "model").resolve(file);
          if (!Files.exists(changed)) {
            continue; // found damaged and made anew under another name, or deleted
          }
          byte[] before = Files.readAllBytes(changed);
          String what = moment + " " + change + " " + file;
          try {
            if (!Arrays.equals(generate(root, cached, request, moment, change, changed), whole)) {
              wrong.add(what + ": another picture");
            }
          } catch (RuntimeException e) {
            refused++;
            if (e.getMessage() == null || e.getMessage().contains("\n")
                || !e.getMessage().contains(file.getFileName().toString())) {
              wrong.add(what + ": " + e);
            }
          }
          Files.write(changed, before);
        }
      }
    }
    assertThat(wrong).isEmpty();
    assertThat(refused).as("refusals, without which nothing was changed").isPositive();
  }

  private static LoadOptions options(Path root, boolean cached) {
    LoadOptions.Builder options = LoadOptions.builder();
    return (cached ? options.weightCache(new WeightCache(root.resolve("cache"), 1L << 30, 0, warning -> {})) : options)
        .build();
  }

  private static float[] generate(Path root, boolean cached, GenerationRequest request, Moment moment, Change change,
      Path file)
      throws IOException {
    try (Pipeline pipeline = Pipelines.open(root.resolve("model"), options(root, cached))) {
      if (moment == Moment.BEFORE_PLANNING) {
        change.make(file);
      }
      if (moment == Moment.BETWEEN_REQUESTS) {
        pipeline.generate(request);
        change.make(file);
      }
      return pipeline.generate(request, (step, total, preview) -> {
        if (moment == Moment.BETWEEN_STEPS && step == 1 && Files.exists(file)) {
          try {
            change.make(file);
          } catch (IOException e) {
            throw new IllegalStateException(e);
          }
        }
        return true;
      }, new CancellationToken()).pictures().toFloats();
    }
  }
}
