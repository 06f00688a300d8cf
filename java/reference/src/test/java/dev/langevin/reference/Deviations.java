package dev.langevin.reference;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * How far compared tensors are from what is expected, by family: each by its relative root mean square. Written as a
 * table to the file of system property {@code langevin.deviations}, if there is one. Tests run one after another.
 */
public final class Deviations {

  private static final Map<String, List<Double>> FAMILIES = new TreeMap<>();
  private static String family = "";

  private Deviations() {}

  /** What is compared from now on. */
  public static void of(String name) {
    family = name;
  }

  static void add(float[] actual, float[] expected) {
    double squares = 0;
    double scale = 0;
    for (int i = 0; i < expected.length; i++) {
      if (Float.compare(actual[i], expected[i]) != 0) { // else equal, infinities too
        squares += Math.pow((double) actual[i] - expected[i], 2);
      }
      scale += Math.pow(expected[i], 2);
    }
    if (scale > 0) { // zeros have no relative deviation
      FAMILIES.computeIfAbsent(family, each -> new ArrayList<>()).add(Math.sqrt(squares / scale));
    }
  }

  /** Writes those of all families so far. */
  public static void write() throws IOException {
    String file = System.getProperty("langevin.deviations", "");
    if (!file.isEmpty()) {
      List<String> lines = new ArrayList<>(List.of("family,tensors,relative_rms,worst_relative_rms"));
      FAMILIES.forEach((name, each) -> lines.add(String.format(Locale.ROOT, "%s,%d,%.3e,%.3e", name, each.size(),
          Math.sqrt(each.stream().mapToDouble(rms -> rms * rms).average().orElseThrow()),
          each.stream().mapToDouble(rms -> rms).max().orElseThrow())));
      Files.write(Path.of(file), lines);
    }
  }
}
