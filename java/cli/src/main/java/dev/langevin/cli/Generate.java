package dev.langevin.cli;

import dev.langevin.image.Images;
import dev.langevin.pipeline.Pipeline;
import dev.langevin.pipeline.Pipelines;
import dev.langevin.request.CancellationToken;
import dev.langevin.request.Generation;
import dev.langevin.request.GenerationListener;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.LoadOptions;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(name = "generate", header = "Makes pictures of a text, of a class, or of nothing but noise.",
    footer = {"langevin generate \"a red apple\"",
        "langevin generate \"a castle at dusk\" --model sd15 --steps 30 --out castle.png",
        "langevin generate --class 8 --count 16 --grid --out bags.png",
        "langevin generate --from castle.png --seed 7 --out another.png"},
    mixinStandardHelpOptions = true,
    description = "Turns noise into pictures with a trained model: of a text with Stable Diffusion, of a class or of"
        + " nothing with"
        + " others.")
final class Generate implements Callable<Integer> {

  @Parameters(arity = "0..1", paramLabel = "PROMPT",
      description = "What the pictures are to show, for a model that reads a text.")
  private String prompt;

  @Option(names = "--prompts", paramLabel = "FILE",
      description = "A file of prompts, one a line, in the place of PROMPT; each gives --count pictures"
          + " (none).")
  private Path prompts;

  @Option(names = "--model", paramLabel = "PATH",
      description = "A diffusers folder or a single-file checkpoint; without it an embedded model: of emoji with a"
          + " prompt, else of Fashion-MNIST.")
  private Path model;

  @Mixin
  private TextOptions text = new TextOptions();

  @Option(names = {"--count", "--batch"}, paramLabel = "N", defaultValue = "1",
      description = "Number of pictures, made as one batch (${DEFAULT-VALUE}).")
  private int count;

  @Option(names = "--class", paramLabel = "K|NAME",
      description = "Class of the pictures, for a class-conditional model: its number, or its name where the model"
          + " has one, as langevin inspect lists them (none).")
  private String label;

  @Option(names = "--steps", paramLabel = "N", description = "Steps of the sampler (20 with a prompt, else 50).")
  private Integer steps;

  @Option(names = "--sampler", paramLabel = "NAME",
      description = "Sampler by the name that diffusers' users (euler_a, dpmpp_2m_karras), ComfyUI (euler_ancestral) or"
          + " A1111 (DPM++ 2M) give it, or diffusers class; without it the model's own, but DDIM in place of DDPM.")
  private String sampler;

  @Option(names = "--seed", paramLabel = "N", defaultValue = "0",
      description = "Seed of the random numbers (${DEFAULT-VALUE}); -1 draws one and tells it.")
  private long seed;

  @Option(names = "--from", paramLabel = "PICTURE",
      description = "Repeats a picture by the parameters that it holds; what is given beside it counts instead of"
          + " theirs (none).")
  private Path from;

  @Spec
  private CommandSpec spec;

  @Option(names = "--grid", description = "All pictures in one.")
  private boolean grid;

  @Option(names = "--strip",
      description = "The reverse chain of the first picture, eight moments of it, in one; without a prompt.")
  private boolean strip;

  @Option(names = "--out", paramLabel = "FILE|DIR",
      description = "The picture, a png, jpg or webp file (langevin.png); for several a folder (langevin), or a gif"
          + " file.")
  private Path out;

  @Mixin
  private PictureOutput output = new PictureOutput();

  @Option(names = "--model-dir", paramLabel = "DIR",
      description = "Where --from looks for its picture's model, by the hash that the picture has; without it"
          + " among those that were used before.")
  private Path modelDir;

  @Option(names = "--allow-nan", description = "Warn of weights that are NaN or infinite instead of refusing them.")
  private boolean allowNan;

  @Option(names = {"--device", "--backend"}, paramLabel = "NAME", defaultValue = DeviceName.USUAL,
      converter = DeviceName.class, description = DeviceName.HELP)
  private String backend;

  /** A prompt and the updates that it calls. */
  private record Asked(Wildcards.Drawn drawn, List<LoadOptions.Lora> loras) {}

  private boolean zeroedNegative; // by a picture that is repeated

  private String recordedHash; // of --from's picture, or null

