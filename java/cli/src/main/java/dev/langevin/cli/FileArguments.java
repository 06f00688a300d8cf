package dev.langevin.cli;

import dev.langevin.request.LoadOptions;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files on the command line with values behind their names, which may hold the separators themselves. */
final class FileArguments {

  private static final String NUMBER = "[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?";

  private FileArguments() {}

  /** {@code FILE[:W[:WTEXT]]}: as much of it is the file as there is one of that name. */
  static LoadOptions.Lora lora(String argument) {
    String file = HubPaths.local(argument);
    String[] weights = {null, null}; // the last, and the one before it
    for (int i = 0; i < 2 && !Files.exists(Path.of(file)); i++) {
      int colon = file.lastIndexOf(':');
      String weight = file.substring(colon + 1);
      if (colon < 1 || !weight.matches(NUMBER)) {
        break;
      }
      weights[1] = weights[0];
      weights[0] = weight;
      file = file.substring(0, colon);
    }
    double weight = weights[0] == null ? 1 : Double.parseDouble(weights[0]);
    return new LoadOptions.Lora(Path.of(file), weight, weights[1] == null ? weight : Double.parseDouble(weights[1]));
  }

  /** {@code FILE[=TOKEN]}, likewise. */
  static LoadOptions.Embedding embedding(String argument) {
    if (Files.exists(Path.of(argument))) {
      return new LoadOptions.Embedding(Path.of(argument), null);
    }
    int last = argument.lastIndexOf('=');
    int equals = last;
    while (equals > 0 && !Files.exists(Path.of(argument.substring(0, equals)))) {
      equals = argument.lastIndexOf('=', equals - 1);
    }
    int split = equals > 0 ? equals : last;
    return split > 0
        ? new LoadOptions.Embedding(Path.of(argument.substring(0, split)), argument.substring(split + 1))
        : new LoadOptions.Embedding(Path.of(argument), null);
  }
}
