package dev.langevin.cli;

import dev.langevin.text.Printable;
import java.io.PrintWriter;
import java.io.StringWriter;

/** Where text that may come from a file leaves for a terminal or a log: control characters in it are made visible. */
final class Messages {

  private Messages() {}

  /** Tells of what is odd but no error. */
  static void warn(String warning) {
    Output.warning(warning);
    System.err.println("langevin: warning: " + Printable.of(warning));
  }

  /** Tells of something that goes well, but where quiet is wanted. */
  static void note(String note) {
    if (!Output.isQuiet()) {
      System.err.println("langevin: " + Printable.of(note));
    }
  }

  /** Tells why a command failed, on one line, and with {@code debug} where. */
  static void fail(PrintWriter err, Throwable error, boolean debug) {
    String message = error.getMessage() != null ? error.getMessage() : error.toString();
    Output.error("failure", message);
    err.println("langevin: " + Printable.of(message));
    if (debug) {
      StringWriter trace = new StringWriter();
      error.printStackTrace(new PrintWriter(trace, true));
      err.print(Printable.lines(trace.toString()));
      err.flush();
    }
  }

  /** A line of output, as {@link String#format}; texts among the arguments are made printable. */
  static void line(String format, Object... arguments) {
    Object[] printable = new Object[arguments.length];
    for (int i = 0; i < arguments.length; i++) {
      Object argument = arguments[i];
      printable[i] = argument instanceof Number ? argument : Printable.of(String.valueOf(argument));
    }
    System.out.printf(format + "%n", printable);
  }
}
