package dev.langevin.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What standard error is: a terminal, on which a bar can move, or a file or a pipe. It is asked of the kernel, without
 * a library that would set up the terminal anew and take its signals: Ctrl-C must stay one.
 */
final class Terminal {

  private static final int USUAL_COLUMNS = 80;

  private Terminal() {}

  /** Whether standard error is a terminal that understands a carriage return. */
  static boolean isOne() {
    if ("dumb".equals(System.getenv("TERM"))) {
      return false;
    }
    try {
      String place = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
      return place.startsWith("/dev/pts/") || place.startsWith("/dev/tty") || place.equals("/dev/console");
    } catch (IOException | UnsupportedOperationException e) {
      return false; // no such folder: nothing is known, and lines are right everywhere
    }
  }

  /** Characters of a line: what the launcher has asked the terminal for, or 80. */
  static int columns() {
    String columns = System.getenv("COLUMNS");
    return columns != null && columns.matches("[1-9]\\d{1,3}") ? Integer.parseInt(columns) : USUAL_COLUMNS;
  }
}
