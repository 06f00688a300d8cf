package dev.langevin.training;

import dev.langevin.backend.Backend;
import dev.langevin.backend.Block;
import dev.langevin.graph.Graph;
import dev.langevin.models.AutoencoderConfig;
import dev.langevin.models.UNet2DCondition;
import dev.langevin.models.UNetConditionConfig;
import dev.langevin.pipeline.Pipeline;
import dev.langevin.pipeline.Pipelines;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.LoadOptions;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import dev.langevin.tensor.TensorSource;
import dev.langevin.training.data.Batch;
import dev.langevin.training.data.Batches;
import dev.langevin.training.data.Dataset;
import dev.langevin.weights.AppendedRows;
import dev.langevin.weights.ModelWeights;
import dev.langevin.weights.SafetensorsWriter;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Embeddings of a new word by which a Stable Diffusion model, all of whose weights stay, makes pictures like those of
 * the data (textual inversion, arXiv:2208.01618, section 3).
 */
final class TextualInversionTask implements Task {

  /** As diffusers calls it. */
  private static final String FILE = "learned_embeds.safetensors";

  private final TrainingConfig config;
  private final Backend backend;
  private final TextualInversionSettings settings;
  private final BaseModel base;
  private final Dataset dataset;
  private final Batches batches;
  private final DiffusionInputs inputs;
  private final TextEncoders texts; // that know the new word
  private final List<TextEncoders.Embeddings> initializer; // that the new rows begin as, of each encoder
  private final LatentCache latents;
  private final Map<String, ModelWeights> weights = new HashMap<>(); // by component
  private final Graph network;
  private final float[] timeIds; // of the batch that was drawn last, (N, 6) in XL

  TextualInversionTask(TrainingConfig given, Backend backend) {
    this.backend = backend;
    settings = given.textualInversion();
    if (given.init() == null) {
      throw new TrainingException("a textual_inversion run needs init, a model's folder");
    }
    base = BaseModel.of(given);
    config = base.complete(given);
    inputs = new DiffusionInputs(config);
    TextEncoders plain = TextEncoders.of(config.model(), base);
    initializer = initializer(plain);
    texts = plain.learning(settings.placeholder(), settings.count());
    dataset = new CaptionedDataset(config.data().open(DataConfig.Needed.NOTHING, Tasks.leftOut(config)),
        caption -> caption.contains(settings.placeholder()), settings.sentences());
    requireWhole();
    batches = Tasks.batches(config, dataset);
    AutoencoderConfig autoencoder = AutoencoderConfig.of(base.folder().config("vae"));
    if (config.data().channels() != autoencoder.inChannels()) {
      throw new TrainingException("data.channels is " + config.data().channels() + ", the pictures of "
          + base.folder().root() + " have " + autoencoder.inChannels() + "; set it to these");
    }
    UNetConditionConfig denoiser = UNetConditionConfig.of(config.model().unet());
    texts.requireFit(denoiser);
    try (ModelWeights vae = base.folder().weights("vae")) {
      latents = new LatentCache(backend, autoencoder, vae, dataset, SampleSizes.of(config.data(), dataset), null,
          config.data().versions(), config.seed(), base.scalingFactor());
    }
    weights.put("unet", base.folder().weights("unet"));
    initializer.forEach(each -> weights.put(each.component(), base.folder().weights(each.component())));
    int batch = config.steps().batchSize();
    int side = latents.shapes().getFirst().intDim(2);
    Graph unet = UNet2DCondition.graph(denoiser, batch, side, side, texts.length(),
        texts.isXl() ? TextEncoders.TIME_IDS : 0, 0, false);
    network = texts.before(unet, batch, null).graph();
    timeIds = new float[batch * TextEncoders.TIME_IDS];
  }

  private List<TextEncoders.Embeddings> initializer(TextEncoders plain) {
    List<TextEncoders.Embeddings> found = plain.embeddings(settings.initializer());
    for (TextEncoders.Embeddings each : found) {
      if (each.tokens().size() != 1) {
        throw new TrainingException("textual_inversion.initializer is '" + settings.initializer() + "', which is "
            + each.tokens().size() + " tokens; give a word of one");
      }
    }
    if (plain.embeddings(settings.placeholder()).stream().anyMatch(each -> each.tokens().size() == 1)) {
      throw new TrainingException("textual_inversion.placeholder is '" + settings.placeholder()
          + "', a word that the tokenizer knows already; take one that it does not, such as <"
          + settings.placeholder() + ">");
    }
    return found;
  }

  /** A text from which the word is cut teaches nothing. */
  private void requireWhole() {
    for (int i = 0; i < dataset.size(); i++) {
      for (String caption : dataset.annotation(i).captions()) {
        if (!texts.isWhole(caption)) {
          throw new TrainingException("'" + caption + "' is longer than " + texts.length() + " tokens with "
              + settings.count() + " for " + settings.placeholder() + ", so that a part of these is cut; shorten it");
        }
      }
    }
  }

