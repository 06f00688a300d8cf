package dev.langevin.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The network that makes pictures larger, as options name it: the one in this jar by its name, any other by its file.
 */
final class UpscalerOption {

  /** The name of the network that lies in this jar, which doubles pictures. */
  static final String EMBEDDED = "esrgan-slim";

  private UpscalerOption() {}

  /** Looks at a file that an option names, before anything is loaded. */
  static void require(String option, Path file) {
    if (file != null && !isEmbedded(file) && !Files.exists(file)) {
      throw new IllegalArgumentException(option + " " + file + ": there is no such file; name a network's file, or "
          + EMBEDDED + " for the one in this program");
    }
  }

  private static boolean isEmbedded(Path file) {
    return file.toString().equals(EMBEDDED);
  }

  /** The network's file; the one in this jar, unpacked, for null or its name. */
  static Path file(Path named) throws IOException {
    return named == null || isEmbedded(named)
        ? EmbeddedModel.UPSCALER.unpack().resolve(EmbeddedModel.UPSCALER_FILE) : named;
  }

  /** Without its folders and ending, as web UIs list networks. */
  static String name(Path named) {
    if (named == null) {
      return EMBEDDED;
    }
    String name = String.valueOf(named.toAbsolutePath().normalize().getFileName());
    return name.contains(".") ? name.substring(0, name.lastIndexOf('.')) : name;
  }
}
