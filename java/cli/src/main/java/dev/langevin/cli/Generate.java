package dev.langevin.cli;

import dev.langevin.image.Images;
import dev.langevin.pipeline.Generation;
import dev.langevin.pipeline.GenerationRequest;
import dev.langevin.pipeline.StableDiffusion;
import dev.langevin.pipeline.UnconditionalDiffusion;
import dev.langevin.pipeline.UnconditionalRequest;
import dev.langevin.tensor.Tensor;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "generate", mixinStandardHelpOptions = true,
    description = "Turns noise into pictures with a trained model: of a text with Stable Diffusion, of a class or of nothing with"
        + " others.")
final class Generate implements Callable<Integer> {

  @Parameters(arity = "0..1", paramLabel = "PROMPT", description = "What the pictures are to show, for a model that reads a text.")
  private String prompt;

  @Option(names = "--model", paramLabel = "PATH", description = "A diffusers folder or a single-file checkpoint; without it the embedded model.")
  private Path model;

  @Mixin
  private TextOptions text = new TextOptions();

  @Option(names = {"--count", "--batch"}, paramLabel = "N", defaultValue = "1",
      description = "Number of pictures, made as one batch (${DEFAULT-VALUE}).")
  private int count;

  @Option(names = "--class", paramLabel = "K", description = "Class of the pictures, for a class-conditional model.")
  private Long label;

  @Option(names = "--steps", description = "Steps of the sampler (20 with a prompt, else 50).")
  private Integer steps;

  @Option(names = "--sampler", paramLabel = "NAME",
      description = "Sampler by its usual name (euler_a, dpmpp_2m_karras, ...) or diffusers class; without it the model's own, but"
          + " DDIM in place of DDPM.")
  private String sampler;

  @Option(names = "--seed", defaultValue = "0", description = "Seed of the random numbers (${DEFAULT-VALUE}).")
  private long seed;

  @Option(names = "--grid", description = "All pictures in one.")
  private boolean grid;

  @Option(names = "--strip", description = "The reverse chain of the first picture, eight moments of it, in one; without a prompt.")
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
    Path target = out != null ? out : Path.of(strip || grid || count == 1 ? "langevin.png" : "langevin");
    Images.requireWritable(target); // a long run must not end at a folder that was never there
    if (prompt != null) {
      fromText(target);
    } else {
      withoutText(target);
    }
    return 0;
  }

  private void fromText(Path target) throws IOException {
    if (model == null) {
      throw new IllegalArgumentException("the embedded model reads no text; name one that does with --model");
    }
    if (strip || label != null) {
      throw new IllegalArgumentException("--strip and --class are for models that read no text");
    }
    TextToImage textToImage = new TextToImage(text);
    try (StableDiffusion diffusion = StableDiffusion.load(model, textToImage.loadOptions(backend, allowNan))) {
      GenerationRequest request = textToImage.request(diffusion, prompt, count, steps, sampler, seed);
      Generation made;
      try (ProgressBar progress = progress(request.steps())) {
        made = textToImage.generate(diffusion, request, progress);
      }
      List<BufferedImage> images = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        images.add(made.image(i));
      }
      save(images, target);
    }
  }

  private void withoutText(Path target) throws IOException {
    int calls = steps == null ? 50 : steps;
    UnconditionalRequest request = new UnconditionalRequest(count, label, calls, sampler, seed);
    List<BufferedImage> moments = new ArrayList<>();
    Tensor pictures;
    try (UnconditionalDiffusion diffusion = ModelOption.load(model, backend, allowNan); ProgressBar progress = progress(calls)) {
      pictures = diffusion.generate(request, (done, all, x, x0) -> {
        progress.maxHint(all);
        progress.stepTo(done);
        if (strip && (done % Math.max(1, all / 8) == 0 || done == all)) {
          moments.add(Images.fromSignedUnit(x.row(0)));
        }
        return true;
      });
    }
    if (strip) {
      save(Images.grid(moments, moments.size(), 2), target);
      return;
    }
    List<BufferedImage> images = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      images.add(Images.fromSignedUnit(pictures.row(i)));
    }
    save(images, target);
  }

  private static ProgressBar progress(int steps) {
    return new ProgressBarBuilder().setTaskName("sampling").setInitialMax(steps).setUnit(" steps", 1).showSpeed()
        .setStyle(ProgressBarStyle.ASCII).build();
  }

  private void save(List<BufferedImage> images, Path target) throws IOException {
    if (grid || count == 1) {
      save(Images.grid(images, (int) Math.ceil(Math.sqrt(count)), count == 1 ? 0 : 2), target);
      return;
    }
    Files.createDirectories(target);
    for (int i = 0; i < count; i++) {
      save(images.get(i), target.resolve("%05d.png".formatted(i)));
    }
  }

  private static void save(BufferedImage image, Path file) {
    Images.writePng(image, file);
    System.out.println(file);
  }
}
