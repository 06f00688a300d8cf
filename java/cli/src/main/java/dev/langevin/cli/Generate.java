package dev.langevin.cli;

import dev.langevin.image.GenerationParameters;
import dev.langevin.image.Images;
import dev.langevin.pipeline.Generation;
import dev.langevin.pipeline.GenerationRequest;
import dev.langevin.pipeline.StableDiffusion;
import dev.langevin.pipeline.UnClip;
import dev.langevin.pipeline.UnconditionalDiffusion;
import dev.langevin.pipeline.UnconditionalRequest;
import dev.langevin.tensor.Tensor;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(name = "generate", mixinStandardHelpOptions = true,
    description = "Turns noise into pictures with a trained model: of a text with Stable Diffusion, of a class or of nothing with"
        + " others.")
final class Generate implements Callable<Integer> {

  @Parameters(arity = "0..1", paramLabel = "PROMPT", description = "What the pictures are to show, for a model that reads a text.")
  private String prompt;

  @Option(names = "--prompts", paramLabel = "FILE", description = "A file of prompts, one a line, in the place of PROMPT; each gives --count pictures.")
  private Path prompts;

  @Option(names = "--model", paramLabel = "PATH", description = "A diffusers folder or a single-file checkpoint; without it an embedded model: of emoji with a prompt, else of Fashion-MNIST.")
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

  @Option(names = "--from", paramLabel = "PICTURE",
      description = "Repeats a picture by the parameters that it holds; what is given beside it counts instead of theirs.")
  private Path from;

  @Spec
  private CommandSpec spec;

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
    if (from != null) {
      return repeat();
    }
    List<String> texts = texts();
    Path target = out != null ? out : Path.of(strip || grid || count * Math.max(1, texts.size()) == 1 ? "langevin.png" : "langevin");
    Images.requireWritable(target); // a long run must not end at a folder that was never there
    if (!texts.isEmpty()) {
      fromText(texts, target);
    } else {
      withoutText(target);
    }
    return 0;
  }

  private List<String> texts() throws IOException {
    if (prompts == null) {
      return prompt == null ? List.of() : List.of(prompt);
    }
    if (prompt != null) {
      throw new IllegalArgumentException("there are a prompt and --prompts " + prompts + "; give one of them");
    }
    List<String> lines = Files.readAllLines(prompts).stream().filter(line -> !line.isBlank()).toList();
    if (lines.isEmpty()) {
      throw new IllegalArgumentException(prompts + " holds no prompt; write one a line");
    }
    return lines;
  }

  /** Runs the command anew with the picture's arguments, in whose place those count that were given. */
  private int repeat() {
    List<String> given = new ArrayList<>(spec.commandLine().getParseResult().originalArgs());
    given.remove(spec.name());
    int at = given.indexOf("--from");
    if (at >= 0) {
      given.subList(at, at + 2).clear();
    } else {
      given.removeIf(argument -> argument.startsWith("--from="));
    }
    List<String> recorded = RecordedOptions.arguments(from, spec);
    List<String> arguments = new ArrayList<>(List.of(spec.name()));
    if (prompt == null) {
      arguments.add(recorded.getFirst());
    }
    for (int i = 1; i < recorded.size(); i++) {
      String option = recorded.get(i);
      boolean valued = spec.findOption(option).arity().max() > 0;
      if (given.stream().noneMatch(g -> g.equals(option) || g.startsWith(option + "="))) {
        arguments.add(option);
        if (valued) {
          arguments.add(recorded.get(i + 1));
        }
      }
      i += valued ? 1 : 0;
    }
    arguments.addAll(given);
    return Langevin.commandLine().execute(arguments.toArray(String[]::new));
  }

  private void fromText(List<String> prompts, Path target) throws IOException {
    if (strip || label != null) {
      throw new IllegalArgumentException("--strip and --class are for models that read no text");
    }
    if (UnClipOptions.isFolder(model)) {
      fromUnClip(prompts, target);
      return;
    }
    if (model == null && text.guidance == null) {
      text.guidance = EmbeddedModel.EMOJI_GUIDANCE;
    }
    TextToImage textToImage = new TextToImage(text);
    try (StableDiffusion diffusion = StableDiffusion.load(model != null ? model : EmbeddedModel.EMOJI.unpack(), textToImage.loadOptions(backend, allowNan))) {
      List<BufferedImage> images = new ArrayList<>();
      List<String> texts = new ArrayList<>();
      for (String each : prompts) {
        GenerationRequest request = textToImage.request(diffusion, each, count, steps, sampler, seed);
        Generation made;
        try (ProgressBar progress = progress(request.steps())) {
          made = textToImage.generate(diffusion, request, progress);
        }
        for (int i = 0; i < count; i++) {
          images.add(made.image(i));
          texts.add(RecordedOptions.text(spec, request, made, i, sampler != null ? sampler : diffusion.sampler(), model));
        }
      }
      save(images, texts, target);
    }
  }

  private void fromUnClip(List<String> prompts, Path target) throws IOException {
    UnClipOptions options = new UnClipOptions();
    options.model = model;
    options.backend = backend;
    options.steps = steps;
    options.guidance = text.guidance;
    options.seed = seed;
    options.maxMemory = text.maxMemory;
    List<BufferedImage> images;
    try (UnClip unClip = options.load(); ProgressBar bar = UnClipOptions.progress()) {
      images = Images.allFromUnit(unClip.generate(options.request(prompts, count), options.noise(), UnClipOptions.listener(bar)));
    }
    save(images, Collections.nCopies(images.size(), null), target);
  }

  private void withoutText(Path target) throws IOException {
    int calls = steps == null ? 50 : steps;
    UnconditionalRequest request = new UnconditionalRequest(count, label, calls, sampler, seed, text.guidance == null ? 1 : text.guidance);
    List<BufferedImage> moments = new ArrayList<>();
    Tensor pictures;
    try (UnconditionalDiffusion diffusion = ModelOption.load(model, backend, allowNan); ProgressBar progress = progress(calls)) {
      pictures = diffusion.generate(request, (done, all, preview) -> {
        progress.maxHint(all);
        progress.stepTo(done);
        if (strip && (done % Math.max(1, all / 8) == 0 || done == all)) {
          moments.add(Images.fromSignedUnit(preview.x().row(0)));
        }
        return true;
      });
    }
    if (strip) {
      save(Images.grid(moments, moments.size(), 2), null, target);
      return;
    }
    List<BufferedImage> images = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      images.add(Images.fromSignedUnit(pictures.row(i)));
    }
    save(images, Collections.nCopies(count, null), target);
  }

  private static ProgressBar progress(int steps) {
    return new ProgressBarBuilder().setTaskName("sampling").setInitialMax(steps).setUnit(" steps", 1).showSpeed()
        .setStyle(ProgressBarStyle.ASCII).build();
  }

  private void save(List<BufferedImage> images, List<String> texts, Path target) throws IOException {
    if (grid || images.size() == 1) {
      save(Images.grid(images, (int) Math.ceil(Math.sqrt(images.size())), images.size() == 1 ? 0 : 2), texts.getFirst(), target);
      return;
    }
    Files.createDirectories(target);
    for (int i = 0; i < images.size(); i++) {
      save(images.get(i), texts.get(i), target.resolve("%05d.png".formatted(i)));
    }
  }

  /** @param text that tells how the picture was made, or null */
  private static void save(BufferedImage image, String text, Path file) {
    Images.writePng(image, file, text == null ? Map.of() : Map.of(GenerationParameters.KEYWORD, text));
    System.out.println(file);
  }
}
