package dev.langevin.cli;

import dev.langevin.request.GenerationListener;
import java.time.Duration;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * How far a command is, on standard error: a bar on a terminal, elsewhere a line every few seconds, with {@code
 * --quiet} nothing. Steps are told by one thread at a time. The bar is given where it goes and how wide that is: else
 * its library would ask JLine, which takes over the terminal, Ctrl-C included.
 */
final class Progress implements AutoCloseable {

  /** Between lines, where there is no terminal. */
  private static final Duration PERIOD = Duration.ofSeconds(5);

  /** The task whose bar has a message behind it. */
  static final String TRAINING = "training";

  private final String task;
  private final String unit;
  private final ProgressBar bar; // or null
  private final Thread lines; // or null
  private final long begun = System.nanoTime();
  private volatile long done;
  private volatile long max;
  private volatile String message = "";

  /**
   * Begins to tell.
   *
   * @param task what is done, such as {@code sampling}
   * @param unit of what is counted, in the plural
   * @param start what was done before
   * @param max how many there will be, as far as is known
   */
  static Progress of(String task, String unit, long start, long max) {
    boolean shown = !Output.isQuiet();
    boolean terminal = Terminal.isOne();
    return new Progress(task, unit, start, max, shown && terminal, shown && !terminal ? PERIOD : null);
  }

  /** As {@link #of(String, String, long, long)}, of the steps of a sampler. */
  static Progress ofSampling() {
    return of("sampling", "steps", 0, 1);
  }

  /** @param period between lines, or null for none */
  Progress(String task, String unit, long start, long max, boolean asBar, Duration period) {
    this.task = task;
    this.unit = unit;
    this.done = start;
    this.max = max;
    bar = asBar ? bar(task, unit, start, max) : null;
    lines = period == null ? null : Thread.ofVirtual().start(() -> tell(period));
  }

  private static ProgressBar bar(String task, String unit, long start, long max) {
    ProgressBarBuilder builder = new ProgressBarBuilder().setTaskName(task).setInitialMax(max)
        .setStyle(ProgressBarStyle.ASCII).startsFrom(start, Duration.ZERO)
        .setConsumer(new ConsoleProgressBarConsumer(System.err, Terminal.columns() - 1));
    // with a message behind it, a line of 80 columns has no room for more
    return (task.equals(TRAINING) ? builder : builder.setUnit(" " + unit, 1).showSpeed()).build();
  }

  private void tell(Duration period) {
    try {
      while (true) {
        Thread.sleep(period);
        Messages.note(line());
      }
    } catch (InterruptedException e) {
      return; // it is done
    }
  }

  private String line() {
    long seconds = Duration.ofNanos(System.nanoTime() - begun).toSeconds();
    return task + ": " + done + " of " + max + " " + unit + ", " + seconds + " s"
        + (message.isEmpty() ? "" : ", " + message);
  }

  long done() {
    return done;
  }

  void step() {
    stepTo(done + 1);
  }

  void stepTo(long done) {
    this.done = done;
    if (bar != null) {
      bar.stepTo(done);
    }
  }

  /** How many there will be, now that it is known better. */
  void expect(long max) {
    this.max = max;
    if (bar != null) {
      bar.maxHint(max);
    }
  }

  /** What else is told, such as a loss. */
  void message(String message) {
    this.message = message;
    if (bar != null) {
      bar.setExtraMessage(message);
    }
  }

  /** One that counts the steps of all parts of a run. */
  GenerationListener listener() {
    return (step, calls, preview) -> {
      if (step == 1) {
        expect(done + calls);
      }
      step();
      return true;
    };
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
    if (lines != null) {
      lines.interrupt();
    }
  }
}
