package dev.langevin.spark;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.spark.SparkContext;
import org.apache.spark.scheduler.AccumulableInfo;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorMetricsUpdate;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import scala.jdk.javaapi.CollectionConverters;

/**
 * Tells how far a job is: of tasks that are done by accumulators, of those that run by what executors tell of them with
 * their heartbeats. Its own thread tells, Spark's listener thread counts.
 */
final class BulkProgress implements AutoCloseable {

  private final SparkContext context;
  private final Counts counts;
  private final long all;
  private final Consumer<String> told;
  private final long begun = System.nanoTime();
  private final Map<Long, Map<Long, Long>> running = new HashMap<>(); // by task and accumulator
  private final Thread thread;
  private final SparkListener listener = new SparkListener() {
    @Override
    public void onExecutorMetricsUpdate(SparkListenerExecutorMetricsUpdate update) {
      CollectionConverters.asJava(update.accumUpdates()).forEach(task -> {
        for (AccumulableInfo each : CollectionConverters.asJava(task._4())) {
          if (each.update().isDefined() && each.update().get() instanceof Long value) {
            note((Long) task._1(), each.id(), value);
          }
        }
      });
    }

    @Override
    public void onTaskEnd(SparkListenerTaskEnd end) {
      forget(end.taskInfo().taskId());
    }
  };

  /**
   * @param all rows
   * @param told a line every so often
   * @param everyMillis between lines
   */
  BulkProgress(SparkContext context, Counts counts, long all, Consumer<String> told, long everyMillis) {
    this.context = context;
    this.counts = counts;
    this.all = all;
    this.told = told;
    context.addSparkListener(listener);
    thread = Thread.ofVirtual().name("langevin-progress").start(() -> {
      try {
        while (true) {
          Thread.sleep(everyMillis);
          told.accept(line());
        }
      } catch (InterruptedException e) {
        // closed
      }
    });
  }

  private synchronized void note(long task, long accumulator, long value) {
    running.computeIfAbsent(task, key -> new HashMap<>()).put(accumulator, value);
  }

  private synchronized void forget(long task) {
    running.remove(task);
  }

  private synchronized long value(org.apache.spark.util.LongAccumulator accumulator) {
    return accumulator.value()
        + running.values().stream().mapToLong(task -> task.getOrDefault(accumulator.id(), 0L)).sum();
  }

  /** How far it is now. */
  String line() {
    return line(all, value(counts.made()), value(counts.skipped()), value(counts.failed()),
        (System.nanoTime() - begun) * 1e-9);
  }

  /** Rows that are done, pictures a second, and how long the rest takes at that rate. */
  static String line(long all, long made, long skipped, long failed, double seconds) {
    long done = made + skipped + failed;
    StringBuilder line = new StringBuilder("%d of %d rows".formatted(done, all));
    if (skipped > 0) {
      line.append(", ").append(skipped).append(" were there");
    }
    if (failed > 0) {
      line.append(", ").append(failed).append(" with an error");
    }
    if (made > 0) {
      double rate = made / seconds;
      line.append(String.format(Locale.ROOT, ", %.3g pictures/s", rate));
      if (done < all) {
        line.append(", ").append(time((all - done) / rate)).append(" left");
      }
    }
    return line.toString();
  }

  /** For people. */
  static String time(double seconds) {
    long whole = Math.round(seconds);
    return whole < 120 ? whole + " s" : whole < 7200 ? whole / 60 + " min" : whole / 3600 + " h";
  }

  @Override
  public void close() {
    thread.interrupt();
    context.removeSparkListener(listener);
  }
}
