package dev.langevin.pipeline.engine;

import dev.langevin.request.CancellationToken;
import java.util.concurrent.locks.Condition;
import java.util.function.LongSupplier;

/** A run's place among those that take turns. Its figures are read and written under the lock of its {@link Turns}. */
final class Ticket {

  final CancellationToken token;
  final long number; // in order of arrival
  final long arrived = System.nanoTime();
  final Condition turn;
  long served; // nanoseconds of its turns so far
  LongSupplier expected = () -> 0; // as paces are now, so that equal runs stay equal
  Runnable waker = () -> {};

  Ticket(CancellationToken token, long number, Condition turn) {
    this.token = token;
    this.number = number;
    this.turn = turn;
  }

  /** Nanoseconds that it still takes, or 0 while that is unknown. */
  long remaining() {
    return expected.getAsLong();
  }

  long waited(long now) {
    return now - arrived - served;
  }
}
