package dev.langevin.cli;

import dev.langevin.backend.Precision;
import dev.langevin.pipeline.Embeddings;
import dev.langevin.pipeline.Pipeline;
import dev.langevin.pipeline.files.ModelReport;
import dev.langevin.pipeline.upscaling.Tiles;
import dev.langevin.pipeline.upscaling.Upscaler;
import dev.langevin.plan.PlanSize;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.LoadOptions;
import dev.langevin.request.ModelFacts;
import dev.langevin.request.RequestPlan;
import dev.langevin.tensor.Tensor;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(name = "plan", header = "Shows what a model computes, and the memory that takes.",
    footer = {"langevin plan", "langevin plan --model sd15 --size 768x512 --precision int8",
        "langevin plan --model RealESRGAN_x4plus.pth --wide"},
    mixinStandardHelpOptions = true,
    description = "Lists every compiled operation of each network, in order of execution, with the memory of its result"
        + " and of its weights, and what the networks hold together.")
final class PlanCommand implements Callable<Integer> {

  /** Side of a picture that a network which enlarges is planned for. */
  private static final int USUAL_SIDE = 128;

  @Option(names = "--model", paramLabel = "PATH",
      description = "A diffusers folder, a single-file checkpoint or an upscaling network; without it the embedded"
          + " model of Fashion-MNIST.")
  private Path model;

  @Option(names = {"--count", "--batch"}, paramLabel = "N", defaultValue = "1",
      description = "Pictures at a time (${DEFAULT-VALUE}).")
  private int count;

  @Option(names = "--size", paramLabel = "WxH",
      description = "Size of the pictures, for a model that enlarges of the small one; without it the model's own, or"
          + " 128x128 of the small one.")
  private Size size;

  @Option(names = "--precision", paramLabel = "P",
      description = "f32 (usual on a processor), bf16 or int8, or of cuda f16 (usual there) or tf32.")
  private Precision precision;

  @Option(names = "--max-memory", paramLabel = "BYTES", description = "Most memory, such as 12g (no limit).")
  private ByteCount maxMemory;

  @Option(names = "--wide",
      description = "All columns: types, layouts of weights, offsets and implementations; sizes in bytes.")
  private boolean wide;

  @Option(names = {"--device", "--backend"}, paramLabel = "NAME", defaultValue = DeviceName.USUAL,
      converter = DeviceName.class, description = DeviceName.HELP)
  private String backend;

  @Override
  public Integer call() throws IOException {
    PlanTable table = new PlanTable(wide);
    if (model != null && enlarges()) {
      try (Upscaler upscaler = Upscaler.open(UpscalerOption.file(model), backend)) {
        int width = size == null ? USUAL_SIDE : size.width();
        int height = size == null ? USUAL_SIDE : size.height();
        Tiles tiles = upscaler.tiles(null);
        PlanSize bytes = upscaler.plan(width, height, tiles);
        table.network("upscaler", upscaler.operations(width, height, tiles), bytes);
        table.end(bytes.bytes());
      }
      return 0;
    }
    try (Pipeline pipeline = ModelOption.open(model, options())) {
      GenerationRequest request = request(pipeline);
      RequestPlan plan = pipeline.plan(request);
      pipeline.operations(request)
          .forEach((name, operations) -> table.network(name, operations, plan.networks().get(name)));
      table.end(plan.peakBytes());
    }
    return 0;
  }

  /** Whether the file is a network that enlarges pictures, and no model that makes some. */
  private boolean enlarges() {
    return model.toString().equals(UpscalerOption.EMBEDDED) || Files.exists(model)
        && !Files.exists(model.resolve("model_index.json"))
        && ModelReport.of(model, null, false).kind().startsWith("upscaler, ");
  }

  private LoadOptions options() {
    LoadOptions.Builder options = LoadOptions.builder().backend(backend);
    if (precision != null) {
      options.precision(precision);
    }
    return (maxMemory == null ? options : options.maxBytes(maxMemory.bytes())).build();
  }

  /** What the model would be asked for: it plans without the values. */
  private GenerationRequest request(Pipeline pipeline) {
    ModelFacts facts = pipeline.facts();
    GenerationRequest.Builder request = GenerationRequest.unconditional().count(count);
    if (facts.readsText()) {
      request.prompts(List.of(""));
    }
    if (facts.needsClass()) {
      request.labels(0);
    }
    if (pipeline.ability(Embeddings.class).filter(embeddings -> !embeddings.hasPrior()).isPresent()) {
      request.prompts(List.of()).imageEmbeddings(Tensor.ofFloats(new float[1], 1, 1)); // in the place of a text's
    }
    if (facts.upscales()) {
      int width = size == null ? USUAL_SIDE : size.width();
      int height = size == null ? USUAL_SIDE : size.height();
      request.image(new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB));
    } else if (size != null) {
      request.size(size.width(), size.height());
    }
    return request.build();
  }
}
