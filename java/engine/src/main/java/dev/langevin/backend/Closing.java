package dev.langevin.backend;

import java.util.List;

/** Closes several things in reverse order; one that fails does not keep the rest open. */
public final class Closing {

  private Closing() {}

  /** Closes all, then throws what the first failure was, if there was one; the others are suppressed by it. */
  public static void all(List<? extends AutoCloseable> open) {
    Throwable failure = close(open, null);
    switch (failure) {
      case null -> {}
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      default -> throw new IllegalStateException("cannot be closed: " + failure.getMessage(), failure);
    }
  }

  /** Closes all because of {@code failure}, which the caller throws then; it suppresses what fails here. */
  public static void after(Throwable failure, List<? extends AutoCloseable> open) {
    close(open, failure);
  }

  private static Throwable close(List<? extends AutoCloseable> open, Throwable failure) {
    Throwable first = failure;
    for (AutoCloseable each : open.reversed()) {
      try {
        each.close();
      } catch (Throwable e) {
        if (first == null) {
          first = e;
        } else if (first != e) {
          first.addSuppressed(e);
        }
      }
    }
    return first;
  }
}
