package dev.langevin.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The class-conditional Fashion-MNIST model that lies in this jar, in f16. */
final class EmbeddedModel {

  private static final List<String> FILES = List.of("model_index.json", "scheduler/scheduler_config.json",
      "unet/config.json", "unet/diffusion_pytorch_model.fp16.safetensors");

  private EmbeddedModel() {}

  /** A copy in a temporary folder, deleted when the process ends: weights are mapped from a file. */
  static Path unpack() throws IOException {
    Path folder = Files.createTempDirectory("langevin-model");
    folder.toFile().deleteOnExit();
    for (String name : FILES) {
      Path target = folder.resolve(name);
      if (!target.getParent().equals(folder)) {
        Files.createDirectories(target.getParent());
        target.getParent().toFile().deleteOnExit();
      }
      try (InputStream in = EmbeddedModel.class.getResourceAsStream("/dev/langevin/cli/model/" + name)) {
        Files.copy(in, target);
      }
      target.toFile().deleteOnExit();
    }
    return folder;
  }
}
