package dev.langevin.cli;

import dev.langevin.image.AnimatedGif;
import dev.langevin.image.Images;
import dev.langevin.pipeline.Embeddings;
import dev.langevin.pipeline.Pipeline;
import dev.langevin.tensor.Tensor;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "interpolate", header = "Makes pictures between two pictures or texts, by unCLIP.",
    footer = {"langevin interpolate cat.png dog.png --model karlo --frames 6",
        "langevin interpolate \"a cat\" \"a dog\" --model karlo --out between.gif"},
    mixinStandardHelpOptions = true,
    description = "Pictures between two pictures or two texts, by unCLIP: points on the arc between their embeddings,"
        + " decoded with the same noise.")
final class Interpolate implements Callable<Integer> {

  @Parameters(index = "0", paramLabel = "A", description = "A picture's file, or a text.")
  private String from;

  @Parameters(index = "1", paramLabel = "B", description = "Likewise.")
  private String to;

  @Mixin
  private PictureOutput output = new PictureOutput();

  @Mixin
  private UnClipOptions options = new UnClipOptions();

  @Option(names = "--frames", paramLabel = "N", defaultValue = "8",
      description = "Pictures, with those at both ends (${DEFAULT-VALUE}).")
  private int frames;

  @Option(names = "--out", paramLabel = "FILE", defaultValue = "langevin.png",
      description = "The result (${DEFAULT-VALUE}): a strip, or an animation where the name ends in .gif.")
  private Path out;

  @Override
  public Integer call() {
    if (frames < 2) {
      throw new IllegalArgumentException("--frames is " + frames + ", must be at least 2");
    }
    UnClipOptions.picture(from);
    UnClipOptions.picture(to);
    boolean animated = out.toString().toLowerCase(Locale.ROOT).endsWith(".gif");
    output.requireOneOrFrames(out);
    List<BufferedImage> made = new ArrayList<>();
    try (Pipeline unClip = options.open(); Progress bar = Progress.ofSampling()) {
      Embeddings embeddings = options.embeddings(unClip);
      options.requireRead(embeddings, from, to);
      Tensor a = options.embedding(embeddings, from, bar.listener());
      Tensor b = options.embedding(embeddings, to, bar.listener());
      for (int i = 0; i < frames; i++) {
        made.addAll(
            options.decode(unClip, embeddings.between(a, b, i / (frames - 1.0)), 1, bar.listener()));
      }
    }
    try (PictureFiles files = new PictureFiles(output.quality)) {
      if (animated) {
        files.write(out, file -> AnimatedGif.write(made, PictureSeries.FRAME_MILLISECONDS, file));
      } else {
        files.write(Images.grid(made, frames, 2), out);
      }
    }
    return 0;
  }
}
