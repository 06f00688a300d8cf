package dev.langevin.cli;

import dev.langevin.image.Images;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files and folders that {@code generate} is given, looked at before a model is loaded. */
final class OptionPaths {

  private OptionPaths() {}

  /**
   * @param model the folder or file, or null for an embedded one
   * @throws IllegalArgumentException naming an option whose file is not there, or that the model's form has no use for
   */
  static void require(TextOptions options, Path model) {
    picture("--init-image", options.initImage);
    if (options.initImage != null) { // else it is refused for that
      picture("--mask", options.mask);
    }
    options.controls.forEach(each -> picture("--control", each));
    picture("--image-prompt", options.imagePrompt);
    require("--ip-adapter", options.ipAdapter);
    require("--image-encoder", options.imageEncoder);
    options.hires.require();
    require("--tokenizer", options.tokenizer);
    require("--original-config", options.originalConfig);
    require("--vae", options.vae);
    require("--lora-dir", options.loraDir);
    require("--wildcard-dir", options.wildcardDir);
    options.syntax();
    if (model == null || Files.isDirectory(model)) {
      requireOfAFile("--tokenizer", options.tokenizer);
      requireOfAFile("--original-config", options.originalConfig);
    }
  }

  private static void require(String option, Path place) {
    if (place != null && !Files.exists(place)) {
      throw new IllegalArgumentException(option + " " + place + ": there is no such file or folder");
    }
  }

  private static void picture(String option, Path file) {
    require(option, file);
    if (file != null) {
      Images.requireReadable(file);
    }
  }

  private static void requireOfAFile(String option, Path place) {
    if (place != null) {
      throw new IllegalArgumentException(
          option + " " + place + " is for a checkpoint of one file; a model's folder has its own, leave that away");
    }
  }
}
