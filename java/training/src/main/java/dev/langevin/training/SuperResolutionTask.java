package dev.langevin.training;

import dev.langevin.backend.Backend;
import dev.langevin.backend.Block;
import dev.langevin.graph.Graph;
import dev.langevin.image.Enlargement;
import dev.langevin.models.UNet2D;
import dev.langevin.models.UNet2DConfig;
import dev.langevin.pipeline.Pipeline;
import dev.langevin.pipeline.Pipelines;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.LoadOptions;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Tensor;
import dev.langevin.tensor.TensorSource;
import dev.langevin.training.data.Batch;
import dev.langevin.training.data.Dataset;
import dev.langevin.weights.ModelFolder;
import java.awt.image.BufferedImage;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A network that enlarges: it denoises a picture beside which it sees the small one, enlarged (arXiv:2204.06125,
 * section 2.1). The small picture is corrupted, so that the decoder's faults do not mislead the network. That of the
 * sampler's last step learns the times behind the last but one of {@link #STEPS}.
 */
final class SuperResolutionTask implements Task {

  private static final String FIRST = "super_res_first";
  private static final String LAST = "super_res_last";

  /** Karlo's usual number, both ends of the chain included. */
  private static final int STEPS = 7;

  private final TrainingConfig config;
  private final Backend backend;
  private final DiffusionInputs inputs;
  private final Dataset dataset;
  private final Graph network;
  private final int below;

  SuperResolutionTask(TrainingConfig config, Backend backend) {
    this.config = config;
    this.backend = backend;
    TrainingConfig.Model model = config.model();
    int side = config.data().size();
    if (model.unet() == null || model.smallSize() == null || model.smallSize() < 1 || model.smallSize() > side) {
      throw new TrainingException(
          "model needs unet, a UNet2DModel's configuration, and small_size, from 1 to the pictures' " + side
              + "; it has " + model);
    }
    UNet2DConfig unet = UNet2DConfig.of(model.unet());
    if (unet.inChannels() != 6 || unet.outChannels() != 3 || config.data().channels() != 3 || unet.sampleSize() == null
        || unet.sampleSize() != side) {
      throw new TrainingException(
          "model.unet has in_channels " + unet.inChannels() + ", out_channels " + unet.outChannels() + ", sample_size "
              + unet.sampleSize() + ", data.channels is " + config.data().channels() + "; must be 6, 3, data.size "
              + side + " and 3");
    }
    inputs = new DiffusionInputs(config);
    below = model.last() ? inputs.steps() / (STEPS - 1) + 1 : inputs.steps();
    dataset = config.data().open(DataConfig.Needed.NOTHING, Tasks.leftOut(config));
    network = UNet2D.graph(unet, config.steps().batchSize(), side, side);
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
    return Tasks.initial(config, network, init -> new ModelFolder(init).weights(FIRST));
  }

  @Override
  public Feed feed(long firstBatch) {
    return Tasks.feed(Tasks.batches(config, dataset), firstBatch);
  }

  @Override
  public void write(Batch batch, StepRandom random, Learner learner) {
    Tensor noisy = inputs.write(batch.pixels(), below, random, learner);
    int side = config.data().size();
    Tensor small = Enlargement.bicubic(batch.pixels(), config.model().smallSize(), config.model().smallSize());
    for (int n = 0; n < batch.names().length; n++) {
      corrupt(small.row(n).data(), random.uniform() * config.objective().corruption(), random);
    }
    Tensor enlarged = Enlargement.bicubic(small, side, side);
    for (int n = 0; n < batch.names().length; n++) {
      Block row = learner.in("sample").row(n).block();
      row.upload(noisy.row(n).data(), 0);
      row.upload(enlarged.row(n).data(), row.bytes() / 2);
    }
  }

  private static void corrupt(MemorySegment picture, double deviation, StepRandom random) {
    for (long i = 0; i < picture.byteSize() / 4; i++) {
      double value = picture.getAtIndex(ValueLayout.JAVA_FLOAT, i) + deviation * random.normal();
      picture.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) Math.clamp(value, -1, 1));
    }
  }

  @Override
  public void save(Path folder, Parameters parameters, Block block) {
    UnClipFolder.of(folder, config.model().parts()).precision(
        config.init() == null ? DType.F32 : new BaseModel(new ModelFolder(config.init())).precision(FIRST))
        .network(config.model().last() ? LAST : FIRST, "UNet2DModel", config.model().unet(), parameters, block, "")
        .scheduler("super_res_scheduler", config.model().scheduler()).finish();
  }

  /** Pictures of the prompts, if all the other parts are there. */
  @Override
  public List<BufferedImage> samples(Path folder, Batch batch) {
    TrainingConfig.Samples samples = config.samples();
    if (!UnClipFolder.complete(folder) || samples.prompts() == null) {
      return List.of();
    }
    List<BufferedImage> pictures = new ArrayList<>();
    int steps = samples.steps() == null ? 25 : samples.steps();
    double guidance = samples.guidance() == null ? 4 : samples.guidance();
    try (Pipeline model = Pipelines.open(folder, LoadOptions.builder().backend(backend.name()).build())) {
      for (int n = 0; n < samples.count(); n++) {
        pictures
            .add(
                model
                    .generate(GenerationRequest.prompt(samples.prompts().get(n % samples.prompts().size()))
                        .seed(config.seed() + n)
                        .steps(steps).enlargingSteps(STEPS).guidance(guidance).prior(steps, guidance).build())
                    .image(0));
      }
    }
    return pictures;
  }
}
