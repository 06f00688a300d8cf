package dev.langevin.cli;

import dev.langevin.image.Images;
import dev.langevin.pipeline.UnconditionalRequest;
import dev.langevin.pipeline.UnconditionalDiffusion;
import dev.langevin.tensor.Tensor;
import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(name = "generate", mixinStandardHelpOptions = true, description = "Turns noise into pictures with a trained model.")
final class Generate implements Callable<Integer> {

  @Option(names = "--model", paramLabel = "DIR", description = "A diffusers folder; without it the embedded model.")
  private Path model;

  @Option(names = "--count", defaultValue = "1", description = "Number of pictures (${DEFAULT-VALUE}).")
  private int count;

  @Option(names = "--class", paramLabel = "K", description = "Class of the pictures, for a class-conditional model.")
  private Long label;

  @Option(names = "--steps", defaultValue = "50", description = "Steps of the sampler (${DEFAULT-VALUE}).")
  private int steps;

  @Option(names = "--sampler", paramLabel = "NAME",
      description = "Sampler by its usual name (euler_a, dpmpp_2m_karras, ...) or diffusers class; without it the model's own, but"
          + " DDIM in place of DDPM.")
  private String sampler;

  @Option(names = "--seed", defaultValue = "0", description = "Seed of the random numbers (${DEFAULT-VALUE}).")
  private long seed;

  @Option(names = "--grid", description = "All pictures in one.")
  private boolean grid;

  @Option(names = "--strip", description = "The reverse chain of the first picture, eight moments of it, in one.")
  private boolean strip;

  @Option(names = "--out", paramLabel = "FILE|DIR",
      description = "The picture's file (langevin.png), or a folder for several (langevin).")
  private Path out;

  @Option(names = "--allow-nan", description = "Warn of weights that are NaN or infinite instead of refusing them.")
  private boolean allowNan;

  @Option(names = "--backend", defaultValue = "onednn", description = "onednn or reference (${DEFAULT-VALUE}).")
  private String backend;

  @Override
  public Integer call() throws Exception {
    UnconditionalRequest request = new UnconditionalRequest(count, label, steps, sampler, seed);
    boolean single = strip || grid || count == 1;
    Path target = out != null ? out : Path.of(single ? "langevin.png" : "langevin");
    Images.requireWritable(target); // a long run must not end at a folder that was never there
    List<BufferedImage> moments = new ArrayList<>();
    Tensor pictures;
    try (UnconditionalDiffusion diffusion = ModelOption.load(model, backend, allowNan);
        ProgressBar progress = new ProgressBarBuilder()
            .setTaskName("sampling").setInitialMax(steps).setUnit(" steps", 1).showSpeed()
            .setStyle(ProgressBarStyle.ASCII).build()) {
      pictures = diffusion.generate(request, (done, calls, x, x0) -> {
        progress.maxHint(calls);
        progress.stepTo(done);
        if (strip && (done % Math.max(1, calls / 8) == 0 || done == calls)) {
          moments.add(Images.fromSignedUnit(x.row(0)));
        }
        return true;
      });
    }
    List<BufferedImage> images = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      images.add(Images.fromSignedUnit(pictures.row(i)));
    }
    if (strip) {
      save(Images.grid(moments, moments.size(), 2), target);
    } else if (single) {
      save(Images.grid(images, (int) Math.ceil(Math.sqrt(count)), count == 1 ? 0 : 2), target);
    } else {
      Files.createDirectories(target);
      for (int i = 0; i < count; i++) {
        save(images.get(i), target.resolve("%05d.png".formatted(i)));
      }
    }
    return 0;
  }

  private static void save(BufferedImage image, Path file) {
    Images.writePng(image, file);
    System.out.println(file);
  }
}
