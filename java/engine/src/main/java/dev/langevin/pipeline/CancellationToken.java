package dev.langevin.pipeline;

/** Cancels requests from another thread. May be given to several; thread-safe. */
public final class CancellationToken {

  private volatile boolean cancelled;

  public CancellationToken() {}

  /** Requests with this token end within one step. */
  public void cancel() {
    cancelled = true;
  }

  public boolean isCancelled() {
    return cancelled;
  }
}
