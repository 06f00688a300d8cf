package dev.langevin.pipeline.engine;

import dev.langevin.backend.Backend;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;

/** Work for the backend's thread, for whose end the thread that made this waits. */
final class Turn<T> {

  final Backend backend;
  final boolean returns;
  private final Callable<T> work;
  private final Thread waiter = Thread.currentThread();
  private Thread runner; // guarded by this
  private boolean interrupted; // guarded by this
  private T result;
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

  /** Does the work, on the backend's thread. Its waiter goes on after {@link #end}. */
  void run() {
    synchronized (this) {
      runner = Thread.currentThread();
      if (interrupted) {
        runner.interrupt();
      }
    }
    try {
      result = work.call();
    } catch (Throwable e) {
      thrown = e;
    } finally {
      synchronized (this) {
        runner = null;
        Thread.interrupted(); // the next work is another's
      }
    }
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
  T result() {
    return switch (thrown) {
      case null -> result;
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      default -> throw new IllegalStateException(thrown);
    };
  }
}
