package dev.langevin.training.data;

import java.util.ArrayList;
import java.util.List;

/** Comma-separated values (RFC 4180): fields in quotes may hold commas, line ends, and quotes doubled. */
final class Csv {

  /** A record and the line, from 1 on, where it begins. */
  record Row(int line, List<String> fields) {}

  private final String text;
  private int at;
  private int line = 1;

  private Csv(String text) {
    this.text = text;
  }

  /**
   * All records; empty lines are none.
   *
   * @throws IllegalArgumentException if a quote is not closed or stands where it may not; the message begins with the
   *   line
   */
  static List<Row> parse(String text) {
    Csv csv = new Csv(text);
    List<Row> rows = new ArrayList<>();
    while (csv.at < text.length()) {
      Row row = csv.row();
      if (row.fields().size() > 1 || !row.fields().getFirst().isEmpty()) {
        rows.add(row);
      }
    }
    return rows;
  }

  private Row row() {
    int first = line;
    List<String> fields = new ArrayList<>();
    do {
      fields.add(at < text.length() && text.charAt(at) == '"' ? quoted() : plain());
    } while (taken(','));
    taken('\r');
    if (at < text.length() && !taken('\n')) {
      throw new IllegalArgumentException(
          "line " + line + ": text follows a closing quote; a quote within quotes is doubled");
    }
    line++;
    return new Row(first, fields);
  }

  private boolean taken(char c) {
    boolean there = at < text.length() && text.charAt(at) == c;
    at += there ? 1 : 0;
    return there;
  }

  private String plain() {
    int from = at;
    while (at < text.length() && ",\r\n".indexOf(text.charAt(at)) < 0) {
      at++;
    }
    return text.substring(from, at);
  }

  private String quoted() {
    int first = line;
    StringBuilder field = new StringBuilder();
    for (at++; at < text.length(); at++) {
      char c = text.charAt(at);
      if (c == '"') {
        at++;
        if (at >= text.length() || text.charAt(at) != '"') {
          return field.toString();
        }
      }
      line += c == '\n' ? 1 : 0;
      field.append(c);
    }
    throw new IllegalArgumentException("line " + first + ": a quote is never closed");
  }
}
