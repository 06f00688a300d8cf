package dev.langevin.cli;

import dev.langevin.pipeline.files.ModelReport;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "inspect", mixinStandardHelpOptions = true,
    description = "Names what a file or folder of weights is, and what is missing or broken; exit code 1 if something"
        + " is.")
final class Inspect implements Callable<Integer> {

  @Parameters(paramLabel = "PATH", description = "A diffusers folder, a folder of one network, or a file of weights.")
  private Path path;

  @Option(names = "--original-config", paramLabel = "FILE",
      description = "The YAML file of a single file in the original naming; without it the one beside it, if any.")
  private Path originalConfig;

  @Option(names = "--tensors", description = "List every tensor's name, type and shape.")
  private boolean tensors;

  @Option(names = "--values", description = "Read every weight too, and name tensors that hold NaN or infinite values.")
  private boolean values;

  @Override
  public Integer call() {
    ModelReport report = ModelReport.of(path, originalConfig, values);
    print("kind", report.kind());
    print("format", report.format());
    print("bytes", Long.toString(report.bytes()));
    Map<String, Integer> encodings = new TreeMap<>();
    report.tensors().forEach(tensor -> encodings.merge(tensor.encoding(), 1, Integer::sum));
    print("tensors", report.tensors().size() + words(encodings));
    report.facts().forEach(Inspect::print);
    Messages.line("%n%-18s %-30s %8s %14s  %s", "component", "class", "tensors", "parameters", "types");
    for (ModelReport.Component component : report.components()) {
      Messages.line("%-18s %-30s %8d %14d %s", component.name(), component.className(), component.tensors(),
          component.parameters(), words(component.encodings()));
    }
    if (tensors) {
      System.out.println();
      report.tensors().forEach(tensor -> Messages.line("%s %s %s", tensor.name(), tensor.encoding(), tensor.shape()));
    }
    if (!report.faults().isEmpty()) {
      System.out.println();
      report.faults().forEach(fault -> print("fault", fault));
    }
    return report.faults().isEmpty() ? 0 : 1;
  }

  private static void print(String what, String found) {
    Messages.line("%-18s %s", what, found);
  }

  private static String words(Map<String, Integer> encodings) {
    return encodings.entrySet().stream().map(entry -> " " + entry.getKey() + " x " + entry.getValue())
        .collect(Collectors.joining(","));
  }
}
