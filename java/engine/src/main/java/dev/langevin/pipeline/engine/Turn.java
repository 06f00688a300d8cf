package dev.langevin.pipeline.engine;

import dev.langevin.backend.Backend;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;

/** Work for the backend's thread, for whose end the thread that made this waits. */
final class Turn<T> {

  final Backend backend;
  final boolean returns;
  final Callable<T> work;
  private final Thread waiter = Thread.currentThread();
  private Thread runner; // guarded by this
  private boolean interrupted; // guarded by this
  private Object result;
  private Throwable thrown;
  private volatile boolean begun;
  private volatile boolean ended;

  /** @param returns whether the run will be back at once */
  Turn(Backend backend, boolean returns, Callable<T> work) {
    this.backend = backend;
    this.returns = returns;
    this.work = work;
  }

  /** From now on it is waited for, whatever comes. */
  void begin() {
    begun = true;
  }

  boolean begun() {
    return begun;
  }

  /** The backend's thread, which calls this, goes on with the work. */
  synchronized void enter() {
    runner = Thread.currentThread();
    if (interrupted) {
      runner.interrupt();
    }
  }

  /**
   * It has done so. Who waits goes on after {@link #end}.
   *
   * @param lost what the work threw, or null
   */
  synchronized void leave(Object made, Throwable lost) {
    result = made;
    thrown = lost;
    runner = null;
    Thread.interrupted(); // the next work is another's
  }

  /** Ends without its work being done. */
  void fail(RuntimeException why) {
    thrown = why;
    end();
  }

  void end() {
    ended = true;
    wake();
  }

  boolean ended() {
    return ended;
  }

  /** Has the waiter look around. */
  void wake() {
    LockSupport.unpark(waiter);
  }

  /** Interrupts this work and no other. */
  synchronized void interrupt() {
    interrupted = true;
    if (runner != null) {
      runner.interrupt();
    }
  }

  /** What the work gave. What it throws comes out as it is where it is unchecked. */
  @SuppressWarnings("unchecked")
  T result() {
    return switch (thrown) {
      case null -> (T) result;
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      default -> throw new IllegalStateException(thrown);
    };
  }
}
