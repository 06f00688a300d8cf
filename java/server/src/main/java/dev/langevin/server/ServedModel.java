package dev.langevin.server;

import java.nio.file.Path;

/**
 * A model that requests may name.
 *
 * @param name what they call it
 * @param path folder or file
 * @param guidance what it is usually guided by where the family's usual is wrong for it, or null
 * @param created seconds since 1970, of its files
 * @param beside what it is opened with
 */
public record ServedModel(String name, Path path, Double guidance, long created, Beside beside) {

  /** By itself. */
  public ServedModel(String name, Path path, Double guidance, long created) {
    this(name, path, guidance, created, Beside.NOTHING);
  }

  /** The same with something beside it. */
  public ServedModel with(Beside other) {
    return new ServedModel(name, path, guidance, created, other);
  }

  /** Tells open models from each other. */
  String key() {
    return name + '\n' + path + '\n' + beside;
  }
}
