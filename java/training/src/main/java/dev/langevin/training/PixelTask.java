package dev.langevin.training;

import dev.langevin.backend.Backend;
import dev.langevin.backend.Block;
import dev.langevin.graph.Graph;
import dev.langevin.models.UNet2D;
import dev.langevin.models.UNet2DConfig;
import dev.langevin.pipeline.Pipeline;
import dev.langevin.pipeline.Pipelines;
import dev.langevin.request.Generation;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.LoadOptions;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.TensorSource;
import dev.langevin.training.data.Batch;
import dev.langevin.training.data.Batches;
import dev.langevin.training.data.Dataset;
import dev.langevin.weights.ModelFolder;
import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A U-Net that denoises pictures, unconditional or by class (arXiv:2006.11239). */
final class PixelTask implements Task {

  private final TrainingConfig config;
  private final Backend backend;
  private final Dataset dataset;
  private final UNet2DConfig unet;
  private final Graph network;
  private final DiffusionInputs inputs;
  private final int classes;

  PixelTask(TrainingConfig settings, Backend backend) {
    config = complete(settings);
    this.backend = backend;
    inputs = new DiffusionInputs(config);
    Map<String, Object> values = config.model().unet();
    if (values == null) {
      throw new TrainingException("model.unet is missing; give a UNet2DModel's configuration");
    }
    unet = UNet2DConfig.of(values);
    int channels = config.data().channels();
    boolean learned = config.objective().varianceFactor() != null;
    if (unet.inChannels() != channels || unet.outChannels() != (learned ? 2 : 1) * channels) {
      throw new TrainingException("model.unet has in_channels " + unet.inChannels() + " and out_channels "
          + unet.outChannels() + ", data.channels is " + channels + "; set these to " + channels + " and "
          + (learned ? 2 : 1) * channels + (learned ? ", as the variance is learned" : ""));
    }
    classes = unet.classes() == null ? 0 : unet.classes();
    dataset = config.data().open(classes > 0 ? DataConfig.Needed.LABEL : DataConfig.Needed.NOTHING,
        Tasks.leftOut(config));
    double dropout = config.objective().conditionDropout();
    int needed = dataset.classes() + (dropout > 0 ? 1 : 0);
    if (classes > 0 && classes != needed) {
      throw new TrainingException(
          "model.unet.num_class_embeds is " + classes + ", the data have " + dataset.classes() + " classes"
              + (dropout > 0 ? " and condition_dropout asks for one more, the last, which stands for no class" : "")
              + ": set it to " + needed);
    }
    if (classes == 0 && (unet.classConditional() || dropout > 0)) {
      throw new TrainingException(
          "only a table of classes is trained: give model.unet.num_class_embeds, or leave condition_dropout away");
    }
    network = UNet2D.graph(unet, config.steps().batchSize(), config.data().size(), config.data().size());
  }

  /** With the networks of {@code init} where the file gives none. */
  private static TrainingConfig complete(TrainingConfig config) {
    TrainingConfig.Model model = config.model();
    if (config.init() == null || model.unet() != null && model.scheduler() != null) {
      return config;
    }
    ModelFolder base = new ModelFolder(config.init());
    return config.with(model.with(model.unet() == null ? base.config("unet") : model.unet(),
        model.scheduler() == null ? base.schedulerConfig() : model.scheduler(), null));
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
  public TensorSource initial() {
    return Tasks.initial(config, network, init -> new ModelFolder(init).weights("unet"));
  }

  @Override
  public Feed feed(long firstBatch) {
    Batches batches = Tasks.batches(config, dataset);
    return Tasks.feed(batches, firstBatch);
  }

  @Override
  public void write(Batch batch, StepRandom random, Learner learner) {
    inputs.write(batch.pixels(), random, learner);
    if (classes > 0) {
      long[] labels = batch.labels().clone();
      for (int n = 0; n < labels.length; n++) {
        boolean dropped = random.uniform() < config.objective().conditionDropout();
        labels[n] = dropped ? classes - 1 : labels[n];
      }
      learner.in("class_labels").write(labels);
    }
  }

  /** By their numbers, as diffusers' DiT has them; null where nobody names them. */
  private Map<String, Object> classNames() {
    if (classes == 0) {
      return null;
    }
    List<String> names = dataset.classNames();
    if (names.isEmpty()) {
      ModelFolder base = config.init() == null ? null : new ModelFolder(config.init());
      return base != null && Files.exists(base.index()) && base.options().get("id2label") instanceof Map<?, ?> named
          ? named.entrySet().stream().collect(LinkedHashMap::new,
              (all, entry) -> all.put(String.valueOf(entry.getKey()), entry.getValue()), Map::putAll)
          : null;
    }
    Map<String, Object> named = new LinkedHashMap<>();
    for (int label = 0; label < names.size(); label++) {
      named.put(String.valueOf(label), names.get(label));
    }
    return named;
  }

  @Override
  public void save(Path folder, Parameters parameters, Block block) {
    new ModelFolderWriter(folder, "DDPMPipeline")
        .precision(config.init() == null ? DType.F32 : new BaseModel(new ModelFolder(config.init())).precision("unet"))
        .network("unet", "UNet2DModel", config.model().unet(), parameters, block, "")
        .scheduler(config.model().scheduler()).option("id2label", classNames()).finish();
  }

  @Override
  public List<BufferedImage> samples(Path folder, Batch batch) {
    TrainingConfig.Samples samples = config.samples();
    List<BufferedImage> pictures = new ArrayList<>();
    try (Pipeline model = Pipelines.open(folder, LoadOptions.builder().backend(backend.name()).build())) {
      long[] labels = classes == 0 ? null : new long[samples.count()];
      for (int n = 0; labels != null && n < labels.length; n++) {
        labels[n] = n % dataset.classes();
      }
      int steps = samples.steps() == null ? 50 : samples.steps();
      Generation made =
          model.generate(GenerationRequest.unconditional().count(samples.count()).labels(labels).steps(steps)
              .sampler(samples.sampler()).seed(config.seed()).build());
      for (int n = 0; n < samples.count(); n++) {
        pictures.add(made.image(n));
      }
    }
    return pictures;
  }
}
