package dev.langevin.server;

import dev.langevin.request.LoadOptions;
import java.nio.file.Path;
import java.util.List;

/**
 * What a model is opened with beside its own files: files of the operator's folders. The same model with something else
 * is another open model.
 *
 * @param controlNets in the order of a request's control pictures
 * @param upscaler of a second pass, or null
 * @param autoencoder in the place of the model's own, or null
 */
public record Beside(List<Path> controlNets, Path upscaler, Path autoencoder) {

  /** The model's own files alone. */
  public static final Beside NOTHING = new Beside(List.of(), null, null);

  /** Copies {@code controlNets}. */
  public Beside {
    controlNets = List.copyOf(controlNets);
  }

  void into(LoadOptions.Builder options) {
    controlNets.forEach(options::controlNet);
    if (upscaler != null) {
      options.upscaler(upscaler);
    }
    if (autoencoder != null) {
      options.autoencoder(autoencoder);
    }
  }
}
