package dev.langevin.text;

/**
 * Text that was read from a file, made fit for a terminal or a log: what would move the cursor, set a title, hide or
 * turn around other text, or begin a line of its own is written as {@code \\u} and its number.
 */
public final class Printable {

  private Printable() {}

  /**
   * A text on one line. Control characters (C0, DEL, C1), line and paragraph separators, marks and overrides of the
   * direction of writing, invisible format characters and lone surrogates are made visible; all other characters stay.
   */
  public static String of(String text) {
    return text.codePoints().noneMatch(Printable::hidden) ? text : visible(text, false);
  }

  /**
   * {@link #of}, but tabs and ends of lines stay: for text whose lines are the program's own, such as a stack trace.
   */
  public static String lines(String text) {
    return visible(text, true);
  }

  private static String visible(String text, boolean lines) {
    StringBuilder visible = new StringBuilder(text.length() + 16);
    text.codePoints().forEach(c -> {
      if (lines && (c == '\n' || c == '\t') || !hidden(c)) {
        visible.appendCodePoint(c);
      } else if (c == '\n') {
        visible.append("\\n");
      } else if (c == '\t') {
        visible.append("\\t");
      } else {
        visible.append(Character.isBmpCodePoint(c) ? "\\u%04x".formatted(c) : "\\u{%x}".formatted(c));
      }
    });
    return visible.toString();
  }

  private static boolean hidden(int c) {
    if (c >= ' ' && c < 0x7f) {
      return false;
    }
    return switch (Character.getType(c)) {
      case Character.CONTROL, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR, Character.SURROGATE -> true;
      // a joiner makes one picture of several emoji
      case Character.FORMAT -> c != 0x200d;
      default -> false;
    };
  }
}
