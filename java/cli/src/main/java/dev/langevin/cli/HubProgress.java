package dev.langevin.cli;

import dev.langevin.hub.FetchListener;
import dev.langevin.hub.HubModel;
import dev.langevin.pipeline.engine.Family;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.ServiceLoader;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** Tells how a fetch goes: a bar on a terminal, else a line every few seconds, with the time that is left. */
final class HubProgress implements FetchListener, AutoCloseable {

  private static final int MB = 1_000_000;

  private static final long PERIOD_NANOS = Duration.ofSeconds(5).toNanos();

  private ProgressBar bar;
  private long all;
  private long begun;
  private long told;
  private long first = -1; // bytes that an earlier fetch had left, which took no time

  /** Refuses a model that nothing here runs, before its weights come. */
  @Override
  public void started(HubModel model) {
    if (model.pipeline() != null && !runs(model.pipeline())) {
      throw new IllegalArgumentException(model.reference() + " is a " + model.pipeline()
          + ", which none of the families here runs; 'langevin models' lists some that do");
    }
    all = model.missingBytes();
    begun = System.nanoTime();
    told = begun;
    if (all == 0) {
      return;
    }
    Messages.note(String.format(Locale.ROOT, "fetching %s: %d of its files, %.1f of %.1f MB",
        model.reference(), model.missing().size(), all * 1e-6, model.bytes() * 1e-6));
    if (Terminal.isOne() && !Output.isQuiet()) {
      bar = new ProgressBarBuilder().setConsumer(new ConsoleProgressBarConsumer(System.err, Terminal.columns() - 1))
          .setTaskName("fetching").setInitialMax(all).setUnit(" MB", MB).showSpeed()
          .setStyle(ProgressBarStyle.ASCII).build();
    }
  }

  /** Whether a family here runs such pipelines. */
  static boolean runs(String pipelineClass) {
    for (Family family : ServiceLoader.load(Family.class)) {
      if (family.recognises(Path.of(""), pipelineClass)) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void progressed(long bytes) {
    if (first < 0) {
      first = bytes;
    }
    if (bar != null) {
      bar.stepTo(bytes);
      return;
    }
    long now = System.nanoTime();
    if (now - told >= PERIOD_NANOS) {
      told = now;
      double rate = Math.max(1, bytes - first) / ((now - begun) * 1e-9);
      Messages.note(String.format(Locale.ROOT, "%.1f of %.1f MB, %.1f MB/s, %.0f s left", bytes * 1e-6, all * 1e-6,
          rate * 1e-6, (all - bytes) / rate));
    }
  }

  @Override
  public void note(String text) {
    Messages.note(text);
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }
}