  @Override
  public Dataset dataset() {
    return dataset;
  }

  @Override
  public String note() {
    return settings.placeholder() + " begins as '" + settings.initializer() + "' and is "
        + (settings.count() == 1 ? "one embedding" : settings.count() + " embeddings") + " of "
        + initializer.stream().map(each -> network.storedWeights().get(rows(each)).dim(1) + " numbers")
            .collect(Collectors.joining(" and "));
  }

  @Override
  public LossGraph loss() {
    return inputs.objective().lossOf(network);
  }

  @Override
  public boolean trained(String name) {
    return name.endsWith("." + LearnedRows.WEIGHT);
  }

  @Override
  public TensorSource initial() {
    Map<String, TensorSource> sources = new HashMap<>();
    weights.forEach((component, tensors) -> sources.put(component + ".", tensors));
    Map<String, Tensor> rows = new HashMap<>();
    for (TextEncoders.Embeddings each : initializer) {
      ModelWeights encoder = weights.get(each.component());
      Tensor own = encoder.tensor(each.table());
      long width = own.shape().dim(1);
      sources.put(each.component() + ".",
          new AppendedRows(encoder, each.table(), Tensor.allocate(DType.F32, Shape.of(1, width))));
      Tensor begun = Tensor.allocate(DType.F32, Shape.of(settings.count(), width));
      for (int row = 0; row < settings.count(); row++) {
        own.copyFloats(each.tokens().getFirst() * width, width, begun.row(row).data());
      }
      rows.put(rows(each), begun);
    }
    return new BaseTensors(sources, rows::get);
  }

  private static String rows(TextEncoders.Embeddings encoder) {
    return encoder.component() + "." + LearnedRows.WEIGHT;
  }

  /** Latents in the place of pictures. */
  @Override
  public Feed feed(long firstBatch) {
    Tensor drawn = Tensor.allocate(DType.F32, latents.shapes().getFirst().with(0, config.steps().batchSize()));
    return new CachedFeed(batches, firstBatch, drawn, (n, example, random) -> {
      int at = latents.draw(example, random, drawn.row(n));
      System.arraycopy(latents.sizes(at), 0, timeIds, n * TextEncoders.TIME_IDS, TextEncoders.TIME_IDS);
    });
  }

  @Override
  public void write(Batch batch, StepRandom random, Learner learner) {
    inputs.write(batch.pixels(), random, learner);
    texts.write(batch.captions(), learner);
    if (texts.isXl()) {
      learner.in("time_ids").write(timeIds);
    }
  }

  /** As diffusers saves it: one tensor, called as the word; of XL, one for each encoder, as kohya's scripts call it. */
  @Override
  public void save(Path folder, Parameters parameters, Block block) {
    ModelFolderWriter.create(folder);
    Map<String, String> sources = new TreeMap<>();
    initializer.forEach(each -> sources.put(!texts.isXl() ? settings.placeholder()
        : each.component().equals("text_encoder") ? "clip_l" : "clip_g", rows(each)));
    Map<String, Shape> shapes = new TreeMap<>();
    sources.forEach((written, name) -> shapes.put(written, parameters.stored().get(name)));
    SafetensorsWriter.write(folder.resolve(FILE), shapes, DType.F32, Map.of("format", "pt"),
        (name, shape, first, chunk, count) -> parameters.copy(block, sources.get(name), first, chunk, count));
  }

  @Override
  public List<BufferedImage> samples(Path folder, Batch batch) {
    TrainingConfig.Samples samples = config.samples();
    List<String> prompts =
        samples.prompts() == null || samples.prompts().isEmpty() ? List.of(batch.captions()) : samples.prompts();
    LoadOptions options = LoadOptions.builder().backend(backend.name())
        .embedding(folder.resolve(FILE), settings.placeholder()).build();
    List<BufferedImage> pictures = new ArrayList<>();
    try (Pipeline model = Pipelines.open(config.init(), options)) {
      for (int n = 0; n < samples.count(); n++) {
        GenerationRequest.Builder request = GenerationRequest.prompt(prompts.get(n % prompts.size()))
            .size(config.data().size(), config.data().size()).steps(samples.steps() == null ? 20 : samples.steps())
            .seed(config.seed() + n).guidance(samples.guidance() == null ? 3 : samples.guidance());
        if (samples.sampler() != null) {
          request.sampler(samples.sampler());
        }
        pictures.add(model.generate(request.build()).image(0));
      }
    }
    return pictures;
  }

  @Override
  public void close() {
    weights.values().forEach(ModelWeights::close);
  }
}
