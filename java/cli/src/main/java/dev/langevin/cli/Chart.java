package dev.langevin.cli;

import dev.langevin.image.Images;
import dev.langevin.image.PictureFormat;
import dev.langevin.training.evaluation.LossChart;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "chart", header = "Draws the losses of runs beside each other.",
    footer = {"langevin chart ours=ours/log.csv theirs=theirs/log.csv --out loss.png"}, mixinStandardHelpOptions = true,
    description = "Draws the losses of runs beside each other: the log.csv of langevin train, or any table that begins"
        + " with step and loss.")
final class Chart implements Callable<Integer> {

  @Parameters(arity = "1..*", paramLabel = "NAME=FILE", description = "A curve's name and its table.")
  private List<String> curves;

  @Option(names = "--out", paramLabel = "FILE", required = true, description = "The picture.")
  private Path out;

  @Option(names = "--title", paramLabel = "NAME", defaultValue = "loss", description = "Above it (${DEFAULT-VALUE}).")
  private String title;

  @Override
  public Integer call() throws IOException {
    Images.requirePictureFile(out, EnumSet.of(PictureFormat.PNG));
    LossChart chart = LossChart.of(title);
    for (String curve : curves) {
      int equals = curve.indexOf('=');
      if (equals < 1) {
        throw new IllegalArgumentException(curve + " is not NAME=FILE, such as ours=target/fashion-mnist/log.csv");
      }
      Path file = Path.of(curve.substring(equals + 1));
      List<String> lines = Files.readAllLines(file);
      if (lines.isEmpty() || !lines.getFirst().startsWith("step,loss")) {
        throw new IllegalArgumentException(file + " does not begin with step,loss");
      }
      List<String[]> rows =
          lines.stream().skip(1).filter(line -> !line.isBlank()).map(line -> line.split(",")).toList();
      chart = chart.with(curve.substring(0, equals), rows.stream().mapToDouble(row -> number(file, row, 0)).toArray(),
          rows.stream().mapToDouble(row -> number(file, row, 1)).toArray());
    }
    try (PictureFiles files = new PictureFiles()) {
      files.write(out, chart::write);
    }
    return 0;
  }

  private static double number(Path file, String[] row, int column) {
    try {
      return Double.parseDouble(row[column]);
    } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
      throw new IllegalArgumentException(
          file + ": '" + String.join(",", row) + "' has no number in column " + (column + 1), e);
    }
  }
}
