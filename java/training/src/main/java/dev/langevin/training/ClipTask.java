package dev.langevin.training;

import dev.langevin.backend.Block;
import dev.langevin.graph.Graph;
import dev.langevin.image.ClipPreprocessing;
import dev.langevin.models.ClipConfig;
import dev.langevin.models.ClipText;
import dev.langevin.models.ClipVision;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Tensor;
import dev.langevin.tensor.TensorSource;
import dev.langevin.text.ClipTokenizer;
import dev.langevin.training.data.Batch;
import dev.langevin.training.data.Dataset;
import dev.langevin.weights.TokenizerFiles;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * CLIP (arXiv:2103.00020): an encoder of texts and one of pictures, with projections. The temperature stays at what
 * CLIP's starts with. Captions that stand twice in a batch count as each other's rivals, which are few in large batches
 * of many captions.
 */
final class ClipTask implements Task {

  private static final String TEXT = "text_encoder.";
  private static final String IMAGE = "image_encoder.";

  /** The inverse of the temperature 0.07. */
  private static final double SCALE = 1 / 0.07;

  private final TrainingConfig config;
  private final Dataset dataset;
  private final ClipTokenizer tokenizer;
  private final ClipConfig text;
  private final Graph network;

  ClipTask(TrainingConfig config) {
    this.config = config;
    TrainingConfig.Model model = config.model();
    if (model.textEncoder() == null || model.imageEncoder() == null || model.tokenizer() == null) {
      throw new TrainingException("model needs text_encoder, image_encoder and tokenizer; it has " + model);
    }
    dataset = Tasks.captioned(config);
    tokenizer = TokenizerFiles.clip(model.tokenizer());
    text = ClipConfig.of(model.textEncoder(), true);
    ClipConfig image = ClipConfig.of(model.imageEncoder(), true);
    if (text.positions() != tokenizer.length() || text.entries() < tokenizer.entries()
        || !text.projection().equals(image.projection())
        || image.imageSize() != config.data().size()) {
      throw new TrainingException(
          "the text encoder has " + text.positions() + " positions, " + text.entries() + " entries and "
              + text.projection() + " projected channels, the image encoder " + image.projection() + " and pictures of "
              + image.imageSize()
              + "; the tokenizer makes " + tokenizer.length() + " tokens of " + tokenizer.entries() + ", data.size is "
              + config.data().size());
    }
    int batch = config.steps().batchSize();
    network =
        JoinedGraph.beside(TEXT, ClipText.graph(text, "text_model.", batch, tokenizer.length(), false, List.of(), -1),
            IMAGE, ClipVision.graph(image, "vision_model.", batch, List.of()), Set.of("text_embeds", "image_embeds"));
  }

  @Override
  public Dataset dataset() {
    return dataset;
  }

  @Override
  public LossGraph loss() {
    return LossGraph.contrastive(network, "text_embeds", "image_embeds", SCALE);
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
    Tensor pixels = Tensor.allocate(DType.F32, batch.pixels().shape());
    ClipPreprocessing.normalise(batch.pixels(), pixels);
    learner.in("pixel_values").write(pixels);
    learner.in("class_token").write(new long[batch.captions().length]);
    int length = tokenizer.length();
    long[] ids = new long[batch.captions().length * length];
    for (int n = 0; n < batch.captions().length; n++) {
      System.arraycopy(tokenizer.tokenize(batch.captions()[n]).ids(), 0, ids, n * length, length);
    }
    learner.in("input_ids").write(ids);
    learner.in("end").write(ClipText.ends(text, ids, length));
  }

  /** The parts as an unCLIP folder has them, and how pictures are prepared. */
  @Override
  public void save(Path folder, Parameters parameters, Block block) {
    encoder(folder.resolve("text_encoder"), "CLIPTextModelWithProjection", "clip_text_model",
        config.model().textEncoder());
    ModelFolderWriter.weights(folder.resolve("text_encoder/model.safetensors"), parameters, block, TEXT);
    encoder(folder.resolve("image_encoder"), "CLIPVisionModelWithProjection", "clip_vision_model",
        config.model().imageEncoder());
    ModelFolderWriter.weights(folder.resolve("image_encoder/model.safetensors"), parameters, block, IMAGE);
    int side = config.data().size();
    ModelFolderWriter.json(folder.resolve("feature_extractor/preprocessor_config.json"),
        Map.of("feature_extractor_type", "CLIPFeatureExtractor",
            "size", Map.of("shortest_edge", side), "crop_size", Map.of("height", side, "width", side)));
    ModelFolderWriter.copy(config.model().tokenizer(), folder.resolve("tokenizer"),
        List.of("vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json"));
    UnClipFolder.of(folder, folder).finish();
  }

  private static void encoder(Path folder, String className, String type, Map<String, Object> values) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("architectures", List.of(className));
    all.put("model_type", type);
    all.putAll(values);
    ModelFolderWriter.json(folder.resolve("config.json"), all);
  }
}