  @Override
  public Integer call() throws Exception {
    seed = Seeds.orDrawn(seed); // a picture's own comes after, whatever it is
    if (modelDir != null && (from == null || model != null)) {
      throw new IllegalArgumentException("--model-dir " + modelDir + " is where --from looks for a model; "
          + (from == null ? "there is no --from" : "--model is given") + ", leave it away");
    }
    if (from != null) {
      repeat();
    }
    OptionPaths.require(text, model);
    List<String> texts = texts();
    long all = strip ? 1 : (long) count * Math.max(1, texts.size());
    Path target = out != null ? out : Path.of(grid || all == 1 ? "langevin.png" : "langevin");
    PictureSeries.Form form = PictureSeries.Form.ONE;
    if (grid || all <= 1) {
      output.requireOne(target);
    } else {
      form = output.requireSeveral(target, all) ? PictureSeries.Form.ANIMATION : PictureSeries.Form.FOLDER;
    }
    if (strip && !texts.isEmpty()) {
      throw new IllegalArgumentException("--strip is for models that read no text");
    }
    if (strip && (grid || count > 1)) {
      throw new IllegalArgumentException(
          "--strip shows one picture's chain; leave " + (grid ? "--grid" : "--count " + count) + " away");
    }
    if (texts.isEmpty() && (text.plain != null || text.promptSyntax != null)) {
      throw new IllegalArgumentException((text.plain != null ? "--plain-prompt" : "--prompt-syntax")
          + " means nothing without a prompt; give both or neither");
    }
    try (PictureSeries pictures = new PictureSeries(target, all, form, output.quality)) {
      if (!texts.isEmpty()) {
        fromText(texts, pictures);
      } else {
        withoutText(pictures);
      }
      pictures.finish();
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
    List<String> lines = PromptFile.lines(prompts).stream().filter(line -> !line.isBlank()).toList();
    if (lines.isEmpty()) {
      throw new IllegalArgumentException(prompts + " holds no prompt; write one a line");
    }
    return lines;
  }

  /** Takes the picture's settings where none were given. */
  private void repeat() {
    Repeat repeat = new Repeat(from, spec, text.policy.findings(), modelDir);
    repeat.apply(prompt != null || prompts != null);
    recordedHash = repeat.modelHash();
    if (model == null) {
      model = repeat.model();
    }
    if (prompt == null && prompts == null) {
      prompt = repeat.prompt();
    }
    if (text.negative == null) {
      text.negative = repeat.negative();
      zeroedNegative = repeat.zeroedNegative();
    }
  }

  private void fromText(List<String> prompts, PictureSeries pictures) throws IOException {
    List<Asked> asked = new ArrayList<>();
    for (String each : prompts) {
      asked.addAll(asked(each)); // a file that is not there is told at once
    }
    try (Opened opened = open()) {
      if (zeroedNegative && !opened.pipeline.facts().zerosWithoutNegative()) {
        text.policy.findings()
            .changes(from + " guides away from zeros in the place of a negative prompt, which this"
                + " model does not; give --negative");
      }
      for (Asked each : asked) {
        batches(opened.pipeline, request(each, opened), made -> {
          made.warnings().forEach(Messages::warn);
          for (int i = 0; i < made.request().count(); i++) {
            pictures.add(made.image(i), parameters(made, i, opened.usual, opened.hash));
          }
        });
      }
    }
  }

  /** Whether an option stands among the arguments. */
  boolean isGiven(String option) {
    return spec.commandLine().getParseResult().hasMatchedOption(option);
  }

  private List<Asked> asked(String prompt) throws IOException {
    List<Asked> asked = new ArrayList<>();
    for (Wildcards.Drawn drawn : Wildcards.draw(text.wildcardDir, prompt, text.negative, count, seed)) {
      asked.add(new Asked(drawn, PromptLoras.of(drawn.prompt(), text)));
    }
    return asked;
  }

  private GenerationRequest.Builder request(Asked asked, Opened opened) {
    if (model == null && text.guidance == null) {
      text.guidance = EmbeddedModel.EMOJI_GUIDANCE;
    }
    Wildcards.Drawn drawn = asked.drawn;
    return new TextToImage(text)
        .request(opened.pipeline.facts(), drawn.prompt(), drawn.count(), steps, sampler, drawn.seed())
        .negativePrompt(drawn.negative()).loras(asked.loras);
  }

  /**
   * A model that is open.
   *
   * @param hash the model's, computed beside the first steps, or null for an embedded one
   * @param usual the model's own sampler, or null
   */
  record Opened(Pipeline pipeline, CompletableFuture<String> hash, String usual) implements AutoCloseable {
    @Override
    public void close() {
      pipeline.close();
    }
  }

  /** Opens the model that these options name, with what they add to it; the caller closes it. */
  Opened open() throws IOException {
    OptionPaths.require(text, model);
    Pipeline pipeline = Pipelines.open(model != null ? model : EmbeddedModel.EMOJI.unpack(),
        new TextToImage(text).loadOptions(backend, allowNan));
    RecordedMachine.computedBy(backend, pipeline.build());
    return new Opened(pipeline, hash(), pipeline.facts().sampler());
  }

  /**
   * The one picture that these options ask for, as {@code --prompts} makes it of one line, by a model that was opened
   * with the same.
   */
  PictureRows.Made one(Opened opened) throws IOException {
    Asked asked = asked(prompt).getFirst();
    Generation made = new Batches(opened.pipeline, request(asked, opened).build(), text.maxMemory)
        .next(GenerationListener.NONE);
    return new PictureRows.Made(made.image(0), parameters(made, 0, opened.usual, opened.hash), made.seed(0),
        made.warnings());
  }

  /**
   * What tells how picture k was made.
   *
   * @param usual the model's own sampler, or null
   */
  private String parameters(Generation made, int k, String usual, CompletableFuture<String> hash) {
    return RecordedOptions.text(spec, made, k, sampler != null ? sampler : usual, model,
        hash == null ? null : ModelHash.get(hash));
  }

  /** The model's hash, computed beside the first steps, or null for an embedded one. */
  private CompletableFuture<String> hash() {
    return model == null ? null : ModelHash.usual().begin(model).whenComplete((hash, failure) -> {
      if (hash != null) {
        ModelFinder.usual().used(model, hash);
        if (recordedHash != null && !recordedHash.equalsIgnoreCase(hash)) {
          Messages.warn(from + " was made with a model of the hash " + recordedHash + ", " + model + " has " + hash
              + "; the pictures differ if they are not the same weights in another form");
        }
      }
    });
  }

  private void withoutText(PictureSeries pictures) throws IOException {
    TextToImage textToImage = new TextToImage(text);
    try (Pipeline pipeline = ModelOption.open(model, textToImage.loadOptions(backend, allowNan))) {
      GenerationRequest.Builder request = textToImage.request(pipeline.facts(), null, count, steps, sampler, seed);
      if (strip) {
        pictures.add(strip(pipeline, request), null);
      } else {
        boolean alone = pipeline.seedsEach() || count == 1; // else a picture hangs on those before it
        RecordedMachine.computedBy(backend, pipeline.build());
        String usual = pipeline.facts().sampler();
        CompletableFuture<String> hash = hash();
        batches(pipeline, request, made -> IntStream.range(0, made.request().count())
            .forEach(i -> pictures.add(made.image(i), alone ? parameters(made, i, usual, hash) : null)));
      }
    }
  }

  /** Makes all of a request's pictures, in several batches where one does not fit. */
  private void batches(Pipeline pipeline, GenerationRequest.Builder request, Consumer<Generation> made) {
    Batches batches = new Batches(pipeline, labelled(pipeline, request).build(), text.maxMemory);
    while (batches.left() > 0) {
      Generation batch;
      try (Progress progress = Progress.ofSampling()) {
        batch = batches.next(progress.listener());
      }
      Output.seconds(batch.seconds());
      made.accept(batch);
    }
  }

  private GenerationRequest.Builder labelled(Pipeline pipeline, GenerationRequest.Builder request) {
    if (label == null) {
      return request;
    }
    boolean read = pipeline.facts().needsClass(); // else it is refused, whatever it is
    return request.labels(read ? pipeline.facts().classNames().label(label) : 0);
  }

  private BufferedImage strip(Pipeline pipeline, GenerationRequest.Builder request) {
    List<BufferedImage> moments = new ArrayList<>();
    try (Progress progress = Progress.ofSampling()) {
      GenerationListener bar = progress.listener();
      pipeline.generate(labelled(pipeline, request).build(), (done, all, preview) -> {
        if (done % Math.max(1, all / 8) == 0 || done == all) {
          moments.add(Images.fromSignedUnit(preview.latents().row(0)));
        }
        return bar.stepped(done, all, preview);
      }, new CancellationToken());
    }
    return Images.grid(moments, moments.size(), 2);
  }
}
