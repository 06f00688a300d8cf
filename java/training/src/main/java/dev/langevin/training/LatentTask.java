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
import dev.langevin.tensor.Tensor;
import dev.langevin.tensor.TensorSource;
import dev.langevin.text.ClipTokenizer;
import dev.langevin.training.data.Batch;
import dev.langevin.training.data.Batches;
import dev.langevin.training.data.Dataset;
import dev.langevin.weights.ModelFolder;
import dev.langevin.weights.ModelWeights;
import dev.langevin.weights.TokenizerFiles;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** A U-Net that denoises the latents of a trained autoencoder by a text, and the text's encoder (arXiv:2112.10752). */
final class LatentTask implements Task {

  private static final String UNET = "unet.";
  private static final String TEXT = "text_encoder.";
  private static final String LORA_FILE = "pytorch_lora_weights.safetensors";
  private static final String TEXT_PREFIX = "text_model.";
  private static final long CLASS = 0x5DEECE66DL; // so that both orders are not one

  private final TrainingConfig config;
  private final Backend backend;
  private final Dataset dataset;
  private final Batches batches;
  private final DiffusionInputs inputs;
  private final ClipTokenizer tokenizer;
  private final ModelFolder vae;
  private final LatentCache latents;
  private final Dataset classPictures; // null where no prior is preserved
  private final LatentCache classLatents;
  private final Graph network;
  private final LowRank lora;
  private final BaseModel base; // null for new networks
  private final Set<String> layers; // that get updates
  private final Set<String> textLayers;

  /** Updates of the model {@code init}. */
  static LatentTask lora(TrainingConfig config, Backend backend, Consumer<String> told) {
    if (config.init() == null || config.model().lora() == null) {
      throw new TrainingException("a lora run needs init, a model's folder, and model.lora.rank");
    }
    return new LatentTask(config, backend, config.model().lora(), told);
  }

  /**
   * @param lora null to train the networks themselves
   * @param told while class pictures are made
   */
  LatentTask(TrainingConfig settings, Backend backend, LowRank lora, Consumer<String> told) {
    base = BaseModel.of(settings);
    this.config = base == null ? settings : base.complete(settings);
    this.backend = backend;
    this.lora = lora;
    TrainingConfig.Model model = config.model();
    if (model.unet() == null || model.textEncoder() == null || model.tokenizer() == null || model.vaeFolder() == null) {
      throw new TrainingException(
          "a run of new networks needs model.unet, text_encoder, tokenizer and vae_folder; give them, or init");
    }
    if (base == null && !model.trainTextEncoder()) {
      throw new TrainingException(
          "a new text encoder that is not trained says nothing; set model.train_text_encoder, or init");
    }
    inputs = new DiffusionInputs(config);
    dataset = Tasks.captioned(config);
    tokenizer = TokenizerFiles.clip(model.tokenizer());
    ClipConfig text = ClipConfig.of(model.textEncoder(), false);
    if (text.positions() != tokenizer.length() || text.entries() < tokenizer.entries()) {
      throw new TrainingException("model.text_encoder has " + text.positions() + " positions and " + text.entries()
          + " entries, the tokenizer makes " + tokenizer.length() + " tokens of " + tokenizer.entries()
          + ": set max_position_embeddings and vocab_size to these");
    }
    vae = new ModelFolder(model.vaeFolder());
    AutoencoderConfig autoencoder = AutoencoderConfig.of(vae.config("vae"));
    UNetConditionConfig denoiser = UNetConditionConfig.of(model.unet());
    if (denoiser.inChannels() != autoencoder.latentChannels() || config.data().channels() != autoencoder.inChannels()) {
      throw new TrainingException("model.unet.in_channels is " + denoiser.inChannels() + " and data.channels "
          + config.data().channels() + "; the autoencoder's latents have " + autoencoder.latentChannels()
          + " channels, its pictures " + autoencoder.inChannels());
    }
    batches = Tasks.batches(config, dataset);
    try (ModelWeights weights = vae.weights("vae")) {
      latents = new LatentCache(backend, autoencoder, weights, dataset, config.data().augmentation(),
          config.data().versions(), config.seed(),
          base == null ? null : base.scalingFactor());
      if (config.priorPreservation() != null) {
        classPictures = ClassPictures.open(config, backend.name(), told);
        classLatents = new LatentCache(backend, autoencoder, weights, classPictures, config.data().augmentation(),
            config.data().versions(), classSeed(), base.scalingFactor());
      } else {
        classPictures = null;
        classLatents = null;
      }
    }
    int side = latents.shape().intDim(2);
    Graph unet = UNet2DCondition.graph(denoiser, shown(), side, side,
        tokenizer.length(), 0, 0, false);
    Graph encoder =
        ClipText.graph(text, TEXT_PREFIX, shown(), tokenizer.length(), false, List.of(), -1);
    LowRank.Updated updated = lora == null ? new LowRank.Updated(unet, Set.of()) : lora.insert(unet);
    LowRank.Updated updatedText = lora == null || !model.trainTextEncoder()
        ? new LowRank.Updated(encoder, Set.of()) : lora.ofText().insert(encoder);
    layers = updated.layers();
    textLayers = updatedText.layers();
    network = JoinedGraph.of(TEXT, updatedText.graph(), Map.of("last_hidden_state", "encoder_hidden_states"), UNET,
        updated.graph());
  }

