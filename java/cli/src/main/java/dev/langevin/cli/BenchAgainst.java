package dev.langevin.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * Two builds of this program, each measured by its own bench in processes of its own, in pairs whose order alternates.
 * What is printed is the ratio of each pair, since what else the machine does meets both of a pair alike.
 */
@Command(name = "against", header = "Compares this build with another one.",
    footer = {"langevin bench against ../before/langevin --pairs 15 -- model tiny"}, mixinStandardHelpOptions = true,
    description = "Compares this build with another one: runs a bench of both in turns and prints the ratio, this one"
        + " by the other.")
final class BenchAgainst implements Callable<Integer> {

  @Parameters(index = "0", paramLabel = "LAUNCHER", description = "The launcher of the other build.")
  private Path other;

  @Parameters(index = "1..*", arity = "1..*", paramLabel = "BENCH",
      description = "The bench and its options, after --.")
  private List<String> bench;

  @Option(names = "--this", paramLabel = "LAUNCHER", defaultValue = "langevin",
      description = "This build's launcher (${DEFAULT-VALUE}).")
  private Path self;

  @Option(names = "--pairs", paramLabel = "N", defaultValue = "15",
      description = "Pairs of processes (${DEFAULT-VALUE}).")
  private int pairs;

  @Option(names = "--field", paramLabel = "NAME", defaultValue = "median_s",
      description = "What is compared, of the last line that has it (${DEFAULT-VALUE}).")
  private String field;

  @Override
  public Integer call() throws Exception {
    for (Path launcher : List.of(self, other)) {
      if (!Files.isExecutable(launcher)) {
        throw new IllegalArgumentException(launcher + " is no program; name the file 'langevin' at the top of a build");
      }
    }
    if (pairs < 1) {
      throw new IllegalArgumentException("--pairs is " + pairs + "; it must be at least 1");
    }
    double[] here = new double[pairs];
    double[] there = new double[pairs];
    double[] ratios = new double[pairs];
    for (int i = 0; i < pairs; i++) {
      boolean first = i % 2 == 0;
      double one = measure(first ? self : other);
      double two = measure(first ? other : self);
      here[i] = first ? one : two;
      there[i] = first ? two : one;
      ratios[i] = here[i] / there[i];
    }
    print("this", here);
    print("other", there);
    print("ratio", ratios);
    double[] interval = interval(ratios);
    System.out.printf("median ratio %.4g, 95 %% interval %.4g to %.4g%n", median(ratios), interval[0], interval[1]);
    return 0;
  }

  private double measure(Path launcher) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(launcher.toAbsolutePath().toString(), "bench"));
    command.addAll(bench);
    command.add("--json");
    ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
    // Archives of classes and packed weights of its own: two builds would write each other's anew at every start.
    builder.environment().put("XDG_CACHE_HOME",
        launcher.toAbsolutePath().resolveSibling("target").resolve("cache").toString());
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException(String.join(" ", command) + " ended with code " + process.exitValue() + ": " + output);
    }
    double value = Double.NaN;
    ObjectMapper mapper = new ObjectMapper();
    for (String line : output.lines().filter(each -> each.startsWith("{")).toList()) {
      List<JsonNode> found = mapper.readTree(line).findValues(field); // builds before this one had it at the top
      value = found.isEmpty() ? value : found.getLast().asDouble();
    }
    if (Double.isNaN(value)) {
      throw new IOException(String.join(" ", command) + " told no " + field + ": " + output);
    }
    return value;
  }

  private static void print(String name, double[] values) {
    double[] sorted = sorted(values);
    System.out.printf("%-6s median %.4g, %.4g to %.4g%n", name, median(values), sorted[0], sorted[sorted.length - 1]);
  }

  /** Of the median, by resampling pairs. */
  private static double[] interval(double[] ratios) {
    Random random = new Random(0);
    double[] medians = new double[2000];
    for (int i = 0; i < medians.length; i++) {
      double[] drawn = new double[ratios.length];
      Arrays.setAll(drawn, ignored -> ratios[random.nextInt(ratios.length)]);
      medians[i] = median(drawn);
    }
    Arrays.sort(medians);
    return new double[] {medians[(int) (0.025 * medians.length)], medians[(int) (0.975 * medians.length)]};
  }

  private static double median(double[] values) {
    double[] sorted = sorted(values);
    int half = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  }

  private static double[] sorted(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted;
  }
}
