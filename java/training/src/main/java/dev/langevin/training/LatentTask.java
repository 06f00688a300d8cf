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
import dev.langevin.weights.ModelFolder;
import dev.langevin.weights.ModelWeights;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** A U-Net that denoises the latents of a trained autoencoder by a text, and the text's encoder (arXiv:2112.10752). */
final class LatentTask implements Task {

  private static final String UNET = TextEncoders.UNET;
  private static final String TEXT = TextEncoders.TEXT;
  private static final String LORA_FILE = "pytorch_lora_weights.safetensors";
  private static final long CLASS = 0x5DEECE66DL; // so that both orders are not one

  private final TrainingConfig config;
  private final Backend backend;
  private final Consumer<String> told;
  private final Dataset dataset;
  private final SampleSizes samples;
  private final DiffusionInputs inputs;
  private final TextEncoders texts;
  private final ModelFolder vae;
  private final LatentCache latents;
  private final Dataset classPictures; // null where no prior is preserved
  private final LatentCache classLatents;
  private final List<Graph> networks = new ArrayList<>(); // by size of sample
  private final LowRank lora;
  private final BaseModel base; // null for new networks
  private Set<String> layers; // that get updates
  private Set<String> textLayers;
  private float[] masks; // of the batch that was drawn last, (N, 1, H, W); null without masks
  private final float[] timeIds; // of the batch that was drawn last, (N, 6) in XL

  /** Updates of the model {@code init}. */
  static LatentTask lora(TrainingConfig config, Backend backend, Consumer<String> told) {
    if (config.init() == null || config.model().lora() == null) {
      throw new TrainingException("a lora run needs init, a model's folder, and model.lora.rank");
    }
    return new LatentTask(config, backend, config.model().lora(), told);
  }

  /**
   * @param lora null to train the networks themselves
   * @param told while class pictures are made, and of weights that are taken over
   */
  LatentTask(TrainingConfig settings, Backend backend, LowRank lora, Consumer<String> told) {
    base = BaseModel.of(settings);
    this.config = base == null ? settings : base.complete(settings);
    this.backend = backend;
    this.told = told;
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
    if (base == null && model.grow()) {
      throw new TrainingException("model.grow takes weights over from init, and there is none; give init, or leave it"
          + " out");
    }
    inputs = new DiffusionInputs(config);
    dataset = Tasks.captioned(config);
    texts = TextEncoders.of(model, base);
    vae = new ModelFolder(model.vaeFolder());
    AutoencoderConfig autoencoder = AutoencoderConfig.of(vae.config("vae"));
    UNetConditionConfig denoiser = UNetConditionConfig.of(model.unet());
    texts.requireFit(denoiser);
    if (denoiser.inChannels() != autoencoder.latentChannels() || config.data().channels() != autoencoder.inChannels()) {
      throw new TrainingException("model.unet.in_channels is " + denoiser.inChannels() + " and data.channels "
          + config.data().channels() + "; the autoencoder's latents have " + autoencoder.latentChannels()
          + " channels, its pictures " + autoencoder.inChannels());
    }
    samples = SampleSizes.of(config.data(), dataset);
    if (config.data().buckets() == null) {
      Tasks.batches(config, dataset); // refuses pictures that are too small
    }
    if (config.priorPreservation() != null && config.data().buckets() != null) {
      throw new TrainingException("prior_preservation shows pictures of the class beside those of the data, all of one"
          + " size; leave data.buckets out");
    }
    if (config.data().isMasked() && inputs.objective().varianceFactor() != null) {
      throw new TrainingException("objective.variance_factor does not go with masks; remove one of them");
    }
    try (ModelWeights weights = vae.weights("vae")) {
      latents = new LatentCache(backend, autoencoder, weights, dataset, samples, config.data().maskSource(dataset),
          config.data().versions(),
          config.seed(), base == null ? null : base.scalingFactor());
      if (config.priorPreservation() != null) {
        classPictures = ClassPictures.open(config, backend.name(), told);
        classLatents = new LatentCache(backend, autoencoder, weights, classPictures,
            SampleSizes.of(config.data(), classPictures), null, config.data().versions(), classSeed(),
            base.scalingFactor());
      } else {
        classPictures = null;
        classLatents = null;
      }
    }
    int batch = shown();
    for (Shape shape : latents.shapes()) {
      Graph unet = UNet2DCondition.graph(denoiser, batch, shape.intDim(2), shape.intDim(3), texts.length(),
          texts.isXl() ? TextEncoders.TIME_IDS : 0, 0, false);
      LowRank.Updated updated = lora == null ? new LowRank.Updated(unet, Set.of()) : lora.insert(unet, UNET);
      TextEncoders.Joined joined = texts.before(updated.graph(), batch, model.trainTextEncoder() ? lora : null);
      layers = updated.layers();
      textLayers = joined.layers();
      networks.add(joined.graph());
    }
    timeIds = new float[batch * TextEncoders.TIME_IDS];
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
    if (lora == null || samples.note() == null) {
      return lora == null ? samples.note() : updates();
    }
    return samples.note() + "; " + updates();
  }

  private String updates() {
    Map<String, Integer> counts = new TreeMap<>();
    for (String layer : layers) {
      lora.targets().stream().filter(target -> layer.equals(target) || layer.endsWith("." + target)).findFirst()
          .ifPresent(target -> counts.merge(target, 1, Integer::sum));
    }
    return layers.size() + " layers get updates of rank " + lora.rank() + ": "
        + counts.entrySet().stream().map(e -> e.getValue() + " " + e.getKey()).collect(Collectors.joining(", "))
        + (textLayers.isEmpty() ? ""
            : "; and " + textLayers.size() + " of the text encoder" + (texts.isXl() ? "s" : ""));
  }

