package dev.langevin.pipeline.files;

import dev.langevin.policy.Findings;
import dev.langevin.text.ClipTokenizer;
import dev.langevin.weights.AutoencoderFile;
import dev.langevin.weights.NamedTensors;
import dev.langevin.weights.WeightsException;
import java.nio.file.Path;
import java.util.Map;

/** One file with an autoencoder and nothing else that is read. */
public final class AutoencoderParts implements ModelParts {

  private final Path path;
  private final AutoencoderFile file;

  /**
   * Opens a file with the original code's names, and keeps it open until this is closed.
   *
   * @param model that it is for, of which it has what its tensors do not tell
   * @throws WeightsException if it is missing or malformed, or holds no autoencoder of such names
   */
  public AutoencoderParts(Path path, ModelParts model, Findings findings) {
    this.path = path;
    this.file = AutoencoderFile.open(path, model.autoencoderHabits(), findings);
  }

  @Override
  public String name() {
    return path.toString();
  }

  @Override
  public Map<String, String> components() {
    return Map.of("vae", "AutoencoderKL");
  }

  @Override
  public Map<String, Object> options() {
    return Map.of();
  }

  @Override
  public boolean has(String component) {
    return component.equals("vae");
  }

  @Override
  public Map<String, Object> config(String component) {
    return file.config();
  }

  @Override
  public Map<String, Object> schedulerConfig(String component) {
    throw none(component);
  }

  @Override
  public ClipTokenizer tokenizer(String component) {
    throw none(component);
  }

  private WeightsException none(String component) {
    return new WeightsException(path + ": is an autoencoder's file and has no " + component);
  }

  @Override
  public NamedTensors weights(String component) {
    return file.weights();
  }

  @Override
  public void close() {
    file.close();
  }
}
