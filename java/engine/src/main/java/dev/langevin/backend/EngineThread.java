package dev.langevin.backend;

import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * The one thread on which a backend's kernels run. An OpenMP run time gives every thread that enters a parallel region a
 * team of its own: kernels called from a caller's many threads would oversubscribe the cores.
 */
public final class EngineThread {

  private final ExecutorService executor;
  private volatile Thread thread;

  public EngineThread(String name) {
    executor = Executors.newSingleThreadExecutor(work -> {
      Thread created = new Thread(work, name);
      created.setDaemon(true);
      thread = created;
      return created;
    });
  }

  /**
   * Runs work on this thread and waits for it; at once where the caller is this thread. What the work throws comes out as
   * it is where it is unchecked. An interrupt of the waiting caller is passed on to its own work, also where that has not
   * begun, and waited for: memory that the work uses must not be freed under it.
   */
  public <T> T call(Callable<T> work) {
    if (isCurrent()) {
      try {
        return work.call();
      } catch (Exception e) {
        throw unchecked(e);
      }
    }
    Interruptible<T> own = new Interruptible<>(work);
    Future<T> future = executor.submit(own);
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return future.get();
        } catch (InterruptedException e) {
          interrupted = true;
          own.interrupt();
        } catch (ExecutionException e) {
          throw unchecked(e.getCause());
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Work that can be interrupted without interrupting what another caller's work is doing on the same thread. */
  private static final class Interruptible<T> implements Callable<T> {

    private final Callable<T> work;
    private Thread runner;
    private boolean interrupted;

    Interruptible(Callable<T> work) {
      this.work = work;
    }

    @Override
    public T call() throws Exception {
      synchronized (this) {
        runner = Thread.currentThread();
        if (interrupted) {
          runner.interrupt();
        }
      }
      try {
        return work.call();
      } finally {
        synchronized (this) {
          runner = null;
          Thread.interrupted(); // the next work is another's
        }
      }
    }

    synchronized void interrupt() {
      interrupted = true;
      if (runner != null) {
        runner.interrupt();
      }
    }
  }

  /** Whether the caller is this thread. */
  public boolean isCurrent() {
    return Thread.currentThread() == thread;
  }

  private static RuntimeException unchecked(Throwable cause) {
    return switch (cause) {
      case RuntimeException e -> e;
      case Error e -> throw e;
      default -> new IllegalStateException(cause);
    };
  }
}
