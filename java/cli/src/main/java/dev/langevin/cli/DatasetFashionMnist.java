package dev.langevin.cli;

import dev.langevin.training.data.source.FashionMnist;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(name = "fashion-mnist", header = "Prepares gray pictures of clothes.",
    footer = {"langevin dataset fashion-mnist --out data/fashion-mnist"}, mixinStandardHelpOptions = true,
    description = "70,000 gray pictures of clothes of 28x28 in ten classes, as IDX files, from Debian's package"
        + " dataset-fashion-mnist.")
final class DatasetFashionMnist implements Callable<Integer> {

  @Option(names = "--out", paramLabel = "DIR", required = true,
      description = "The folder; it must not exist, or be empty.")
  private Path out;

  @Option(names = "--from", paramLabel = "FOLDER",
      description = "A folder with the four IDX files; nothing is downloaded then (none).")
  private Path from;

  @Override
  public Integer call() throws IOException {
    if (from != null) {
      FashionMnist.copy(from, out);
    } else {
      FashionMnist.download(out);
    }
    Output.file(out);
    return 0;
  }
}
