package dev.langevin.cli;

import java.util.ArrayList;
import java.util.List;

/** Lines of a page of 80 columns. */
final class Columns {

  private Columns() {}

  /**
   * A text broken at spaces behind a column of its own. A word that is longer than a line stays whole: it may be a
   * path.
   *
   * @param before what stands in front of the first line
   * @param indent of the other lines
   */
  static List<String> broken(String before, String text, int indent) {
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder(before);
    boolean empty = true; // of words of the text
    for (String word : text.split(" ", -1)) {
      if (!empty && line.length() + 1 + word.length() > CommandHelp.WIDTH) {
        lines.add(line.toString());
        line = new StringBuilder(" ".repeat(indent));
        empty = true;
      }
      line.append(empty ? "" : " ").append(word);
      empty = false;
    }
    lines.add(line.toString());
    return lines;
  }
}
