package dev.langevin.spark;

import java.nio.file.Path;

/** Other Java processes. */
final class Processes {

  private Processes() {}

  /** This process's Java. */
  static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }
}
