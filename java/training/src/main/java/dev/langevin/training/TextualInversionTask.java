package dev.langevin.training;

import dev.langevin.backend.Backend;
import dev.langevin.backend.Block;
import dev.langevin.graph.Graph;
import dev.langevin.models.AutoencoderConfig;
import dev.langevin.models.ClipConfig;
import dev.langevin.models.ClipText;
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
import dev.langevin.text.ClipTokenizer;
import dev.langevin.text.TokenIds;
import dev.langevin.training.data.Batch;
import dev.langevin.training.data.Batches;
import dev.langevin.training.data.Dataset;
import dev.langevin.weights.AppendedRows;
import dev.langevin.weights.ModelWeights;
import dev.langevin.weights.SafetensorsWriter;
import dev.langevin.weights.TokenizerFiles;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Embeddings of a new word by which a Stable Diffusion model, all of whose weights stay, makes pictures like those of
 * the data (textual inversion, arXiv:2208.01618, section 3).
 */
final class TextualInversionTask implements Task {

  private static final String UNET = TextEncoders.UNET;
  private static final String TEXT = TextEncoders.TEXT;
  private static final String ROWS = TEXT + LearnedRows.WEIGHT;

  /** As diffusers calls it. */
  private static final String FILE = "learned_embeds.safetensors";

  private final TrainingConfig config;
  private final Backend backend;
  private final TextualInversionSettings settings;
  private final BaseModel base;
  private final Dataset dataset;
  private final Batches batches;
  private final DiffusionInputs inputs;
  private final ClipTokenizer tokenizer; // that knows the new word
  private final LatentCache latents;
  private final ModelWeights unetWeights;
  private final ModelWeights textWeights;
  private final String table;
  private final int entries; // of the encoder's own table
  private final int initializer; // token that the new rows begin as
  private final Graph network;

  TextualInversionTask(TrainingConfig given, Backend backend) {
    this.backend = backend;
    settings = given.textualInversion();
    if (given.init() == null) {
      throw new TrainingException("a textual_inversion run needs init, a model's folder");
    }
    base = BaseModel.of(given);
    if (base.folder().has("text_encoder_2")) {
      throw new TrainingException("a run of task textual_inversion takes Stable Diffusion 1 and 2; "
          + base.folder().root() + " is a model of two text encoders, such as Stable Diffusion XL");
    }
    config = base.complete(given);
    inputs = new DiffusionInputs(config);
    ClipConfig text = ClipConfig.of(config.model().textEncoder(), false);
    ClipTokenizer plain = TokenizerFiles.clip(config.model().tokenizer());
    entries = text.entries();
    initializer = initializer(plain);
    tokenizer = plain.with(Map.of(settings.placeholder(),
        IntStream.range(entries, entries + settings.count()).boxed().toList()));
    dataset = new CaptionedDataset(config.data().open(DataConfig.Needed.NOTHING, Tasks.leftOut(config)),
        caption -> caption.contains(settings.placeholder()), settings.sentences());
    requireWhole();
    batches = Tasks.batches(config, dataset);
    AutoencoderConfig autoencoder = AutoencoderConfig.of(base.folder().config("vae"));
    if (config.data().channels() != autoencoder.inChannels()) {
      throw new TrainingException("data.channels is " + config.data().channels() + ", the pictures of "
          + base.folder().root() + " have " + autoencoder.inChannels() + "; set it to these");
    }
    try (ModelWeights weights = base.folder().weights("vae")) {
      latents = new LatentCache(backend, autoencoder, weights, dataset, SampleSizes.of(config.data(), dataset), null,
          config.data().versions(), config.seed(), base.scalingFactor());
    }
    unetWeights = base.folder().weights("unet");
    textWeights = base.folder().weights("text_encoder");
    String prefix = textWeights.has("text_model.embeddings.token_embedding.weight") ? "text_model." : "";
    table = prefix + "embeddings.token_embedding.weight";
    int batch = config.steps().batchSize();
    int side = latents.shapes().getFirst().intDim(2);
    Graph unet = UNet2DCondition.graph(UNetConditionConfig.of(config.model().unet()), batch, side, side,
        tokenizer.length(), 0, 0, false);
    Map<String, Object> wider = new HashMap<>(config.model().textEncoder());
    wider.put("vocab_size", entries + 1);
    Graph encoder =
        ClipText.graph(ClipConfig.of(wider, false), prefix, batch, tokenizer.length(), false, List.of(), -1);
    network = JoinedGraph.of(TEXT, LearnedRows.insert(encoder, settings.count()),
        Map.of("last_hidden_state", "encoder_hidden_states"), UNET, unet);
  }

