package dev.langevin.training;

import dev.langevin.backend.Backend;
import dev.langevin.backend.Block;
import dev.langevin.graph.Graph;
import dev.langevin.models.PriorConfig;
import dev.langevin.models.PriorTransformer;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import dev.langevin.tensor.TensorSource;
import dev.langevin.training.data.Batch;
import dev.langevin.training.data.Dataset;
import dev.langevin.weights.ModelFolder;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Map;

/**
 * unCLIP's prior (arXiv:2204.06125, section 2.2): it denoises image embeddings, brought to mean 0 and deviation 1, by a
 * text.
 */
final class PriorTask implements Task {

  private final TrainingConfig config;
  private final DiffusionInputs inputs;
  private final Dataset dataset;
  private final FrozenClip clip;
  private final EmbeddedPictures pictures;
  private final float[] mean;
  private final float[] deviation;
  private final Graph network;

  PriorTask(TrainingConfig config, Backend backend) {
    this.config = config;
    TrainingConfig.Model model = config.model();
    if (model.prior() == null || model.parts() == null) {
      throw new TrainingException(
          "model needs prior, a PriorTransformer's configuration, and parts, the folder of a clip run; it has "
              + model);
    }
    inputs = new DiffusionInputs(config);
    dataset = Tasks.captioned(config);
    PriorConfig prior = PriorConfig.of(model.prior());
    clip = new FrozenClip(new ModelFolder(model.parts()), backend, config.steps().batchSize());
    if (prior.embedding() != clip.width() || prior.imageWidth() != clip.width() || prior.textWidth() != clip.width()
        || prior.texts() != clip.length()) {
      clip.close();
      throw new TrainingException("model.prior has embeddings of " + prior.embedding() + " for texts of "
          + prior.texts() + " tokens, " + model.parts()
          + " of " + clip.width() + " and " + clip.length()
          + ": set embedding_dim and num_embeddings to these, and leave clip_embed_dim away");
    }
    pictures = clip.embed(dataset, config.data().augmentation(), config.data().versions(), config.seed(), 0);
    mean = pictures.mean();
    deviation = pictures.deviation();
    network = PriorTransformer.graph(prior, config.steps().batchSize(), true);
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
    return new InitialWeights(network.storedWeights(), config.seed());
  }

  /** Embeddings in the place of pictures. */
  @Override
  public Feed feed(long firstBatch) {
    Tensor drawn = Tensor.allocate(DType.F32, Shape.of(config.steps().batchSize(), clip.width()));
    return new CachedFeed(Tasks.batches(config, dataset), firstBatch, drawn, (n, example, random) -> {
      float[] values = pictures.embeddings()[pictures.draw(example, random)].clone();
      for (int i = 0; i < values.length; i++) {
        values[i] = (values[i] - mean[i]) / deviation[i];
      }
      drawn.row(n).data().copyFrom(MemorySegment.ofArray(values));
    });
  }

  @Override
  public void write(Batch batch, StepRandom random, Learner learner) {
    learner.in("hidden_states").write(inputs.write(batch.pixels(), inputs.steps(), random, learner));
    String[] texts = batch.captions().clone();
    for (int n = 0; n < texts.length; n++) {
      texts[n] = random.uniform() < config.objective().conditionDropout() ? "" : texts[n];
    }
    clip.encode(texts, learner.in("proj_embedding"), learner.in("encoder_hidden_states"), learner.in("attention_bias"),
        0);
  }

  @Override
  public void save(Path folder, Parameters parameters, Block block) {
    Map<String, Tensor> scale = Map.of("clip_mean", Tensor.ofFloats(mean, 1, mean.length), "clip_std",
        Tensor.ofFloats(deviation, 1, mean.length));
    UnClipFolder.of(folder, config.model().parts())
        .network("prior", "PriorTransformer", config.model().prior(), parameters, block, "", scale)
        .scheduler("prior_scheduler", config.model().scheduler()).finish();
  }

  @Override
  public void close() {
    clip.close();
  }
}
