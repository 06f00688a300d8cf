package dev.langevin.hub;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A body whose server may not fall silent: the client's own limit ends with the headers, so that a read could wait for
 * ever.
 */
final class WatchedStream extends FilterInputStream {

  private static final long NOT_READING = Long.MIN_VALUE;

  private final Duration silence;
  private final AtomicLong since = new AtomicLong(NOT_READING); // System.nanoTime() of the read that waits
  private final Thread watch;
  private volatile boolean silent;

  WatchedStream(InputStream body, Duration silence) {
    super(body);
    this.silence = silence;
    this.watch = Thread.ofVirtual().name("langevin-hub-watch").start(this::watch);
  }

  private void watch() {
    try {
      while (true) {
        Thread.sleep(Math.clamp(silence.toMillis() / 8, 1, 500));
        long begun = since.get();
        if (begun != NOT_READING && System.nanoTime() - begun > silence.toNanos()) {
          silent = true;
          in.close(); // which ends the read
          return;
        }
      }
    } catch (InterruptedException e) {
      return; // closed
    } catch (IOException e) {
      return; // it ends all the same
    }
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    since.set(System.nanoTime());
    int count;
    try {
      count = super.read(bytes, offset, length);
    } catch (IOException e) {
      throw silent ? fellSilent() : e;
    } finally {
      since.set(NOT_READING);
    }
    if (silent) {
      throw fellSilent();
    }
    return count;
  }

  private HttpTimeoutException fellSilent() {
    return new HttpTimeoutException("nothing came for " + silence.toSeconds() + " s");
  }

  @Override
  public int read() {
    throw new UnsupportedOperationException("whole blocks are read");
  }

  @Override
  public void close() throws IOException {
    watch.interrupt();
    super.close();
  }
}
