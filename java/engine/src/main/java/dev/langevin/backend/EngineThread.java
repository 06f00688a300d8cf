package dev.langevin.backend;

import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The one thread on which a backend's kernels run. An OpenMP run time gives every thread that enters a parallel region
 * a team of its own: kernels called from a caller's many threads would oversubscribe the cores.
 */
public final class EngineThread implements AutoCloseable {

  private final ScheduledThreadPoolExecutor executor;
  private volatile Thread thread;

  /** A daemon thread of that name, which starts with the first work. */
  public EngineThread(String name) {
    executor = new ScheduledThreadPoolExecutor(1, work -> {
      Thread created = Thread.ofPlatform().daemon().name(name).inheritInheritableThreadLocals(false).unstarted(work);
      // Not that of whoever comes first: this thread would keep an application's classes alive after it has ended.
      created.setContextClassLoader(EngineThread.class.getClassLoader());
      thread = created;
      return created;
    });
  }

  /**
   * Runs work on this thread and waits for it; at once where the caller is this thread. What the work throws comes out
   * as it is where it is unchecked. An interrupt of the waiting caller is passed on to its own work, also where that
   * has not begun, and waited for: memory that the work uses must not be freed under it.
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
    Future<T> future;
    try {
      future = executor.submit(own);
    } catch (RejectedExecutionException e) {
      throw closed(e);
    }
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

  /** As {@link Backend#post}; refused as {@link #call} is when this has ended. */
  public void post(long nanoseconds, Runnable work) {
    try {
      executor.schedule(work, nanoseconds, TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException e) {
      throw closed(e);
    }
  }

  private static IllegalStateException closed(RejectedExecutionException e) {
    return new IllegalStateException("the backend was closed before its turn came; close it when nothing uses it", e);
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

  /**
   * Ends the thread when all work is done, and waits for that; where the caller is this thread, it ends with its work.
   */
  @Override
  public void close() {
    executor.shutdown();
    Thread ending = thread;
    if (ending == null || isCurrent()) {
      return;
    }
    boolean interrupted = false;
    while (ending.isAlive()) {
      try {
        ending.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static RuntimeException unchecked(Throwable cause) {
    return switch (cause) {
      case RuntimeException e -> e;
      case Error e -> throw e;
      default -> new IllegalStateException(cause);
    };
  }
}