  /** Of the order and the drawing of the class's pictures. */
  private long classSeed() {
    return config.seed() ^ CLASS;
  }

  /** Examples of a batch, the class's among them. */
  private int shown() {
    return config.steps().batchSize() * (classPictures == null ? 1 : 2);
  }

  @Override
  public Dataset dataset() {
    return dataset;
  }

  @Override
  public Dataset classPictures() {
    return classPictures;
  }

  @Override
  public String note() {
    if (lora == null) {
      return null;
    }
    Map<String, Integer> counts = new TreeMap<>();
    for (String layer : layers) {
      lora.targets().stream().filter(target -> layer.equals(target) || layer.endsWith("." + target)).findFirst()
          .ifPresent(target -> counts.merge(target, 1, Integer::sum));
    }
    return layers.size() + " layers get updates of rank " + lora.rank() + ": "
        + counts.entrySet().stream().map(e -> e.getValue() + " " + e.getKey()).collect(Collectors.joining(", "))
        + (textLayers.isEmpty() ? "" : "; and " + textLayers.size() + " of the text encoder");
  }

  @Override
  public LossGraph loss() {
    return inputs.objective().lossOf(network);
  }

  @Override
  public boolean trained(String name) {
    return lora != null ? LowRank.isUpdate(name) : name.startsWith(UNET) || config.model().trainTextEncoder();
  }

  @Override
  public TensorSource initial() {
    if (base == null) {
      return new InitialWeights(network.storedWeights(), config.seed());
    }
    ModelWeights unet = base.folder().weights("unet");
    ModelWeights text = base.folder().weights("text_encoder");
    InitialWeights updates = new InitialWeights(network.storedWeights(), config.seed());
    return name -> LowRank.isUpdate(name) ? updates.tensor(name)
        : name.startsWith(UNET) ? unet.tensor(name.substring(UNET.length()))
        : text.tensor(name.substring(TEXT.length()));
  }

  /** Latents in the place of pictures. */
  @Override
  public Feed feed(long firstBatch) {
    Tensor drawn = Tensor.allocate(DType.F32, latents.shape().with(0, shown()));
    Feed own = new CachedFeed(batches, firstBatch, drawn,
        (n, example, random) -> latents.draw(example, random, drawn.row(n)));
    if (classPictures == null) {
      return own;
    }
    int each = config.steps().batchSize();
    Batches beside = new Batches(classPictures, config.data().augmentation(), each, classSeed());
    return new PairedFeed(own, new CachedFeed(beside, firstBatch, drawn,
        (n, example, random) -> classLatents.draw(example, random, drawn.row(each + n))), drawn);
  }

  @Override
  public void write(Batch batch, StepRandom random, Learner learner) {
    inputs.write(batch.pixels(), random, learner);
    if (classPictures != null) {
      config.priorPreservation().weigh(learner);
    }
    long[] ids = new long[batch.captions().length * tokenizer.length()];
    for (int n = 0; n < batch.captions().length; n++) {
      boolean dropped = random.uniform() < config.objective().conditionDropout();
      long[] tokens = tokenizer.tokenize(dropped ? "" : batch.captions()[n]).ids();
      System.arraycopy(tokens, 0, ids, n * tokens.length, tokens.length);
    }
    learner.in("input_ids").write(ids);
  }

