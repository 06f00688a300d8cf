package dev.langevin.training.evaluation;

import java.awt.FontMetrics;
import java.util.ArrayList;
import java.util.List;

/** Text in little room: broken between words, cut where it must be. */
final class CaptionText {

  private static final String CUT = "…";

  private CaptionText() {}

  /** The text, or as much of it as fits, ended by an ellipsis; empty if not even that fits. */
  static String fit(String text, FontMetrics metrics, int width) {
    if (metrics.stringWidth(text) <= width) {
      return text;
    }
    for (int end = text.length() - 1; end >= 0; end = end == 0 ? -1 : text.offsetByCodePoints(end, -1)) {
      String shorter = text.substring(0, end).stripTrailing() + CUT;
      if (metrics.stringWidth(shorter) <= width) {
        return shorter;
      }
    }
    return "";
  }

  /** At most so many lines; what does not fit the last is cut, and so is a word that does not fit a line. */
  static List<String> lines(String text, FontMetrics metrics, int width, int most) {
    List<String> lines = new ArrayList<>();
    String[] words = text.strip().split("\\s+");
    int word = 0;
    while (word < words.length && lines.size() < most) {
      StringBuilder line = new StringBuilder(words[word++]);
      boolean last = lines.size() == most - 1;
      while (word < words.length && (last || metrics.stringWidth(line + " " + words[word]) <= width)) {
        line.append(' ').append(words[word++]);
      }
      lines.add(fit(line.toString(), metrics, width));
    }
    return lines;
  }
}
