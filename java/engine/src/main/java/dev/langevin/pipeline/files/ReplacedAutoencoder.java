package dev.langevin.pipeline.files;

import dev.langevin.policy.Findings;
import dev.langevin.weights.NamedTensors;
import dev.langevin.weights.WeightsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/** A model's parts with an autoencoder of another place, or with one where the model has none. Owns both. */
final class ReplacedAutoencoder implements WrappedParts {

  private static final String VAE = "vae";

  private final ModelParts base;
  private final ModelParts source;

  /**
   * @param base owned by this one from now on, also where it cannot be made
   * @param path folder of an autoencoder or of a whole model, or a file with the original code's names
   * @throws WeightsException if there is none, or its latents are not the U-Net's
   */
  ReplacedAutoencoder(ModelParts base, Path path, Findings findings) {
    this.base = base;
    ModelParts opened = null;
    try {
      opened = Files.isRegularFile(path) ? new AutoencoderParts(path, base, findings) : new FolderParts(path);
      Object channels = opened.config(VAE).get("latent_channels");
      Object made = base.config("unet").get("out_channels");
      if (channels != null && made != null && !Objects.equals(channels, made)) {
        throw new WeightsException(
            path + ": the autoencoder's latents have " + channels + " channels, what the U-Net of "
                + base.name() + " makes has " + made + "; give one that the model was trained with");
      }
    } catch (RuntimeException e) {
      if (opened != null) {
        opened.close();
      }
      base.close();
      throw e;
    }
    this.source = opened;
  }

  @Override
  public ModelParts base() {
    return base;
  }

  @Override
  public Map<String, String> components() {
    Map<String, String> components = new LinkedHashMap<>(base.components());
    components.put(VAE, String.valueOf(source.config(VAE).getOrDefault("_class_name", "AutoencoderKL")));
    return components;
  }

  @Override
  public boolean has(String component) {
    return component.equals(VAE) || base.has(component);
  }

  @Override
  public Map<String, Object> config(String component) {
    return part(component).config(component);
  }

  @Override
  public Map<String, String> metadata(String component) {
    return part(component).metadata(component);
  }

  @Override
  public NamedTensors weights(String component) {
    return part(component).weights(component);
  }

  private ModelParts part(String component) {
    return component.equals(VAE) ? source : base;
  }

  @Override
  public void close() {
    source.close();
    base.close();
  }
}
