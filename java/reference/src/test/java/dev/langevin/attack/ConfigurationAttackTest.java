package dev.langevin.attack;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * Configurations of small models with one field changed: each gives a finite picture, or one sentence, within five
 * seconds. A choice of them runs always; {@code mvn -P attack test} runs {@code langevin.attack.count} of them, over
 * every sampler and more models.
 */
class ConfigurationAttackTest {

  private static final Path FOLDER = Path.of(System.getProperty("langevin.reference", ""));
  private static final Path COPIED = Path.of("../engine/src/test/resources/reference").toAbsolutePath().normalize();

  private static final int SECONDS = 5;

  @TempDir
  private static Path work;

  private final Map<String, Map<Outcome, Integer>> counts = new TreeMap<>();
  private final List<String> wrong = new ArrayList<>();
  private ExecutorService runner = runner();

  @Test
  void shouldGiveAPictureOrASentenceForAChoice() throws Exception {
    run(COPIED, 240, 1);
  }

  @Test
  @Tag("attack")
  void shouldGiveAPictureOrASentenceForAll() throws Exception {
    boolean there = !FOLDER.toString().isEmpty() && Files.isDirectory(FOLDER);
    run(there ? FOLDER : COPIED, Integer.getInteger("langevin.attack.count", 10_000),
        Long.getLong("langevin.attack.seed", 1));
  }

  /** What earlier runs have found. */
  @Test
  void shouldGiveAPictureOrASentenceForWhatWasFound() throws Exception {
    replay(COPIED, Path.of("src/test/resources/attack/found.tsv"));
  }

  /** The changes that a file tells, such as those that an earlier run found. */
  @Test
  @Tag("attack")
  @EnabledIfSystemProperty(named = "langevin.attack.replay", matches = ".+")
  void shouldGiveAPictureOrASentenceForThoseOfAFile() throws Exception {
    replay(FOLDER, Path.of(System.getProperty("langevin.attack.replay")));
  }

  /** @param lines of a model or its pipeline, file, field and value */
  private void replay(Path reference, Path lines) throws Exception {
    List<AttackedModel> models = models(reference);
    List<Mutation> told = new ArrayList<>();
    for (String line : Files.readAllLines(lines)) {
      String[] cells = line.split("\t");
      Path file = Path.of(cells[1]);
      models.stream().filter(model -> model.name().startsWith(cells[0]) && model.files().containsKey(file)).findFirst()
          .ifPresent(model -> told
              .add(new Mutation(model, file, cells[2], cells[3].equals("\"__DEL__\"") ? null : cells[3], false)));
    }
    assertThat(told).isNotEmpty();
    attack(told, told.size(), 0);
  }

  private static List<AttackedModel> models(Path reference) throws IOException {
    List<AttackedModel> models = AttackedModel.all(reference, Files.createTempDirectory(work, "attack"));
    models.forEach(AttackedModel::original);
    return models;
  }

  private void run(Path reference, int count, long seed) throws Exception {
    attack(Mutations.all(models(reference), seed), count, seed);
  }

  private void attack(List<Mutation> all, int count, long seed) throws Exception {
    long start = System.nanoTime();
    for (Mutation mutation : all.subList(0, Math.min(count, all.size()))) {
      attack(mutation);
    }
    runner.shutdownNow();
    System.out.printf("attack: %d of %d mutations, seed %d, %.0f s%n", Math.min(count, all.size()), all.size(), seed,
        (System.nanoTime() - start) * 1e-9);
    counts.forEach((pipeline, outcomes) -> System.out.println("attack: " + pipeline + " " + outcomes));
    if (!wrong.isEmpty() && System.getProperty("langevin.attack.out") != null) {
      Files.write(Path.of(System.getProperty("langevin.attack.out")), wrong);
    }
    assertThat(wrong).as("mutations that gave neither a picture nor a sentence, seed " + seed).isEmpty();
  }

  private void attack(Mutation mutation) throws InterruptedException, IOException {
    long start = System.nanoTime();
    Outcome outcome;
    String said = "";
    Future<float[]> made =
        runner.submit((Callable<float[]>) () -> mutation.model().with(mutation, mutation.model()::generate));
    try {
      outcome = Outcome.of(mutation, made.get(SECONDS, TimeUnit.SECONDS));
    } catch (TimeoutException e) {
      outcome = Outcome.HANGS;
      made.cancel(true);
      runner.shutdown();
      if (!runner.awaitTermination(60, TimeUnit.SECONDS)) {
        throw new AssertionError("does not end although it was interrupted: " + mutation);
      }
      runner = runner();
    } catch (ExecutionException e) {
      outcome = Outcome.of(mutation, e.getCause());
      said = "\t" + e.getCause().getClass().getSimpleName() + ": " + e.getCause().getMessage();
    }
    String pipeline = mutation.model().pipeline();
    counts.computeIfAbsent(pipeline, name -> new EnumMap<>(Outcome.class)).merge(outcome, 1, Integer::sum);
    if (!outcome.isRight()) {
      String line = outcome + "\t" + mutation + said;
      wrong.add(line.length() > 900 ? line.substring(0, 900) + "..." : line);
      System.out.printf("attack: %.1f s %s%n", (System.nanoTime() - start) * 1e-9, wrong.getLast());
    }
  }

  private static ExecutorService runner() {
    return Executors.newSingleThreadExecutor(work -> Thread.ofPlatform().daemon().name("attack").unstarted(work));
  }
}
