package dev.langevin.bindings;

import java.io.File;
import java.io.IOException;
import java.lang.module.FindException;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReader;
import java.lang.module.ModuleReference;
import java.net.URI;
import java.net.URL;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/**
 * Files in the modules that this JVM was started with, resolved or not. A jar without code is required by no module: it
 * is not resolved then, and no class loader finds what it holds.
 */
final class ModulePath {

  private ModulePath() {}

  /** A file of some module on the module path, or null where there is none. */
  static URL find(String file) {
    Path[] entries = Arrays.stream(System.getProperty("jdk.module.path", "").split(File.pathSeparator))
        .filter(entry -> !entry.isEmpty()).map(Path::of).toArray(Path[]::new);
    try {
      for (ModuleReference module : ModuleFinder.of(entries).findAll()) {
        try (ModuleReader reader = module.open()) {
          Optional<URI> found = reader.find(file);
          if (found.isPresent()) {
            return found.get().toURL();
          }
        }
      }
      return null;
    } catch (IOException | FindException e) {
      throw new NativeException("cannot look for " + file + " on the module path: " + e, e);
    }
  }
}
