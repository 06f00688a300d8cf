package dev.langevin.cli;

import dev.langevin.pipeline.files.ModelReport;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "inspect", header = "Tells what a file or folder of weights is, and what it lacks.",
    footer = {"langevin inspect model.safetensors", "langevin inspect sd15 --values"}, mixinStandardHelpOptions = true,
    description = "Names what a file or folder of weights is, and what is missing or broken.",
    exitCodeList = {"0:Nothing is missing or broken.", "1:Something is, or the file cannot be read.",
        "2:The arguments are not understood; nothing was done.",
        "130:Interrupted by Ctrl-C (143 by SIGTERM, 129 by SIGHUP)."})
final class Inspect implements Callable<Integer> {

  /** Where the column of what was found begins, and that of a component's types. */
  private static final int FOUND = 19;
  private static final int TYPES = 69;

  @Parameters(paramLabel = "PATH", description = "A diffusers folder, a folder of one network, or a file of weights.")
  private Path path;

  @Option(names = "--original-config", paramLabel = "FILE",
      description = "The YAML file of a single file in the original naming; without it the one beside it, if any.")
  private Path originalConfig;

  @Option(names = "--tensors", description = "List every tensor's name, type and shape.")
  private boolean tensors;

  @Option(names = "--values", description = "Read every weight too, and name tensors that hold NaN or infinite values.")
  private boolean values;

  @Option(names = "--wide", description = "Lines of any length, which are not broken at 80 columns.")
  private boolean wide;

  @Override
  public Integer call() {
    ModelReport report = ModelReport.of(path, originalConfig, values);
    print("kind", report.kind());
    print("format", report.format());
    print("bytes", Long.toString(report.bytes()));
    Map<String, Integer> encodings = new TreeMap<>();
    report.tensors().forEach(tensor -> encodings.merge(tensor.encoding(), 1, Integer::sum));
    print("tensors", report.tensors().size() + words(encodings));
    report.facts().forEach(this::print);
    Messages.line("%n%-18s %-26s %8s %12s  %s", "component", "class", "tensors", "parameters", "types");
    for (ModelReport.Component component : report.components()) {
      lines("%-18s %-26s %8d %12d ".formatted(component.name(), component.className(), component.tensors(),
          component.parameters()), words(component.encodings()), TYPES);
    }
    if (tensors) {
      System.out.println();
      report.tensors().forEach(tensor -> lines("", tensor.name() + " " + tensor.encoding() + " "
          + tensor.shape(), 4));
    }
    if (!report.faults().isEmpty()) {
      System.out.println();
      report.faults().forEach(fault -> print("fault", fault));
    }
    results(report);
    return report.faults().isEmpty() ? 0 : 1;
  }

  private void print(String what, String found) {
    lines("%-18s ".formatted(what), found, FOUND);
  }

  private void lines(String before, String text, int indent) {
    (wide ? List.of(before + text) : Columns.broken(before, text, indent)).forEach(line -> Messages.line("%s", line));
  }

  private void results(ModelReport report) {
    Output.result("kind", report.kind());
    Output.result("format", report.format());
    Output.result("bytes", report.bytes());
    Output.result("tensors", report.tensors().size());
    Output.result("facts", report.facts());
    Output.result("components", report.components().stream().map(each -> Map.of("name", each.name(), "class",
        each.className(), "tensors", each.tensors(), "parameters", each.parameters(), "types", each.encodings()))
        .toList());
    Output.result("faults", report.faults());
    if (tensors) {
      Output.result("list", report.tensors().stream().map(tensor -> Map.of("name", tensor.name(), "type",
          tensor.encoding(), "shape", tensor.shape().dims())).toList());
    }
  }

  private static String words(Map<String, Integer> encodings) {
    return encodings.entrySet().stream().map(entry -> " " + entry.getKey() + " x " + entry.getValue())
        .collect(Collectors.joining(","));
  }
}
