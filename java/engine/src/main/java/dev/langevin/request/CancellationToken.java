package dev.langevin.request;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;

/** Ends requests from another thread, or at a moment told beforehand. May be given to several; thread-safe. */
public final class CancellationToken {

  private final Set<Runnable> told = ConcurrentHashMap.newKeySet();
  private final long deadline; // by System.nanoTime
  private final boolean dated;
  private Runnable byParent = () -> {};
  private volatile boolean cancelled;

  /** Without a deadline. */
  public CancellationToken() {
    this(false, 0);
  }

  private CancellationToken(boolean dated, long deadline) {
    this.dated = dated;
    this.deadline = deadline;
  }

  /** Ends its requests with a {@link DeadlineException} so long from now, and lets them go first while that helps. */
  public static CancellationToken within(Duration time) {
    return new CancellationToken(true, System.nanoTime() + time.toNanos());
  }

  /** Requests with this token end within one step. */
  public void cancel() {
    cancelled = true;
    told.forEach(Runnable::run);
  }

  /** Whether {@link #cancel} was called; a deadline that has passed is none. */
  public boolean isCancelled() {
    return cancelled;
  }

  /** Whether there is a moment at which requests end. */
  public boolean hasDeadline() {
    return dated;
  }

  /** Nanoseconds that are left; {@link Long#MAX_VALUE} without a deadline. */
  public long left() {
    return dated ? deadline - System.nanoTime() : Long.MAX_VALUE;
  }

  /** Has work run, on the cancelling thread, as soon as this is cancelled; at once where it is. */
  public void whenCancelled(Runnable work) {
    told.add(work);
    if (cancelled) {
      work.run();
    }
  }

  /** Takes back {@link #whenCancelled}. */
  public void forget(Runnable work) {
    told.remove(work);
  }

  /** A token of one request that is cancelled with this one, until {@link #release}. */
  public CancellationToken child() {
    CancellationToken child = new CancellationToken(dated, deadline);
    child.byParent = child::cancel;
    whenCancelled(child.byParent);
    return child;
  }

  /** Forgets a child. */
  public void release(CancellationToken child) {
    told.remove(child.byParent);
  }

  /**
   * Returns where the work is to go on, and throws where it is to end.
   *
   * @throws CancellationException if this is cancelled or the thread is interrupted
   * @throws DeadlineException if its time has passed
   */
  public void requireGoingOn() {
    if (cancelled || Thread.currentThread().isInterrupted()) {
      throw new CancellationException("the request was cancelled");
    }
    if (left() <= 0) {
      throw new DeadlineException("the request's time has passed; give it more, or a smaller picture or fewer steps");
    }
  }
}
