package dev.langevin.server;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.concurrent.Executor;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.io.SocketChannelEndPoint;
import org.eclipse.jetty.server.ServerConnector;

/**
 * A connection that can be asked whether its client is gone while a request of it is worked on. What the client has
 * sent ahead is kept for the next request. (Jetty reads a connection only when the request before is answered, and a
 * socket tells of its other end's closing only to who reads.)
 */
final class WatchedEndPoint extends SocketChannelEndPoint {

  /** Most that is read ahead; with more there, the client is not gone. */
  private static final int AHEAD = 4096;

  private final ByteBuffer ahead = ByteBuffer.allocate(AHEAD).limit(0); // guarded by itself

  private final Executor executor;

  WatchedEndPoint(SocketChannel channel, ManagedSelector selector, SelectionKey key, ServerConnector connector) {
    super(channel, selector, key, connector.getScheduler());
    executor = connector.getExecutor();
  }

  /** Asked between the reading of a request's body and the end of its answer. */
  boolean isGone() {
    synchronized (ahead) {
      if (!isOpen()) {
        return true;
      }
      if (ahead.hasRemaining()) {
        return false;
      }
      try {
        ahead.clear();
        return getChannel().read(ahead) < 0;
      } catch (IOException e) {
        return true;
      } finally {
        ahead.flip();
      }
    }
  }

  @Override
  public int fill(ByteBuffer buffer) throws IOException {
    synchronized (ahead) {
      if (ahead.hasRemaining()) { // the buffer is between its position and its limit what was filled before
        int place = buffer.limit();
        int count = Math.min(ahead.remaining(), buffer.capacity() - place);
        buffer.limit(place + count);
        for (int i = 0; i < count; i++) {
          buffer.put(place + i, ahead.get());
        }
        return count;
      }
    }
    return super.fill(buffer);
  }

  @Override
  protected void needsFillInterest() {
    boolean there;
    synchronized (ahead) {
      there = ahead.hasRemaining();
    }
    if (there) {
      executor.execute(() -> getFillInterest().fillable());
    } else {
      super.needsFillInterest();
    }
  }
}
