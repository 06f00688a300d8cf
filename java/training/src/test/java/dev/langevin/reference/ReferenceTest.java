package dev.langevin.reference;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Runs every reference case below a folder, found by its case.json: results of other people's implementation that ours must
 * reproduce. The folder is system property {@code langevin.reference}; where it does not exist, the choice of cases in the
 * test resources.
 */
class ReferenceTest {

  private static final List<CaseRunner> RUNNERS = List.of(
      new RngCases(), new ForwardProcessCases(), new SchedulerCases(), new UNet2DCases(), new PixelPipelineCases(),
      new LayerCases(), new UNetConditionCases(), new LatentPipelineCases(), new AdapterCases(), new TokenizerCases(), new AutoencoderCases(), new ClipCases(), new PriorCases(), new UnClipCases(), new BrokenFolderCases(),
      new SingleFileCases(), new BrokenFileCases(), new WeightLayoutCases(), new TrainingCases());

  private static final class Family {
    int passed;
    int skipped;
    final List<String> failures = new ArrayList<>();
  }

  @Test
  void shouldReproduceEveryCase() throws IOException {
    Path root = Path.of(System.getProperty("langevin.reference", ""));
    if (!Files.isDirectory(root)) {
      System.out.println("reference: " + root + " is not there, running the copied choice of cases");
      root = copiedCases();
    }
    check(root);
  }

  @Test
  void shouldReproduceTheCopiedChoice() throws IOException {
    check(copiedCases());
  }

  private static Path copiedCases() {
    return Path.of("../engine/src/test/resources/reference").toAbsolutePath();
  }

  private static void check(Path root) throws IOException {
    TreeMap<String, Family> families = new TreeMap<>();
    List<Path> found;
    try (Stream<Path> paths = Files.walk(root)) {
      found = paths.filter(p -> p.endsWith("case.json")).sorted().toList();
    }
    assertThat(found).as("cases below " + root).isNotEmpty();
    for (Path path : found) {
      try (ReferenceCase reference = new ReferenceCase(path.getParent())) {
        run(reference, families.computeIfAbsent(reference.family(), name -> new Family()));
      }
    }
    List<String> failures = new ArrayList<>();
    families.values().forEach(family -> failures.addAll(family.failures));
    failures.forEach(System.out::println);
    families.forEach((name, f) -> System.out.println(
        name + " passed=" + f.passed + " failed=" + f.failures.size() + " skipped=" + f.skipped
            + (f.skipped > 0 ? " (the engine does not support these kinds of case yet)" : "")));
    assertThat(failures).isEmpty();
  }

  private static void run(ReferenceCase reference, Family family) {
    CaseRunner runner = RUNNERS.stream().filter(r -> r.accepts(reference)).findFirst().orElse(null);
    if (runner == null) {
      family.skipped++;
      return;
    }
    try {
      runner.run(reference);
      family.passed++;
    } catch (Exception | AssertionError e) {
      family.failures.add("FAILED " + reference.name() + ": " + (e instanceof AssertionError ? e.getMessage() : e));
    }
  }
}
