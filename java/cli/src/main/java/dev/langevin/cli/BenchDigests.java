package dev.langevin.cli;

import dev.langevin.backend.Backend;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Tells whether a change of the engine changed a bit of what any kind of model makes. */
@Command(name = "digests", header = "Tells whether a change changed a bit of what models make.",
    footer = {"langevin bench digests --reference ../shared/reference --out before.csv",
        "langevin bench digests --reference ../shared/reference --compare before.csv"},
    mixinStandardHelpOptions = true,
    description = "SHA-256 of what each kind of model makes of fixed seeds, in every precision, with and without weight"
        + " cache and memory limit. Digests are equal on one kind of machine only.")
final class BenchDigests implements Callable<Integer> {

  private static final List<DigestCases> FAMILIES =
      List.of(new DigestLatents(), new DigestUnClip(), new DigestPixels(), new DigestTraining());

  @Option(names = "--reference", paramLabel = "DIR",
      description = "Folder of the reference cases, whose tiny models are run; without it system property"
          + " langevin.reference.")
  private Path reference;

  @Option(names = "--cases", paramLabel = "NAME", split = ",", description = "These cases alone; without it all.")
  private List<String> only;

  @Option(names = "--out", paramLabel = "FILE", description = "Write the digests as CSV (standard output).")
  private Path out;

  @Option(names = "--compare", paramLabel = "FILE",
      description = "Compare with digests that were written before, list what differs, and end with exit code 1 if"
          + " anything does (none).")
  private Path compare;

  @Override
  public Integer call() throws IOException {
    DigestTable earlier = compare == null ? null : DigestTable.read(compare);
    DigestTable made = DigestTable.of(machine(), digests());
    if (out != null) {
      made.write(out);
    }
    if (earlier == null) {
      made.rows().forEach((key, digests) -> System.out.println(key + "," + digests));
      return 0;
    }
    if (!earlier.machine().equals(made.machine())) {
      System.err.println("langevin: warning: " + compare + " was made on another kind of machine:\n"
          + String.join("\n", earlier.machine()) + "\nthis one:\n" + String.join("\n", made.machine()));
    }
    DigestTable.Comparison comparison = made.against(earlier.only(only));
    comparison.lines().forEach(System.out::println);
    return comparison.same() ? 0 : 1;
  }

  private List<Digest> digests() throws IOException {
    Path models = models();
    Set<String> wanted = wanted();
    List<Digest> digests = new ArrayList<>();
    Path scratch = Files.createTempDirectory("langevin-digests");
    try {
      for (DigestCases family : FAMILIES) {
        for (String name : family.names()) {
          if (wanted.contains(name)) {
            long start = System.nanoTime();
            family.run(name, models, scratch, digests::add);
            Messages.note("%-20s %6.1f s".formatted(name, (System.nanoTime() - start) * 1e-9));
          }
        }
      }
      return digests;
    } finally {
      delete(scratch);
    }
  }

  private Path models() {
    String property = System.getProperty("langevin.reference");
    Path folder = reference != null ? reference : property != null ? Path.of(property) : null;
    if (folder == null || !Files.isDirectory(folder.resolve("pipelines_sd/_models"))) {
      throw new IllegalArgumentException("there are no tiny models below " + folder
          + "; name the folder of the reference cases, which holds pipelines_sd/_models, with --reference");
    }
    return folder;
  }

  private Set<String> wanted() {
    Set<String> all = new LinkedHashSet<>();
    FAMILIES.forEach(family -> all.addAll(family.names()));
    if (only == null) {
      return all;
    }
    for (String name : only) {
      if (!all.contains(name)) {
        throw new IllegalArgumentException("there is no case " + name + "; there are " + String.join(", ", all));
      }
    }
    return Set.copyOf(only);
  }

  /** What digests depend on beside the program. */
  private static List<String> machine() throws IOException {
    Map<String, String> facts = Backend.named("onednn").facts();
    return List.of("CPU: " + processor(),
        "instruction set: own kernels " + facts.get("own kernels") + "; " + facts.get("CPU features"),
        "threads: " + facts.get("threads"), facts.get("oneDNN"));
  }

  private static String processor() throws IOException {
    Path facts = Path.of("/proc/cpuinfo");
    if (!Files.isReadable(facts)) {
      return System.getProperty("os.arch");
    }
    try (Stream<String> lines = Files.lines(facts)) {
      return lines.filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip()).findFirst().orElse(System.getProperty("os.arch"));
    }
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> paths = Files.walk(folder)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
