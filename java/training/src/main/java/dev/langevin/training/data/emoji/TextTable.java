package dev.langevin.training.data.emoji;

import dev.langevin.pipeline.stages.Rows;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The tables that lie beside this class: UTF-8, a row a line, {@code #} begins a line of comment. */
final class TextTable {

  private TextTable() {}

  /** Lines but for comments and empty ones. */
  static List<String> lines(String file) {
    try (InputStream in = TextTable.class.getResourceAsStream(file)) {
      if (in == null) {
        throw new IllegalStateException("the resource " + file + " is missing");
      }
      return new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8)).lines()
          .filter(line -> !line.isBlank() && !line.startsWith("#")).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Rows of a table whose cells are separated by tabs.
   *
   * @throws IllegalStateException if a row does not have that many cells
   */
  static List<List<String>> rows(String file, int columns) {
    return lines(file).stream().map(line -> {
      List<String> cells = List.of(line.split("\t", -1));
      if (cells.size() != columns || cells.stream().anyMatch(String::isBlank)) {
        throw new IllegalStateException(file + ": '" + line + "' does not have " + columns + " cells");
      }
      return cells;
    }).toList();
  }
}
