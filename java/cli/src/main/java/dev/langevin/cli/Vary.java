package dev.langevin.cli;

import dev.langevin.image.Images;
import dev.langevin.pipeline.Embeddings;
import dev.langevin.pipeline.Pipeline;
import dev.langevin.tensor.Tensor;
import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "vary", header = "Makes other pictures of what a picture shows, by unCLIP.",
    footer = {"langevin vary cat.png --model karlo --count 4",
        "langevin vary cat.png --model karlo --toward \"a dog\" --amount 0.5"},
    mixinStandardHelpOptions = true,
    description = "Other pictures of what a picture shows, by unCLIP: its embedding is decoded anew. With --toward it"
        + " is turned towards a text first.")
final class Vary implements Callable<Integer> {

  @Parameters(paramLabel = "IMAGE", description = "The picture.")
  private Path picture;

  @Mixin
  private PictureOutput output = new PictureOutput();

  @Mixin
  private UnClipOptions options = new UnClipOptions();

  @Option(names = "--count", paramLabel = "N", defaultValue = "1",
      description = "Number of pictures (${DEFAULT-VALUE}); several are put side by side.")
  private int count;

  @Option(names = "--toward", paramLabel = "TEXT", description = "What the pictures are to show more of (nothing).")
  private String toward;

  @Option(names = "--without", paramLabel = "TEXT", description = "What --toward is compared with ('a picture').")
  private String without;

  @Option(names = "--amount", paramLabel = "X", description = "How far --toward goes, 0 to 1 (0.3).")
  private Double amount;

  @Option(names = "--out", paramLabel = "FILE", defaultValue = "langevin.png",
      description = "The result (${DEFAULT-VALUE}).")
  private Path out;

  @Override
  public Integer call() {
    double part = amount == null ? 0.3 : amount;
    if (count < 1 || !(part >= 0 && part <= 1)) {
      throw new IllegalArgumentException(
          "--count is " + count + ", --amount " + part + "; must be at least 1, and from 0 to 1");
    }
    if (toward == null && (without != null || amount != null)) {
      throw new IllegalArgumentException((without != null ? "--without" : "--amount")
          + " means nothing without --toward; give both or neither");
    }
    if (!Files.isRegularFile(picture)) {
      throw new IllegalArgumentException(picture + ": there is no such picture");
    }
    Images.requireReadable(picture);
    output.requireOne(out);
    List<BufferedImage> made;
    try (Pipeline unClip = options.open(); Progress bar = Progress.ofSampling()) {
      Embeddings embeddings = options.embeddings(unClip);
      options.requireRead(embeddings, picture.toString());
      Tensor embedding = options.embedding(embeddings, picture.toString(), bar.listener());
      if (toward != null) {
        embedding = embeddings.towards(embedding, without == null ? "a picture" : without, toward, part);
      }
      made = options.decode(unClip, embedding, count, bar.listener());
    }
    try (PictureFiles files = new PictureFiles(output.quality)) {
      files.write(Images.grid(made, (int) Math.ceil(Math.sqrt(count)), count == 1 ? 0 : 2), out);
    }
    return 0;
  }
}
