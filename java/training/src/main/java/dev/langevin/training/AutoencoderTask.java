package dev.langevin.training;

import dev.langevin.backend.Block;
import dev.langevin.graph.Graph;
import dev.langevin.models.AutoencoderConfig;
import dev.langevin.models.AutoencoderKL;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.TensorSource;
import dev.langevin.training.data.Batch;
import dev.langevin.training.data.Dataset;
import dev.langevin.weights.ModelFolder;
import dev.langevin.weights.ModelWeights;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Map;

/**
 * An autoencoder that reconstructs pictures from a draw of its latents (arXiv:2112.10752, section 3.1, without the
 * adversary).
 */
final class AutoencoderTask implements Task {

  /** Of the divergence, by default: Stable Diffusion's 1e-6, which stands for sums over a picture. */
  private static final double DIVERGENCE = 1e-6;

  private final TrainingConfig config;
  private final Path base; // the folder of the autoencoder to begin with; null for new weights
  private final Dataset dataset;
  private final Graph network;

  AutoencoderTask(TrainingConfig settings) {
    base = settings.init() == null ? null : new ModelFolder(settings.init()).component("vae");
    boolean bare = settings.model().vae() == null && base != null;
    config = bare ? settings.with(settings.model().with(null, null,
        new ModelFolder(base.toAbsolutePath().getParent()).config(base.getFileName().toString()))) : settings;
    if (config.model().vae() == null) {
      throw new TrainingException("model.vae is missing; give an AutoencoderKL's configuration, or init");
    }
    AutoencoderConfig vae = AutoencoderConfig.of(config.model().vae());
    if (vae.inChannels() != config.data().channels()) {
      throw new TrainingException("model.vae.in_channels is " + vae.inChannels() + ", data.channels "
          + config.data().channels() + "; they must be the same");
    }
    dataset = config.data().open(DataConfig.Needed.NOTHING, Tasks.leftOut(config));
    network = AutoencoderKL.autoencode(AutoencoderConfig.of(config.model().vae()), config.steps().batchSize(),
        config.data().size(),
        config.data().size());
  }

  @Override
  public Dataset dataset() {
    return dataset;
  }

  @Override
  public LossGraph loss() {
    Double factor = config.objective().divergenceFactor();
    return LossGraph.autoencoder(network, config.objective().function(), factor == null ? DIVERGENCE : factor);
  }

  @Override
  public TensorSource initial() {
    return Tasks.initial(config, network, init -> ModelWeights.open(base));
  }

  @Override
  public Feed feed(long firstBatch) {
    return Tasks.feed(Tasks.batches(config, dataset), firstBatch);
  }

  @Override
  public void write(Batch batch, StepRandom random, Learner learner) {
    learner.in("image").write(batch.pixels());
    learner.in("target").write(batch.pixels());
    float[] noise = new float[Math.toIntExact(learner.in("noise").shape().elements())];
    random.normals(MemorySegment.ofArray(noise));
    learner.in("noise").write(noise);
    learner.in("weight").fill(1);
  }

  private DType precision() {
    if (base == null) {
      return DType.F32;
    }
    try (ModelWeights weights = ModelWeights.open(base)) {
      return StoredPrecision.of(weights);
    }
  }

  /** The folder is the autoencoder itself, as a component of a model. */
  @Override
  public void save(Path folder, Parameters parameters, Block block) {
    Map<String, Object> values = new java.util.LinkedHashMap<>();
    values.put("_class_name", "AutoencoderKL");
    values.putAll(config.model().vae());
    ModelFolderWriter.weights(folder.resolve("diffusion_pytorch_model.safetensors"), parameters, block, "", Map.of(),
        precision());
    ModelFolderWriter.json(folder.resolve("config.json"), values);
  }
}
