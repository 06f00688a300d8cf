package dev.langevin.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a command answers on standard output: lines for people, or with {@code --json} one object when it ends. There is
 * one command in a process at a time, whose parts tell their results here; any thread may. With {@code --json} what is
 * printed to {@link System#out} is held back, so that the object stands alone, and becomes its {@code lines} where the
 * command tells no results.
 */
final class Output {

  private static Output current = new Output("", false, false);

  private final String command;
  private final boolean json;
  private final boolean quiet;
  private final long begun = System.nanoTime();
  private final PrintStream real = System.out;
  private final ByteArrayOutputStream held = new ByteArrayOutputStream();
  private final Map<String, Double> seconds = new LinkedHashMap<>();
  private final List<String> files = new ArrayList<>();
  private final Map<String, Object> results = new LinkedHashMap<>();
  private final List<String> warnings = new ArrayList<>();
  private Long seed;
  private Map<String, String> error;
  private boolean ended;

  private Output(String command, boolean json, boolean quiet) {
    this.command = command;
    this.json = json;
    this.quiet = quiet;
  }

  /** Begins a command's answer in the place of the one before. */
  static synchronized void begin(String command, boolean json, boolean quiet) {
    end();
    current = new Output(command, json, quiet);
    if (json) {
      System.setOut(new PrintStream(current.held, true, StandardCharsets.UTF_8));
    }
  }

  /** Ends it: prints the object, if one was asked for; a second time does nothing. */
  static synchronized void end() {
    if (current.json && !current.ended) {
      System.out.flush();
      System.setOut(current.real);
      System.out.println(current.toJson());
      System.out.flush();
    }
    current.ended = true;
  }

  /** Whether no progress and no notes are wanted. */
  static synchronized boolean isQuiet() {
    return current.quiet && !current.ended;
  }

  /** A file that was written: its name is a line. */
  static void file(Path file) {
    file(file, "");
  }

  /** With what people read behind it. */
  static synchronized void file(Path file, String more) {
    current.files.add(file.toString());
    if (!current.json || current.ended) {
      System.out.println(file + more);
    }
  }

  /**
   * A result by its name, for the object alone.
   *
   * @param value what Jackson writes: numbers, texts, lists, maps
   */
  static synchronized void result(String name, Object value) {
    current.results.put(name, value);
  }

  /** All of these results. */
  static synchronized void results(Map<String, ?> results) {
    current.results.putAll(results);
  }

  /**
   * Facts of a measurement by their names, a line each.
   *
   * @param width of the names
   */
  static void fields(Map<String, ?> fields, int width) {
    fields.forEach((key, value) -> System.out.printf("%-" + width + "s %s%n", key, value));
    results(fields);
  }

  /** The seed of the random numbers. */
  static synchronized void seed(long seed) {
    current.seed = seed;
  }

  /** How long parts of the work took, by their names; what a part took before is added. */
  static synchronized void seconds(Map<String, Double> parts) {
    parts.forEach((part, each) -> current.seconds.merge(part, each, Double::sum));
  }

  static synchronized void warning(String text) {
    current.warnings.add(text);
  }

  /**
   * Why the command ends without its results.
   *
   * @param kind {@code usage} or {@code failure}
   */
  static synchronized void error(String kind, String message) {
    current.error = new LinkedHashMap<>();
    current.error.put("kind", kind);
    current.error.put("message", message);
  }

  private String toJson() {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("command", command);
    Map<String, Double> times = new LinkedHashMap<>();
    seconds.forEach((part, each) -> times.put(part, Math.round(each * 1e4) / 1e4));
    times.put("total", Math.round((System.nanoTime() - begun) * 1e-5) / 1e4);
    if (seed != null) {
      object.put("seed", seed);
    }
    if (!files.isEmpty()) {
      object.put("files", files);
    }
    String lines = held.toString(StandardCharsets.UTF_8);
    if (!results.isEmpty()) {
      object.put("results", results);
    } else if (!lines.isBlank()) {
      object.put("lines", lines.lines().toList());
    }
    if (!warnings.isEmpty()) {
      object.put("warnings", warnings);
    }
    if (error != null) {
      object.put("error", error);
    }
    object.put("seconds", times);
    try {
      return new ObjectMapper().writeValueAsString(object);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a result is no JSON: " + results, e);
    }
  }
}
