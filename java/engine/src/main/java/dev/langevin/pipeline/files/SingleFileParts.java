package dev.langevin.pipeline.files;

import dev.langevin.request.LoadOptions;
import dev.langevin.text.ClipTokenizer;
import dev.langevin.text.ClipVocabulary;
import dev.langevin.weights.NamedTensors;
import dev.langevin.weights.SingleFileCheckpoint;
import dev.langevin.weights.TokenizerFiles;
import java.nio.file.Path;
import java.util.Map;

/**
 * The parts of a single file in the original naming; the tokenizer's vocabulary, which it does not hold, is CLIP's
 * unless another is given.
 */
public final class SingleFileParts implements ModelParts {

  private final Path path;
  private final Path vocabulary; // a folder, or null
  private final SingleFileCheckpoint checkpoint;

  /**
   * Opens a checkpoint with the options' YAML file, or with the one beside it, if any.
   *
   * @param path of the checkpoint; it stays open until this is closed
   * @throws dev.langevin.weights.WeightsException if a file is missing or malformed, or the model is of no known kind
   */
  public SingleFileParts(Path path, LoadOptions options) {
    this(path, options, false);
  }

  /** @param averages whether the averages over the training are read in the U-Net's place */
  SingleFileParts(Path path, LoadOptions options, boolean averages) {
    this.path = path;
    this.vocabulary = options.tokenizer();
    this.checkpoint = SingleFileCheckpoint.open(path, options.originalConfig() != null ? options.originalConfig()
        : SingleFileCheckpoint.configBeside(path), averages, options.findings());
  }

  SingleFileCheckpoint checkpoint() {
    return checkpoint;
  }

  @Override
  public String name() {
    return path.toString();
  }

  @Override
  public Map<String, String> components() {
    return checkpoint.components();
  }

  @Override
  public Map<String, Object> options() {
    return checkpoint.options();
  }

  @Override
  public boolean has(String component) {
    return checkpoint.components().containsKey(component);
  }

  @Override
  public Map<String, Object> config(String component) {
    return checkpoint.config(component);
  }

  @Override
  public Map<String, Object> schedulerConfig(String component) {
    return checkpoint.schedulerConfig(component);
  }

  @Override
  public ClipTokenizer tokenizer(String component) {
    String padding = checkpoint.padToken(component.replace("tokenizer", "text_encoder"));
    return vocabulary != null ? TokenizerFiles.clip(vocabulary, padding) : ClipVocabulary.tokenizer(padding);
  }

  @Override
  public Map<String, Object> autoencoderHabits() {
    return checkpoint.autoencoderHabits();
  }

  @Override
  public NamedTensors weights(String component) {
    return checkpoint.weights(component);
  }

  @Override
  public Map<String, String> metadata(String component) {
    return checkpoint.metadata();
  }

  @Override
  public void close() {
    checkpoint.close();
  }
}
