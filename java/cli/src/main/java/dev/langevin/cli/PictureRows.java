package dev.langevin.cli;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import picocli.CommandLine;

/**
 * Pictures by the options of {@code generate}, one at a time, with models that stay open between them: for programs
 * that make many, and want each to be what the command line makes. Any thread may call it; the models compute one
 * picture at a time.
 */
public final class PictureRows implements AutoCloseable {

  /** Options of {@code generate} that are not of one picture of a prompt. */
  private static final List<String> REFUSED = List.of("--prompts", "--count", "--batch", "--class", "--from", "--grid",
      "--strip", "--out", "--quality", "--model-dir");

  /**
   * A picture.
   *
   * @param parameters as they stand in the picture's file
   * @param seed that made it
   * @param warnings of what was cut from its prompt, and the like
   */
  public record Made(BufferedImage image, String parameters, long seed, List<String> warnings) {}

  /** A model, and how many calls compute with it. */
  private static final class Held {
    private final Generate.Opened opened;
    private int users;

    Held(Generate.Opened opened) {
      this.opened = opened;
    }
  }

  private final Queue<CommandLine> readers = new ConcurrentLinkedQueue<>(); // to make one takes longer than to read
  private final int most;
  private final Map<String, Held> models = new LinkedHashMap<>(); // the one used last stands last
  private boolean closed;

  /** @param most models that stay open while nobody computes with them, at least 1 */
  public PictureRows(int most) {
    this.most = most;
  }

  /**
   * Finds out whether all of these are options of one picture.
   *
   * @param options each with its value, such as {@code --precision=int8}
   * @throws IllegalArgumentException naming one that is not
   */
  public static void require(List<String> options) {
    Generate parsed = parse(reader(), options, "a prompt");
    for (String refused : REFUSED) {
      if (parsed.isGiven(refused)) {
        throw new IllegalArgumentException(refused + " is not of one picture; leave it away");
      }
    }
  }

  /**
   * Opens a model that is not open.
   *
   * @param model as of {@link #make}
   * @throws RuntimeException in the words of the command line, if it cannot be opened
   * @throws IOException if a file cannot be read
   */
  public void open(List<String> model) throws IOException {
    release(hold(model, parse(reader(), model, "a prompt")));
  }

  /**
   * Makes the picture of a prompt.
   *
   * @param model options that another model, or one that is loaded otherwise, is opened for, such as
   *   {@code --model=sd15}
   * @param options of this picture
   * @throws RuntimeException in the words of the command line, if the picture cannot be made
   * @throws IOException if a file cannot be read
   */
  public Made make(List<String> model, List<String> options, String prompt) throws IOException {
    List<String> all = new ArrayList<>(model);
    all.addAll(options);
    CommandLine free = readers.poll();
    CommandLine reader = free == null ? reader() : free;
    try {
      Generate row = parse(reader, all, prompt);
      Held held = hold(model, row);
      try {
        return row.one(held.opened);
      } finally {
        release(held);
      }
    } finally {
      readers.add(reader);
    }
  }

  private static CommandLine reader() {
    return Langevin.configured(new CommandLine(new Generate()));
  }

  /** The command with these options, until the reader reads others. */
  private static Generate parse(CommandLine reader, List<String> options, String prompt) {
    List<String> arguments = new ArrayList<>(options);
    arguments.add("--");
    arguments.add(prompt);
    try {
      HubPaths.resolve(reader.parseArgs(arguments.toArray(String[]::new)));
    } catch (CommandLine.ParameterException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
    return reader.getCommand();
  }

  private synchronized Held hold(List<String> model, Generate row) throws IOException {
    String key = String.join("\0", model);
    if (closed) {
      throw new IllegalStateException("these models are closed");
    }
    Held held = models.remove(key);
    if (held == null) {
      makeRoom(most - 1);
      held = new Held(row.open());
    }
    models.put(key, held);
    held.users++;
    return held;
  }

  private synchronized void release(Held held) {
    held.users--;
    makeRoom(closed ? 0 : most);
  }

  /** Closes those used longest ago that nobody uses. */
  private void makeRoom(int wanted) {
    Iterator<Held> each = models.values().iterator();
    while (models.size() > wanted && each.hasNext()) {
      Held held = each.next();
      if (held.users == 0) {
        each.remove();
        held.opened.close();
      }
    }
  }

  /** Closes all models, those in use when they are not any more. */
  @Override
  public synchronized void close() {
    closed = true;
    makeRoom(0);
  }
}
