package dev.langevin.server;

import io.javalin.http.Context;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import org.eclipse.jetty.ee10.servlet.ServletContextRequest;
import org.eclipse.jetty.io.EndPoint;

/**
 * Cancels what clients have asked for once they are gone: a thread looks at their connections now and then.
 * Thread-safe.
 */
public final class Clients implements AutoCloseable {

  private static final long PAUSE_NANOS = 25_000_000;

  private final Map<Job<?>, WatchedEndPoint> watched = new ConcurrentHashMap<>();
  private final Thread thread;
  private volatile boolean closed;

  Clients() {
    thread = Thread.ofVirtual().name("langevin-clients").start(this::look);
  }

  /** Has a job cancelled if the client of a request, whose body has been read, goes before the job's end. */
  public void cancelWithClient(Context context, Job<?> job) {
    EndPoint end = ServletContextRequest.getServletContextRequest(context.req()).getConnectionMetaData().getConnection()
        .getEndPoint();
    if (end instanceof WatchedEndPoint connection) {
      watched.put(job, connection);
      job.whenDone(() -> watched.remove(job));
    }
  }

  private void look() {
    while (!closed) {
      watched.forEach((job, connection) -> {
        if (connection.isGone()) {
          watched.remove(job);
          job.cancel();
        }
      });
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(thread);
  }
}
