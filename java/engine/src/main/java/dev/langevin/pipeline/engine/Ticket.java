package dev.langevin.pipeline.engine;

import dev.langevin.request.CancellationToken;
import java.util.function.LongSupplier;

/** A run's place among those that take turns. Its figures are read and written under the lock of its {@link Turns}. */
final class Ticket {

  final CancellationToken token;
  final long number; // in order of arrival
  final long arrived = System.nanoTime();
  final Runnable waker = this::wake;
  private long served; // nanoseconds of its turns that have ended
  private long begun; // when the turn began that it has, if it has one
  private boolean computing;
  LongSupplier expected = () -> 0; // as paces are now, so that equal runs stay equal
  volatile Turn<?> turn; // that it takes or waits for, or the last one; null before

  Ticket(CancellationToken token, long number) {
    this.token = token;
    this.number = number;
  }

  private void wake() {
    Turn<?> waited = turn;
    if (waited != null) {
      waited.wake();
    }
  }

  /** Nanoseconds that it still takes, or 0 while that is unknown. */
  long remaining() {
    return expected.getAsLong();
  }

  void begin(long now) {
    begun = now;
    computing = true;
    turn.begin();
  }

  void end(long now) {
    served = served(now);
    computing = false;
  }

  /** Nanoseconds of its turns so far. */
  long served(long now) {
    return computing ? served + now - begun : served;
  }

  long waited(long now) {
    return now - arrived - served(now);
  }
}
