package dev.langevin.training;

import dev.langevin.backend.Backend;
import dev.langevin.backend.Block;
import dev.langevin.graph.Graph;
import dev.langevin.models.UNet2DCondition;
import dev.langevin.models.UNetConditionConfig;
import dev.langevin.models.UnClipTextProjection;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import dev.langevin.tensor.TensorSource;
import dev.langevin.training.data.Batch;
import dev.langevin.training.data.Dataset;
import dev.langevin.weights.ModelFolder;
import java.nio.file.Path;
import java.util.Map;

/**
 * unCLIP's decoder with the projection of what it is told (arXiv:2204.06125, section 2.1): a U-Net on small pictures,
 * by an image embedding and a text. The first rows of a batch are shown neither, for guidance; of the others some are
 * shown no text.
 */
final class DecoderTask implements Task {

  private static final String PROJECTION = "text_proj.";
  private static final String DECODER = "decoder.";

  private final TrainingConfig config;
  private final DiffusionInputs inputs;
  private final Dataset dataset;
  private final FrozenClip clip;
  private final EmbeddedPictures pictures;
  private final UnClipTextProjection.Config projection;
  private final Graph network;
  private final int side;
  private final int without;
  private Tensor embeddings; // of the batch at hand

  DecoderTask(TrainingConfig config, Backend backend) {
    this.config = config;
    TrainingConfig.Model model = config.model();
    if (model.unet() == null || model.textProj() == null || model.parts() == null) {
      throw new TrainingException(
          "model needs unet, text_proj and parts, the folder of a clip or prior run; it has " + model);
    }
    inputs = new DiffusionInputs(config);
    dataset = Tasks.captioned(config);
    UNetConditionConfig unet = UNetConditionConfig.of(model.unet());
    projection = UnClipTextProjection.Config.of(model.textProj());
    int batch = config.steps().batchSize();
    without = (int) Math.round(batch * config.objective().conditionDropout());
    if (unet.sampleSize() == null || without == 0 || without == batch) {
      throw new TrainingException("model.unet.sample_size is " + unet.sampleSize()
          + ", objective.condition_dropout leaves " + without + " of "
          + batch
          + " samples without an image embedding; the one must be given, of the others there must be some, but not"
          + " all");
    }
    side = unet.sampleSize();
    clip = new FrozenClip(new ModelFolder(model.parts()), backend, batch);
    if (projection.embedding() != clip.width()) {
      clip.close();
      throw new TrainingException(
          "model.text_proj.clip_embeddings_dim is " + projection.embedding() + ", the embeddings of " + model.parts()
              + " have " + clip.width());
    }
    pictures = clip.embed(dataset, config.data().augmentation(), config.data().versions(), config.seed(), side);
    network =
        JoinedGraph.of(PROJECTION, UnClipTextProjection.graph(projection, without, batch - without, clip.length()),
            Map.of("context", "encoder_hidden_states", "time", "class_labels"), DECODER,
            UNet2DCondition.graph(unet, batch, side, side, projection.extra() + clip.length(), 0, 0, false));
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

  @Override
  public Feed feed(long firstBatch) {
    int batch = config.steps().batchSize();
    Tensor drawn = Tensor.allocate(DType.F32, Shape.of(batch, 3, side, side));
    embeddings = Tensor.allocate(DType.F32, Shape.of(batch - without, clip.width()));
    return new CachedFeed(Tasks.batches(config, dataset), firstBatch, drawn, (n, example, random) -> {
      int version = pictures.draw(example, random);
      pictures.picture(version, drawn.row(n));
      if (n >= without) {
        pictures.embedding(version, embeddings.row(n - without));
      }
    });
  }

  @Override
  public void write(Batch batch, StepRandom random, Learner learner) {
    inputs.write(batch.pixels(), random, learner);
    learner.in("image_embeddings").write(embeddings);
    String[] texts = batch.captions().clone();
    for (int n = 0; n < texts.length; n++) {
      texts[n] = random.uniform() < config.objective().textDropout() || n < without ? "" : texts[n];
    }
    clip.encode(texts, learner.in("prompt_embeds"), learner.in("text_encoder_hidden_states"),
        learner.in("attention_bias"),
        projection.extra());
  }

  @Override
  public void save(Path folder, Parameters parameters, Block block) {
    UnClipFolder.of(folder, config.model().parts())
        .network("text_proj", "UnCLIPTextProjModel", config.model().textProj(), parameters, block, PROJECTION)
        .component("text_proj", "unclip", "UnCLIPTextProjModel")
        .network("decoder", "UNet2DConditionModel", config.model().unet(), parameters, block, DECODER)
        .scheduler("decoder_scheduler", config.model().scheduler()).finish();
  }

  @Override
  public void close() {
    clip.close();
  }
}
