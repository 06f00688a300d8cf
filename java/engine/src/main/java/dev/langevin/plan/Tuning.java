package dev.langevin.plan;

import dev.langevin.backend.Backend;
import dev.langevin.backend.Precision;
import dev.langevin.graph.Node;
import dev.langevin.graph.Value;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.zip.CRC32;

/**
 * What an {@link Autotuner} found out: of each operation that was measured the fastest implementation. Findings of one processor, set of
 * libraries and number of threads stand in a file of their own, a line each, which people may read and edit. Any thread.
 */
public final class Tuning {

  private static final String FORMAT = "langevin tuning 1: ";

  private final Path file;
  private final String header;
  private final Map<String, String> fastest = new TreeMap<>();

  private Tuning(Path file, String header) {
    this.file = file;
    this.header = header;
  }

  /**
   * The findings for a backend on this machine. A file that was made elsewhere, or is damaged, counts as none.
   *
   * @param folder of the files; made when there is something to keep
   */
  public static Tuning in(Path folder, Backend backend) {
    String header = FORMAT + backend.facts();
    CRC32 sum = new CRC32();
    sum.update(header.getBytes(StandardCharsets.UTF_8));
    Tuning tuning = new Tuning(folder.resolve("tuning-%08x.txt".formatted(sum.getValue())), header);
    tuning.read();
    return tuning;
  }

  private void read() {
    try {
      List<String> lines = Files.exists(file) ? Files.readAllLines(file) : List.of();
      if (!lines.isEmpty() && lines.getFirst().equals(header)) {
        for (String line : lines.subList(1, lines.size())) {
          String[] fields = line.split("\t");
          if (fields.length == 2) {
            fastest.put(fields[1], fields[0]);
          }
        }
      }
    } catch (IOException e) {
      fastest.clear(); // it can be measured again
    }
  }

  /** The findings' file. */
  public Path file() {
    return file;
  }

  /** The fastest implementation's name, or null where it was not measured. */
  synchronized String fastest(String signature) {
    return fastest.get(signature);
  }

  synchronized void put(String signature, String implementation) {
    fastest.put(signature, implementation);
  }

  /** Writes the file, whole, under another name first. */
  synchronized void save() throws IOException {
    Files.createDirectories(file.getParent());
    List<String> lines = new ArrayList<>(List.of(header));
    fastest.forEach((signature, implementation) -> lines.add(implementation + "\t" + signature));
    Path partial = Files.createTempFile(file.getParent(), ".tuning", ".partial");
    try {
      Files.write(partial, lines);
      Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(partial);
    }
  }

  /** What a node's time depends on: the operation, its operands' sizes, and which of them are packed beforehand. */
  static String signature(Node node, Precision precision) {
    StringJoiner inputs = new StringJoiner(" ");
    for (Value input : node.inputs()) {
      inputs.add((input.isWeight() ? "w" : "") + input.shape());
    }
    return precision + " " + node.op() + " " + inputs;
  }
}