  private int initializer(ClipTokenizer plain) {
    List<Integer> ids = plain.encode(settings.initializer()); // between start and end
    if (ids.size() != 3) {
      throw new TrainingException("textual_inversion.initializer is '" + settings.initializer() + "', which is "
          + (ids.size() - 2) + " tokens; give a word of one");
    }
    if (plain.encode(settings.placeholder()).size() == 3) {
      throw new TrainingException("textual_inversion.placeholder is '" + settings.placeholder()
          + "', a word that the tokenizer knows already; take one that it does not, such as <"
          + settings.placeholder() + ">");
    }
    return ids.get(1);
  }

  /** A text from which the word is cut teaches nothing. */
  private void requireWhole() {
    for (int i = 0; i < dataset.size(); i++) {
      for (String caption : dataset.annotation(i).captions()) {
        TokenIds tokens = tokenizer.tokenize(caption);
        long there = IntStream.range(0, tokens.ids().length).filter(at -> tokens.ids()[at] >= entries).count();
        if (there == 0 || there % settings.count() != 0) {
          throw new TrainingException("'" + caption + "' is longer than " + tokenizer.length() + " tokens with "
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
        + network.storedWeights().get(ROWS).dim(1) + " numbers";
  }

  @Override
  public LossGraph loss() {
    return inputs.objective().lossOf(network);
  }

  @Override
  public boolean trained(String name) {
    return name.equals(ROWS);
  }

  @Override
  public TensorSource initial() {
    Tensor own = textWeights.tensor(table);
    long width = own.shape().dim(1);
    AppendedRows text = new AppendedRows(textWeights, table, Tensor.allocate(DType.F32, Shape.of(1, width)));
    Tensor rows = Tensor.allocate(DType.F32, Shape.of(settings.count(), width));
    for (int row = 0; row < settings.count(); row++) {
      own.copyFloats(initializer * width, width, rows.row(row).data());
    }
    return new BaseTensors(Map.of(UNET, unetWeights, TEXT, text), name -> name.equals(ROWS) ? rows : null);
  }

  /** Latents in the place of pictures. */
  @Override
  public Feed feed(long firstBatch) {
    Tensor drawn = Tensor.allocate(DType.F32, latents.shapes().getFirst().with(0, config.steps().batchSize()));
    return new CachedFeed(batches, firstBatch, drawn,
        (n, example, random) -> latents.draw(example, random, drawn.row(n)));
  }

  @Override
  public void write(Batch batch, StepRandom random, Learner learner) {
    inputs.write(batch.pixels(), random, learner);
    long[] ids = new long[batch.captions().length * tokenizer.length()];
    for (int n = 0; n < batch.captions().length; n++) {
      System.arraycopy(tokenizer.tokenize(batch.captions()[n]).ids(), 0, ids, n * tokenizer.length(),
          tokenizer.length());
    }
    learner.in(LearnedRows.INPUT).write(LearnedRows.split(ids, entries));
    learner.in("input_ids").write(ids);
  }

  /** As diffusers saves it: one tensor, called as the word. */
  @Override
  public void save(Path folder, Parameters parameters, Block block) {
    ModelFolderWriter.create(folder);
    SafetensorsWriter.write(folder.resolve(FILE),
        Map.of(settings.placeholder(), parameters.stored().get(ROWS)), DType.F32, Map.of("format", "pt"),
        (name, shape, first, chunk, count) -> parameters.copy(block, ROWS, first, chunk, count));
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
    unetWeights.close();
    textWeights.close();
  }
}
