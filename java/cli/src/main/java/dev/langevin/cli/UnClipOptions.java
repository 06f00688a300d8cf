package dev.langevin.cli;

import dev.langevin.backend.Precision;
import dev.langevin.diffusion.TorchGenerator;
import dev.langevin.image.ClipPreprocessing;
import dev.langevin.image.Images;
import dev.langevin.pipeline.Embeddings;
import dev.langevin.pipeline.Pipeline;
import dev.langevin.pipeline.Pipelines;
import dev.langevin.request.CancellationToken;
import dev.langevin.request.Generation;
import dev.langevin.request.GenerationListener;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.LoadOptions;
import dev.langevin.tensor.Tensor;
import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What the commands for folders of unCLIP share. */
final class UnClipOptions {

  /** What is meant as a picture's file. */
  private static final Pattern PICTURE =
      Pattern.compile("(?is).*\\.(png|jpe?g|jfif|gif|bmp|webp|tiff?|avif|heic)|(\\.{0,2}/|~/|[a-z]:[\\\\/]).*");

  @Option(names = "--model", paramLabel = "DIR", required = true, description = "A diffusers folder of Karlo's layout.")
  Path model;

  @Option(names = "--steps", paramLabel = "N",
      description = "Steps of the prior and of the decoder (25); enlarging takes 7.")
  Integer steps;

  @Option(names = "--guidance", paramLabel = "X", description = "Guidance of the decoder (8).")
  Double guidance;

  @Option(names = "--max-memory", paramLabel = "BYTES",
      description = "Most memory of a network, such as 12g; more is refused (no limit).")
  ByteCount maxMemory;

  @Option(names = "--seed", paramLabel = "N", defaultValue = "0",
      description = "Seed of the random numbers (${DEFAULT-VALUE}); -1 draws one and tells it.")
  long seed;

  @Option(names = {"--device", "--backend"}, paramLabel = "NAME", defaultValue = DeviceName.USUAL,
      converter = DeviceName.class, description = DeviceName.HELP)
  String backend;

  @Option(names = "--precision", paramLabel = "P",
      description = "Arithmetic of decoder and enlarging networks: f32 (usual on a processor), bf16 or int8,"
          + " or of cuda f16 (usual there) or tf32.")
  Precision precision;

  @Option(names = "--allow-nan", description = "Warn of weights that are NaN or infinite instead of refusing them.")
  boolean allowNan;

  @Mixin
  PolicyOption policy = new PolicyOption();

  Pipeline open() {
    seed = Seeds.orDrawn(seed);
    LoadOptions.Builder options = LoadOptions.builder().backend(backend).allowNan(allowNan).policy(policy.policy())
        .warnings(Messages::warn);
    if (precision != null) {
      options.precision(precision);
    }
    return Pipelines.open(model, (maxMemory == null ? options : options.maxBytes(maxMemory.bytes())).build());
  }

  /** What only such models can do. */
  Embeddings embeddings(Pipeline pipeline) {
    return pipeline.ability(Embeddings.class).orElseThrow(() -> new IllegalArgumentException(
        model + " is a model of " + pipeline.facts().family()
            + ", which has no embeddings of pictures; name a folder of unCLIP"));
  }

  private GenerationRequest.Builder request() {
    return GenerationRequest.unconditional().seed(seed).steps(steps).guidance(guidance);
  }

  /**
   * A picture's file, or null for a text.
   *
   * @throws IllegalArgumentException if it is named as a picture's file is, and there is none that can be read
   */
  static Path picture(String what) {
    Path file;
    try {
      file = Path.of(what);
    } catch (InvalidPathException e) {
      return null;
    }
    if (Files.isRegularFile(file)) {
      Images.requireReadable(file);
      return file;
    }
    if (PICTURE.matcher(what).matches() || !what.isBlank() && Files.exists(file)) {
      throw new IllegalArgumentException(what + (Files.exists(file) ? " is no file; name a picture"
          : ": there is no such picture; a text that ends so is one with a full stop behind it"));
    }
    return null;
  }

  /**
   * Whether the model can make embeddings of all of these: asked before the first is made.
   *
   * @param whats pictures' files and texts
   */
  void requireRead(Embeddings embeddings, String... whats) {
    for (String what : whats) {
      if (picture(what) != null) {
        embeddings.side(); // which says what is missing
      } else if (!embeddings.hasPrior()) {
        throw new IllegalArgumentException(
            what + ": there is no such picture, and " + model + " has no prior that reads texts");
      }
    }
  }

  /** The embedding of a picture's file, or of a text by the prior. */
  Tensor embedding(Embeddings embeddings, String what, GenerationListener listener) {
    Path picture = picture(what);
    if (picture != null) {
      return embeddings.ofPicture(ClipPreprocessing.pixels(Images.read(picture, policy.findings()), embeddings.side()));
    }
    return embeddings.ofPrior(request().prompts(List.of(what)).build(), new TorchGenerator(seed), listener,
        new CancellationToken());
  }

  /** Pictures of embeddings without a text. */
  List<BufferedImage> decode(Pipeline pipeline, Tensor embedding, int count, GenerationListener listener) {
    Generation made =
        pipeline.generate(request().count(count).imageEmbeddings(embedding).build(), listener, new CancellationToken());
    return IntStream.range(0, count).mapToObj(made::image).toList();
  }
}
