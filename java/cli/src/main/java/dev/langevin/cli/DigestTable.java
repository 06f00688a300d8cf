package dev.langevin.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Digests as a CSV file: comment lines that tell the machine, a header, a row each.
 *
 * @param machine a line for each fact that digests depend on
 * @param rows the two digests, {@code latents,pixels}, by {@link Digest#key}
 */
record DigestTable(List<String> machine, Map<String, String> rows) {

  private static final String HEADER = "case,precision,cache,limit,latents,pixels";

  static DigestTable of(List<String> machine, List<Digest> digests) {
    Map<String, String> rows = new LinkedHashMap<>();
    digests.forEach(digest -> rows.put(digest.key(), digest.latents() + "," + digest.pixels()));
    return new DigestTable(machine, rows);
  }

  /** @throws IllegalArgumentException if it is no table of digests */
  static DigestTable read(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new IllegalArgumentException(file + ": there is no such file; 'bench digests --out' writes one");
    }
    List<String> machine = new ArrayList<>();
    Map<String, String> rows = new LinkedHashMap<>();
    boolean headed = false;
    for (String line : Files.readAllLines(file)) {
      String[] fields = line.split(",", -1);
      if (line.startsWith("# ")) {
        machine.add(line.substring(2));
      } else if (!headed && line.equals(HEADER)) {
        headed = true;
      } else if (headed && fields.length == 6) {
        rows.put(String.join(",", fields[0], fields[1], fields[2], fields[3]), fields[4] + "," + fields[5]);
      } else {
        throw new IllegalArgumentException(file + ": the line '" + line + "' is no row of " + HEADER
            + "; name a file that 'bench digests --out' wrote");
      }
    }
    return new DigestTable(machine, rows);
  }

  /** The rows of some cases, or all for null. */
  DigestTable only(List<String> cases) {
    Map<String, String> chosen = new LinkedHashMap<>(rows);
    chosen.keySet().removeIf(key -> cases != null && !cases.contains(key.substring(0, key.indexOf(','))));
    return new DigestTable(machine, chosen);
  }

  void write(Path file) throws IOException {
    StringBuilder text = new StringBuilder();
    machine.forEach(fact -> text.append("# ").append(fact).append('\n'));
    text.append(HEADER).append('\n');
    rows.forEach((key, digests) -> text.append(key).append(',').append(digests).append('\n'));
    Files.writeString(file, text);
  }

  /**
   * What this table, made now, has otherwise than an earlier one.
   *
   * @param lines a line for each row that differs, is missing, or is new; the last one counts
   * @param same whether every earlier row is here and equal; rows that are new do not count
   */
  record Comparison(List<String> lines, boolean same) {}

  Comparison against(DigestTable earlier) {
    List<String> lines = new ArrayList<>();
    int[] counts = new int[3]; // equal, different, missing
    earlier.rows.forEach((key, digests) -> {
      String made = rows.get(key);
      if (made == null) {
        counts[2]++;
        lines.add("missing: " + key);
      } else if (made.equals(digests)) {
        counts[0]++;
      } else {
        counts[1]++;
        lines.add("different: " + key + ": " + digests + " before, " + made + " now");
      }
    });
    rows.keySet().stream().filter(key -> !earlier.rows.containsKey(key)).forEach(key -> lines.add("new: " + key));
    lines.add(counts[0] + " equal, " + counts[1] + " different, " + counts[2] + " missing");
    return new Comparison(lines, counts[1] + counts[2] == 0);
  }
}
