package dev.langevin.training;

import dev.langevin.backend.Block;
import dev.langevin.graph.Graph;
import dev.langevin.tensor.TensorSource;
import dev.langevin.training.data.Batch;
import dev.langevin.training.data.Dataset;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** A classifier of labelled pictures. */
final class ClassifierTask implements Task {

  static final String CLASS_NAME = "LangevinClassifier";

  private final TrainingConfig config;
  private final Dataset dataset;
  private final Classifier classifier;
  private final Graph network;

  ClassifierTask(TrainingConfig config) {
    this.config = config;
    dataset = config.data().open(DataConfig.Needed.LABEL, Tasks.leftOut(config));
    if (dataset.classes() < 2) {
      throw new TrainingException(
          "the data have " + dataset.classes() + " classes; a classifier needs labels of two or more");
    }
    classifier =
        Classifier.of(config.model().classifier() == null ? Map.of() : config.model().classifier(), dataset.classes(),
            config.data().channels());
    network = classifier.graph(config.steps().batchSize(), config.data().size());
  }

  @Override
  public Dataset dataset() {
    return dataset;
  }

  @Override
  public LossGraph loss() {
    return LossGraph.classifier(network, "logits");
  }

  @Override
  public TensorSource initial() {
    return new InitialWeights(network.storedWeights(), config.seed());
  }

  @Override
  public Feed feed(long firstBatch) {
    return Tasks.feed(Tasks.batches(config, dataset), firstBatch);
  }

  @Override
  public void write(Batch batch, StepRandom random, Learner learner) {
    learner.in("image").write(batch.pixels());
    learner.in("labels").write(batch.labels());
  }

  @Override
  public void save(Path folder, Parameters parameters, Block block) {
    ModelFolderWriter.weights(folder.resolve("model.safetensors"), parameters, block, "");
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("_class_name", CLASS_NAME);
    values.put("channels", classifier.channels());
    values.put("classes", classifier.classes());
    values.put("in_channels", classifier.inChannels());
    values.put("sample_size", config.data().size());
    values.put("class_names", dataset.classNames());
    values.put("data", config.data().fields());
    ModelFolderWriter.json(folder.resolve("config.json"), values);
  }
}
