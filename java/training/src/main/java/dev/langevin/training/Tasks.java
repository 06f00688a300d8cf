package dev.langevin.training;

import dev.langevin.backend.Backend;
import dev.langevin.graph.Graph;
import dev.langevin.tensor.TensorSource;
import dev.langevin.training.data.Augmentation;
import dev.langevin.training.data.BatchLoader;
import dev.langevin.training.data.Batch;
import dev.langevin.training.data.Batches;
import dev.langevin.training.data.Dataset;
import dev.langevin.weights.ModelWeights;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;

/** The kinds of run, by their name in a file. */
final class Tasks {

  private Tasks() {}

  /** @param told what a task does before the first step, and what is odd */
  static Task of(TrainingConfig config, Backend backend, Consumer<String> told) {
    return switch (config.task()) {
      case pixels -> new PixelTask(config, backend);
      case latents -> new LatentTask(config, backend, null, told);
      case lora -> LatentTask.lora(config, backend, told);
      case textual_inversion -> new TextualInversionTask(config, backend);
      case clip -> new ClipTask(config);
      case prior -> new PriorTask(config, backend);
      case decoder -> new DecoderTask(config, backend);
      case super_resolution -> new SuperResolutionTask(config, backend);
      case autoencoder -> new AutoencoderTask(config);
      case classifier -> new ClassifierTask(config);
    };
  }

  /** The data of a run that needs texts. */
  static Dataset captioned(TrainingConfig config) {
    String prompt = config.instancePrompt();
    return prompt == null ? config.data().open(DataConfig.Needed.CAPTION, leftOut(config))
        : new CaptionedDataset(config.data().open(DataConfig.Needed.NOTHING, leftOut(config)), caption -> true,
            List.of(prompt));
  }

  /** The table of pictures that a run does not use. */
  static Path leftOut(TrainingConfig config) {
    return config.output().resolve("left-out.csv");
  }

  /** New weights, or those of the folder {@code init}. */
  static TensorSource initial(TrainingConfig config, Graph network, Function<Path, ModelWeights> open) {
    if (config.init() == null) {
      return new InitialWeights(network.storedWeights(), config.seed());
    }
    ModelWeights weights = open.apply(config.init());
    weights.requireFit(network.storedWeights());
    return weights;
  }

  /** Pictures as they come from a dataset. */
  static Task.Feed feed(Batches batches, long firstBatch) {
    BatchLoader loader = batches.loader(firstBatch);
    return new Task.Feed() {
      @Override
      public Batch next() {
        return loader.next();
      }

      @Override
      public double waited() {
        return loader.waited().toNanos() * 1e-9;
      }

      @Override
      public void close() {
        loader.close();
      }
    };
  }

  static Batches batches(TrainingConfig config, Dataset dataset) {
    Augmentation augmentation = config.data().augmentation();
    return new Batches(dataset, augmentation, config.steps().batchSize(), config.seed());
  }
}