  @Override
  public LossGraph loss() {
    return losses().getFirst();
  }

  @Override
  public List<LossGraph> losses() {
    return networks.stream().map(config.data().isMasked()
        ? inputs.objective()::maskedLossOf : inputs.objective()::lossOf).toList();
  }

  @Override
  public boolean trained(String name) {
    return lora != null ? LowRank.isUpdate(name) : name.startsWith(UNET) || config.model().trainTextEncoder();
  }

  @Override
  public TensorSource initial() {
    if (base == null) {
      return new InitialWeights(networks.getFirst().storedWeights(), config.seed());
    }
    Map<String, ModelWeights> networksOfBase = new HashMap<>(
        Map.of(UNET, base.folder().weights("unet"), TEXT, base.folder().weights("text_encoder")));
    if (texts.isXl()) {
      networksOfBase.put(TextEncoders.TEXT_2, base.folder().weights("text_encoder_2"));
    }
    Map<String, Shape> shapes = networks.getFirst().storedWeights();
    InitialWeights own = new InitialWeights(shapes, config.seed());
    Map<String, TensorSource> sources = new HashMap<>(networksOfBase);
    if (config.model().grow()) {
      networksOfBase
          .forEach((prefix, weights) -> sources.put(prefix, new GrownWeights(weights, shapes, prefix, own, told)));
    }
    return new BaseTensors(sources, name -> LowRank.isUpdate(name) ? own.tensor(name) : null);
  }

  /** Latents in the place of pictures. */
  @Override
  public Feed feed(long firstBatch) {
    int batch = config.steps().batchSize();
    List<Tensor> drawn =
        latents.shapes().stream().map(shape -> Tensor.allocate(DType.F32, shape.with(0, shown()))).toList();
    CachedFeed.Draw draw = (n, example, random) -> {
      Tensor latent = drawn.get(samples.of()[example]).row(n);
      int at = latents.draw(example, random, latent);
      if (config.data().isMasked()) {
        noteMask(n, latents.mask(at));
      }
      noteSizes(n, latents.sizes(at));
    };
    if (config.data().buckets() != null) {
      return new BucketFeed(dataset, samples.batches(batch, config.seed()), firstBatch, drawn, draw);
    }
    Tensor all = drawn.getFirst();
    Feed own = new CachedFeed(Tasks.batches(config, dataset), firstBatch, all, draw);
    if (classPictures == null) {
      return own;
    }
    Batches beside = new Batches(classPictures, config.data().augmentation(), batch, classSeed());
    return new PairedFeed(own, new CachedFeed(beside, firstBatch, all, (n, example, random) -> {
      int at = classLatents.draw(example, random, all.row(batch + n));
      noteSizes(batch + n, classLatents.sizes(at));
    }), all);
  }

  private void noteMask(int n, float[] mask) {
    if (masks == null || masks.length != shown() * mask.length) {
      masks = new float[shown() * mask.length];
      Arrays.fill(masks, 1); // the class's pictures count in full
    }
    System.arraycopy(mask, 0, masks, n * mask.length, mask.length);
  }

  private void noteSizes(int n, float[] sizes) {
    System.arraycopy(sizes, 0, timeIds, n * TextEncoders.TIME_IDS, TextEncoders.TIME_IDS);
  }

  @Override
  public void write(Batch batch, StepRandom random, Learner learner) {
    learner.use(latents.shapes().indexOf(batch.pixels().shape().with(0, 1)));
    inputs.write(batch.pixels(), random, learner);
    if (classPictures != null) {
      config.priorPreservation().weigh(learner);
    }
    if (masks != null) {
      learner.in("mask").write(masks);
    }
    String[] shown = batch.captions().clone();
    for (int n = 0; n < shown.length; n++) {
      boolean dropped = random.uniform() < config.objective().conditionDropout();
      shown[n] = dropped ? "" : shown[n];
    }
    texts.write(shown, learner);
    if (texts.isXl()) {
      learner.in("time_ids").write(timeIds);
    }
    if (lora != null && lora.dropout() > 0) {
      LowRank.writeKey(random, learner, UNET, TEXT, TextEncoders.TEXT_2);
    }
  }

  @Override
  public void save(Path folder, Parameters parameters, Block block) {
    if (lora != null) {
      LowRankFile.of(lora, base).write(folder.resolve(LORA_FILE), parameters, block);
      return;
    }
    if (base != null) {
      new TunedFolder(base, config.model(), latents.scale()).write(folder, parameters, block);
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

  @Override
  public List<BufferedImage> samples(Path folder, Batch batch) {
    TrainingConfig.Samples grid = config.samples();
    List<String> prompts =
        grid.prompts() == null || grid.prompts().isEmpty() ? List.of(batch.captions()) : grid.prompts();
    List<BufferedImage> pictures = new ArrayList<>();
    LoadOptions.Builder options = LoadOptions.builder().backend(backend.name());
    if (lora != null) {
      options.lora(folder.resolve(LORA_FILE), 1);
    }
    try (Pipeline model = Pipelines.open(lora == null ? folder : config.init(), options.build())) {
      for (int n = 0; n < grid.count(); n++) {
        GenerationRequest.Builder request = GenerationRequest.prompt(prompts.get(n % prompts.size()))
            .size(config.data().size(), config.data().size()).steps(grid.steps() == null ? 20 : grid.steps())
            .seed(config.seed() + n)
            .guidance(grid.guidance() == null ? 3 : grid.guidance());
        if (grid.sampler() != null) {
          request.sampler(grid.sampler());
        }
        pictures.add(model.generate(request.build()).image(0));
      }
    }
    return pictures;
  }
}
