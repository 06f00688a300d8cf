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

/** A U-Net that denoises the latents of a trained autoencoder by a text, and the text's encoder (arXiv:2112.10752). */
final class LatentTask implements Task {

  private static final String UNET = "unet.";
  private static final String TEXT = "text_encoder.";
  private static final String LORA_FILE = "pytorch_lora_weights.safetensors";
  private static final String TEXT_PREFIX = "text_model.";

  private final TrainingConfig config;
  private final Backend backend;
  private final Dataset dataset;
  private final Batches batches;
  private final DiffusionInputs inputs;
  private final ClipTokenizer tokenizer;
  private final ModelFolder vae;
  private final LatentCache latents;
  private final Graph network;
  private final LowRank lora;

  /** Updates of the model {@code init}. */
  static LatentTask lora(TrainingConfig config, Backend backend) {
    if (config.init() == null || config.model().lora() == null) {
      throw new TrainingException("a lora run needs init, a model's folder, and model.lora.rank");
    }
    ModelFolder folder = new ModelFolder(config.init());
    TrainingConfig.Model model = TrainingConfig.Model.of(folder.config("unet"), folder.schedulerConfig(), config.init(),
        folder.config("text_encoder"), folder.component("tokenizer"), config.model().lora());
    return new LatentTask(config.with(model), backend, config.model().lora());
  }

  /** @param lora null to train the networks themselves */
  LatentTask(TrainingConfig config, Backend backend, LowRank lora) {
    this.config = config;
    this.backend = backend;
    this.lora = lora;
    TrainingConfig.Model model = config.model();
    if (model.unet() == null || model.textEncoder() == null || model.tokenizer() == null || model.vaeFolder() == null) {
      throw new TrainingException("model needs unet, text_encoder, tokenizer and vae_folder; it has " + model);
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
    batches = Tasks.batches(config, dataset);
    try (ModelWeights weights = vae.weights("vae")) {
      latents = new LatentCache(backend, autoencoder, weights, dataset, config.data().augmentation(),
          config.data().versions(), config.seed(),
          lora == null ? null : autoencoder.scalingFactor());
    }
    int side = latents.shape().intDim(2);
    Graph unet = UNet2DCondition.graph(UNetConditionConfig.of(model.unet()), config.steps().batchSize(), side, side,
        tokenizer.length(), 0, 0, false);
    Graph encoder =
        ClipText.graph(text, TEXT_PREFIX, config.steps().batchSize(), tokenizer.length(), false, List.of(), -1);
    network = JoinedGraph.of(
        TEXT, encoder, Map.of("last_hidden_state", "encoder_hidden_states"), UNET,
        lora == null ? unet : lora.insert(unet));
  }

  @Override
  public Dataset dataset() {
    return dataset;
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
    if (config.init() == null) {
      if (!config.model().trainTextEncoder()) {
        throw new TrainingException(
            "a new text encoder that is not trained says nothing; set model.train_text_encoder, or init");
      }
      return new InitialWeights(network.storedWeights(), config.seed());
    }
    ModelFolder folder = new ModelFolder(config.init());
    ModelWeights unet = folder.weights("unet");
    ModelWeights text = folder.weights("text_encoder");
    InitialWeights updates = new InitialWeights(network.storedWeights(), config.seed());
    return name -> LowRank.isUpdate(name) ? updates.tensor(name)
        : name.startsWith(UNET) ? unet.tensor(name.substring(UNET.length()))
        : text.tensor(name.substring(TEXT.length()));
  }

  /** Latents in the place of pictures. */
  @Override
  public Feed feed(long firstBatch) {
    Tensor drawn = Tensor.allocate(DType.F32, latents.shape().with(0, config.steps().batchSize()));
    return new CachedFeed(batches, firstBatch, drawn,
        (n, example, random) -> latents.draw(example, random, drawn.row(n)));
  }

  @Override
  public void write(Batch batch, StepRandom random, Learner learner) {
    inputs.write(batch.pixels(), random, learner);
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
      ModelFolderWriter.weights(folder.resolve(LORA_FILE), parameters, block, "");
      return;
    }
    Map<String, Object> autoencoder = new LinkedHashMap<>(vae.config("vae"));
    autoencoder.put("scaling_factor", latents.scale());
    ModelFolderWriter.copy(vae.component("vae"), folder.resolve("vae"), List.of("diffusion_pytorch_model.safetensors"));
    ModelFolderWriter.json(folder.resolve("vae/config.json"), autoencoder);
    ModelFolderWriter.copy(config.model().tokenizer(), folder.resolve("tokenizer"),
        List.of("vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json"));
    Map<String, Object> text = new LinkedHashMap<>();
    text.put("architectures", List.of("CLIPTextModel"));
    text.put("model_type", "clip_text_model");
    text.putAll(config.model().textEncoder());
    ModelFolderWriter.json(folder.resolve("text_encoder/config.json"), text);
    if (config.model().trainTextEncoder()) {
      ModelFolderWriter.weights(folder.resolve("text_encoder/model.safetensors"), parameters, block, TEXT);
    } else {
      ModelFolderWriter.copy(config.init().resolve("text_encoder"), folder.resolve("text_encoder"),
          List.of("model.safetensors"));
    }
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
