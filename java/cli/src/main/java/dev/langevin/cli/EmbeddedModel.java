package dev.langevin.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The models that lie in this jar, in f16 but for the last. */
enum EmbeddedModel {

  /** Classes of Fashion-MNIST. */
  FASHION("fashion", "model_index.json", "scheduler/scheduler_config.json", "unet/config.json",
      "unet/diffusion_pytorch_model.fp16.safetensors"),

  /** Texts to pictures of 64x64 in the manner of emoji: what docs/training/emoji.yaml trains. */
  EMOJI("emoji", "model_index.json", "scheduler/scheduler_config.json", "text_encoder/config.json",
      "text_encoder/model.safetensors",
      "tokenizer/merges.txt", "tokenizer/special_tokens_map.json", "tokenizer/tokenizer_config.json",
      "tokenizer/vocab.json",
      "unet/config.json", "unet/diffusion_pytorch_model.safetensors", "vae/config.json",
      "vae/diffusion_pytorch_model.safetensors"),

  /** What doubles pictures: the small network of UpscalerJS, MIT, in f32, see the LICENSE beside it. */
  UPSCALER("esrgan-slim", "x2.safetensors");

  /** What {@link #EMOJI} is usually guided by: more makes a small model's colours too strong. */
  static final double EMOJI_GUIDANCE = 3;

  /** {@link #UPSCALER}'s weights. */
  static final String UPSCALER_FILE = "x2.safetensors";

  private final String folder;
  private final List<String> files;

  EmbeddedModel(String folder, String... files) {
    this.folder = folder;
    this.files = List.of(files);
  }

  /** A copy in a temporary folder, deleted when the process ends: weights are mapped from a file. */
  Path unpack() throws IOException {
    try {
      return copy();
    } catch (IOException e) {
      throw new IOException(
          "the embedded model cannot be unpacked to the temporary folder " + System.getProperty("java.io.tmpdir") + ": "
              + e.getMessage()
              + "; free some space there, or name another folder with JDK_JAVA_OPTIONS=-Djava.io.tmpdir=DIR",
          e);
    }
  }

  private Path copy() throws IOException {
    Path root = Files.createTempDirectory("langevin-model");
    root.toFile().deleteOnExit();
    for (String name : files) {
      Path target = root.resolve(name);
      if (!target.getParent().equals(root)) {
        Files.createDirectories(target.getParent());
        target.getParent().toFile().deleteOnExit();
      }
      try (InputStream in = EmbeddedModel.class.getResourceAsStream("/dev/langevin/cli/" + folder + "/" + name)) {
        Files.copy(in, target);
      }
      target.toFile().deleteOnExit();
    }
    return root;
  }
}
