package dev.langevin.training;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.langevin.backend.Backend;
import dev.langevin.backend.DeviceTensor;
import dev.langevin.graph.Graph;
import dev.langevin.plan.Plan;
import dev.langevin.plan.Planner;
import dev.langevin.tensor.Tensor;
import dev.langevin.training.evaluation.Features;
import dev.langevin.weights.ModelWeights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A trained {@link Classifier}, as the space in which pictures are compared. One thread; {@link #close} frees it. */
public final class FeatureExtractor implements AutoCloseable {

  private static final int BATCH = 64;
  private static final String CONFIG = "config.json";
  private static final ObjectMapper JSON =
      JsonMapper.builder().propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE).build();

  private final Plan plan;
  private final DataConfig data;
  private final List<String> classNames = new ArrayList<>();

  /** What the classifier makes of some pictures, a row each. */
  public record Judged(Features features, Features logits) {}

  /**
   * Loads a classifier that {@code langevin train} made.
   *
   * @param place its folder, or that of the run, which holds it as {@code model}
   * @throws TrainingException if there is none
   */
  public FeatureExtractor(Path place, Backend backend) {
    Path ofRun = place.resolve("model");
    Path folder = Files.exists(ofRun.resolve(CONFIG)) ? ofRun : place;
    Path file = folder.resolve(CONFIG);
    if (Files.notExists(file)) {
      throw new TrainingException(file + " does not exist; name the folder of a classifier that langevin train made");
    }
    try {
      JsonNode config = JSON.readTree(Files.readString(file));
      if (!ClassifierTask.CLASS_NAME.equals(config.path("_class_name").asText())) {
        throw new TrainingException(
            file + ": _class_name is " + config.path("_class_name") + ", must be " + ClassifierTask.CLASS_NAME
                + "; train one with task: classifier");
      }
      List<Integer> channels = new ArrayList<>();
      config.get("channels").forEach(c -> channels.add(c.intValue()));
      config.get("class_names").forEach(name -> classNames.add(name.textValue()));
      data = JSON.treeToValue(config.get("data"), DataConfig.class);
      Graph graph = new Classifier(channels, config.get("classes").intValue(), config.get("in_channels").intValue())
          .graph(BATCH, config.get("sample_size").intValue());
      try (ModelWeights weights = ModelWeights.open(folder)) {
        weights.requireFit(graph.storedWeights());
        plan = new Planner(backend).plan(graph, weights);
      }
    } catch (IOException e) {
      throw new TrainingException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /** How pictures are prepared for it, and where it was trained. */
  public DataConfig data() {
    return data;
  }

  /** Names of the classes; may be empty. */
  public List<String> classNames() {
    return classNames;
  }

  /**
   * Features and logits of pictures, a row each, in their order.
   *
   * @param pictures each (C, H, W) f32 in [-1, 1], at least one
   */
  public Judged judge(List<Tensor> pictures) {
    float[][] features = new float[pictures.size()][];
    float[][] logits = new float[pictures.size()][];
    for (int at = 0; at < features.length; at += BATCH) {
      int count = Math.min(BATCH, features.length - at);
      for (int n = 0; n < count; n++) {
        plan.in("image").row(n).write(pictures.get(at + n));
      }
      plan.run();
      split(plan.out("features"), features, at, count);
      split(plan.out("logits"), logits, at, count);
    }
    return new Judged(Features.of(features), Features.of(logits));
  }

  private static void split(DeviceTensor rows, float[][] into, int at, int count) {
    float[] values = rows.toFloats();
    int width = rows.shape().intDim(1);
    for (int n = 0; n < count; n++) {
      into[at + n] = Arrays.copyOfRange(values, n * width, (n + 1) * width);
    }
  }

  @Override
  public void close() {
    plan.close();
  }
}
