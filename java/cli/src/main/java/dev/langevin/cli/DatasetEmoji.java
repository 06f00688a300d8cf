package dev.langevin.cli;

import dev.langevin.training.data.emoji.EmojiDataset;
import dev.langevin.training.data.source.NpmPackage;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(name = "emoji", header = "Prepares captioned pictures of emoji.",
    footer = {"langevin dataset emoji --out data/emoji",
        "langevin dataset emoji --out data/emoji --tarball emoji.tgz --tokens 16"},
    mixinStandardHelpOptions = true,
    description = "Captioned colour pictures of 64x64 and a tokenizer for their captions, from the npm package"
        + " emoji-datasource-google.")
final class DatasetEmoji implements Callable<Integer> {

  @Option(names = "--out", paramLabel = "DIR", required = true,
      description = "The folder; it must not exist, or be empty.")
  private Path out;

  @Option(names = "--tarball", paramLabel = "FILE",
      description = "The package's tarball, as npm pack gets it; nothing is downloaded then (none).")
  private Path tarball;

  @Option(names = "--registry", paramLabel = "URL",
      description = "Where the package is downloaded from; without it the environment's npm_config_registry, or else"
          + " the public registry.")
  private URI registry;

  @Option(names = "--tokens", paramLabel = "N", defaultValue = "32",
      description = "Length of a text in tokens, start and end included (${DEFAULT-VALUE}).")
  private int tokens;

  @Option(names = "--seed", paramLabel = "N", defaultValue = "0",
      description = "Seed of the captions' templates (${DEFAULT-VALUE}).")
  private long seed;

  @Option(names = "--colours", paramLabel = "N", defaultValue = "0",
      description = "Show each thing of one colour in N others besides, 0 to 7, from which a model learns what a"
          + " colour's name does (${DEFAULT-VALUE}).")
  private int colours;

  @Override
  public Integer call() throws IOException {
    EmojiDataset made = tarball != null ? EmojiDataset.of(tarball, out, tokens, seed, colours)
        : EmojiDataset.download(registry != null ? registry : NpmPackage.registry(System.getenv()), out, tokens, seed,
            colours);
    made.categories().forEach((category, pictures) -> System.out.printf("%-18s %,6d%n", category, pictures));
    System.out.printf("%,d pictures, %,d captions, %,d symbols: %s%n", made.pictures(), made.captions(),
        made.vocabulary(), out);
    Output.seed(seed);
    Output.result("categories", made.categories());
    Output.result("pictures", made.pictures());
    Output.result("captions", made.captions());
    Output.result("symbols", made.vocabulary());
    Output.result("folder", out.toString());
    return 0;
  }
}
