package dev.langevin.reference;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Runs every reference case below a folder, found by its case.json: results of other people's implementation that ours
 * must reproduce. The folder is system property {@code langevin.reference}; where it does not exist, the choice of
 * cases in the engine's test resources runs alone. The backend is that of {@link TestedBackend}.
 */
class ReferenceTest {

  private static final List<CaseRunner> RUNNERS = List.of(
      new RngCases(), new ForwardProcessCases(), new SchedulerCases(), new UNet2DCases(), new PixelPipelineCases(),
      new LayerCases(), new UNetConditionCases(), new LatentPipelineCases(), new AdapterCases(), new TokenizerCases(),
      new AutoencoderCases(), new ClipCases(), new PriorCases(), new UnClipCases(), new BrokenFolderCases(),
      new SingleFileCases(), new BrokenFileCases(), new WeightLayoutCases(), new TrainingCases(),
      new Float8Cases(), new PngInfoCases(), new LoraKindCases(), new PromptSyntaxCases(), new PromptEmbeddingCases(),
      new EsrganCases(), new SamplerNameCases());

  private static final Path FOLDER = Path.of(System.getProperty("langevin.reference", ""));
  private static final Path COPIED = Path.of("../engine/src/test/resources/reference").toAbsolutePath().normalize();

  /** A pattern of the families that are run: those of pipelines take minutes on an emulated device. */
  private static final Pattern CHOSEN = Pattern.compile(System.getProperty("langevin.reference.families", ".*"));

  private static final TreeMap<String, Tally> FAMILIES = new TreeMap<>();
  private static final Tally COPIES = new Tally();

  @TestFactory
  Stream<DynamicNode> shouldReproduceEveryCase() throws IOException {
    Path root = isThere() ? FOLDER : COPIED;
    if (!isThere()) {
      System.out.println("reference: '" + FOLDER + "' is not there, running the copied choice of cases");
    }
    TreeMap<String, Stream.Builder<DynamicTest>> families = new TreeMap<>();
    for (ReferenceCase reference : cases(root)) {
      Tally tally = FAMILIES.computeIfAbsent(reference.family(), name -> new Tally());
      families.computeIfAbsent(reference.family(), name -> Stream.builder()).add(test(reference, tally));
    }
    return families.entrySet().stream().map(f -> DynamicContainer.dynamicContainer(f.getKey(), f.getValue().build()));
  }

  /** What runs where there is no folder runs where there is one, too: else the copies could grow stale unseen. */
  @TestFactory
  Stream<DynamicTest> shouldReproduceTheCopiedChoice() throws IOException {
    Assumptions.assumeTrue(isThere(), "the copied choice of cases runs in the place of the whole folder");
    return cases(COPIED).stream().map(reference -> test(reference, COPIES));
  }

  private static boolean isThere() {
    return !FOLDER.toString().isEmpty() && Files.isDirectory(FOLDER);
  }

  private static List<ReferenceCase> cases(Path root) throws IOException {
    List<Path> found;
    try (Stream<Path> paths = Files.walk(root)) {
      found = paths.filter(p -> p.endsWith("case.json")).sorted().toList();
    }
    assertThat(found).as("cases below " + root).isNotEmpty();
    List<ReferenceCase> cases = new ArrayList<>();
    for (Path path : found) {
      ReferenceCase reference = new ReferenceCase(path.getParent());
      if (CHOSEN.matcher(reference.family()).matches()) {
        cases.add(reference);
      } else {
        reference.close();
      }
    }
    return cases;
  }

  private static DynamicTest test(ReferenceCase reference, Tally tally) {
    return DynamicTest.dynamicTest(reference.name(), reference.dir().resolve("case.json").toUri(), () -> {
      CaseRunner runner = RUNNERS.stream().filter(r -> r.accepts(reference)).findFirst().orElse(null);
      if (runner == null) {
        tally.skipped(reference);
        Assumptions.abort(reference.name() + ": the engine does not support this kind of case yet");
      }
      if (runner.trains() && TestedBackend.get().trainingRefusal() != null) {
        tally.skipped(reference);
        Assumptions.abort(reference.name() + ": " + TestedBackend.get().trainingRefusal());
      }
      Deviations.of("reference " + reference.family());
      try (reference) {
        runner.run(reference);
        tally.passed();
      } catch (Exception | AssertionError e) {
        tally.failed(reference, e);
        throw e;
      }
    });
  }

  @AfterAll
  static void print() throws IOException {
    Deviations.write();
    FAMILIES.values().forEach(tally -> tally.failures().forEach(System.out::println));
    COPIES.failures().forEach(System.out::println);
    FAMILIES.forEach((name, tally) -> System.out.println(name + " " + tally));
    if (COPIES.any()) {
      System.out.println("the copied choice: " + COPIES);
    }
  }
}
