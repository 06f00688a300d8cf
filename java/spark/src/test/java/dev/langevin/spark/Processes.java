package dev.langevin.spark;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;

/** Other Java processes. */
final class Processes {

  private Processes() {}

  /** This process's Java. */
  static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  /** What Spark needs of the JVM, as this process has it. */
  static List<String> opens() {
    return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(option -> option.startsWith("--add-opens") || option.startsWith("--sun-misc")
            || option.startsWith("--enable-native-access"))
        .toList();
  }
}
