package dev.langevin.cli;

import dev.langevin.hub.FetchListener;
import dev.langevin.hub.HubModel;
import dev.langevin.pipeline.engine.Family;
import java.nio.file.Path;
import java.util.Locale;
import java.util.ServiceLoader;

/** Tells how a fetch goes, with the time that is left. */
final class HubProgress implements FetchListener, AutoCloseable {

  private static final int MB = 1_000_000;

  private Progress progress; // from when files come
  private long all;
  private long begun;
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
    if (all == 0) {
      return;
    }
    Messages.note(String.format(Locale.ROOT, "fetching %s: %d of its files, %.1f of %.1f MB",
        model.reference(), model.missing().size(), all * 1e-6, model.bytes() * 1e-6));
    progress = Progress.of("fetching", "MB", 0, (all + MB - 1) / MB);
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
    double rate = Math.max(1, bytes - first) / ((System.nanoTime() - begun) * 1e-9);
    progress.stepTo(bytes / MB);
    progress.message(String.format(Locale.ROOT, "%.1f MB/s, %.0f s left", rate * 1e-6, (all - bytes) / rate));
  }

  @Override
  public void note(String text) {
    Messages.note(text);
  }

  @Override
  public void close() {
    if (progress != null) {
      progress.close();
    }
  }
}