  @Override
  public void save(Path folder, Parameters parameters, Block block) {
    if (lora != null) {
      lora.write(folder.resolve(LORA_FILE), parameters, block);
      return;
    }
    if (base != null) {
      saveTuned(folder, parameters, block);
      return;
    }
    Map<String, Object> autoencoder = new LinkedHashMap<>(vae.config("vae"));
    autoencoder.put("scaling_factor", latents.scale());
    BaseModel.copyComponent(vae.component("vae"), folder.resolve("vae"));
    ModelFolderWriter.json(folder.resolve("vae/config.json"), autoencoder);
    ModelFolderWriter.copy(config.model().tokenizer(), folder.resolve("tokenizer"),
        List.of("vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json"));
    Map<String, Object> text = new LinkedHashMap<>();
    text.put("architectures", List.of("CLIPTextModel"));
    text.put("model_type", "clip_text_model");
    text.putAll(config.model().textEncoder());
    ModelFolderWriter.json(folder.resolve("text_encoder/config.json"), text);
    ModelFolderWriter.weights(folder.resolve("text_encoder/model.safetensors"), parameters, block, TEXT);
    new ModelFolderWriter(folder, "StableDiffusionPipeline")
        .network("unet", "UNet2DConditionModel", config.model().unet(), parameters, block, UNET)
        .scheduler(config.model().scheduler())
        .component("vae", "diffusers", "AutoencoderKL")
        .component("text_encoder", "transformers", "CLIPTextModel")
        .component("tokenizer", "transformers", "CLIPTokenizer")
        .component("safety_checker", null, null).component("feature_extractor", null, null)
        .component("image_encoder", null, null)
        .option("requires_safety_checker", false).finish();
  }

  /** The base with what was trained in its place, in its precision. */
  private void saveTuned(Path folder, Parameters parameters, Block block) {
    TrainingConfig.Model model = config.model();
    base.copy(folder, model.trainTextEncoder() ? Set.of("unet", "text_encoder", "scheduler")
        : Set.of("unet", "scheduler"));
    if (!vae.root().equals(base.folder().root())) {
      Checkpoints.delete(folder.resolve("vae"));
      BaseModel.copyComponent(vae.component("vae"), folder.resolve("vae"));
      Map<String, Object> autoencoder = new LinkedHashMap<>(vae.config("vae"));
      autoencoder.put("scaling_factor", latents.scale());
      ModelFolderWriter.json(folder.resolve("vae/config.json"), autoencoder);
    }
    Map<String, Object> unet = new LinkedHashMap<>();
    unet.put("_class_name", "UNet2DConditionModel");
    unet.putAll(model.unet());
    ModelFolderWriter.json(folder.resolve("unet/config.json"), unet);
    ModelFolderWriter.weights(folder.resolve("unet/diffusion_pytorch_model.safetensors"), parameters, block, UNET,
        Map.of(), base.precision("unet"));
    if (model.trainTextEncoder()) {
      ModelFolderWriter.json(folder.resolve("text_encoder/config.json"), base.folder().config("text_encoder"));
      ModelFolderWriter.weights(folder.resolve("text_encoder/model.safetensors"), parameters, block, TEXT, Map.of(),
          base.precision("text_encoder"));
    }
    Map<String, Object> scheduler = new LinkedHashMap<>(base.folder().schedulerConfig());
    scheduler.putAll(model.scheduler());
    ModelFolderWriter.json(folder.resolve("scheduler/scheduler_config.json"), scheduler);
  }

  @Override
  public List<BufferedImage> samples(Path folder, Batch batch) {
    TrainingConfig.Samples samples = config.samples();
    List<String> prompts =
        samples.prompts() == null || samples.prompts().isEmpty() ? List.of(batch.captions()) : samples.prompts();
    List<BufferedImage> pictures = new ArrayList<>();
    LoadOptions.Builder options = LoadOptions.builder().backend(backend.name());
    if (lora != null) {
      options.lora(folder.resolve(LORA_FILE), 1);
    }
    try (Pipeline model = Pipelines.open(lora == null ? folder : config.init(), options.build())) {
      for (int n = 0; n < samples.count(); n++) {
        GenerationRequest.Builder request = GenerationRequest.prompt(prompts.get(n % prompts.size()))
            .size(config.data().size(), config.data().size()).steps(samples.steps() == null ? 20 : samples.steps())
            .seed(config.seed() + n)
            .guidance(samples.guidance() == null ? 3 : samples.guidance());
        if (samples.sampler() != null) {
          request.sampler(samples.sampler());
        }
        pictures.add(model.generate(request.build()).image(0));
      }
    }
    return pictures;
  }
}
