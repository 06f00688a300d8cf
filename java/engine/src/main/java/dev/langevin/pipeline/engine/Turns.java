package dev.langevin.pipeline.engine;

import dev.langevin.backend.Backend;
import dev.langevin.request.CancellationToken;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * Who computes next on a backend. Runs go on their callers' threads and come here for each turn: a step, a text, a
 * tile. So a run is written from top to bottom, a listener keeps nobody waiting but its own run, and whoever waits can
 * be called off.
 *
 * <p>
 * Next is whoever has waited more than {@value #PATIENCE} times what it takes alone; else the earliest deadline of
 * those that are near and can still be met; else the least remaining work, so that a short run never waits for a long
 * one to end. Of equal ones the one that began goes on: taking turns among equals would double the mean of their times.
 * It keeps its place while its listener is told of a step, for {@link #GRACE} at most.
 *
 * <p>
 * Thread-safe; one for a backend.
 */
public final class Turns {

  /** Nobody starves: see the class. */
  private static final int PATIENCE = 4;

  /**
   * Nanoseconds that the next turn is kept for a run whose listener is being told; a listener that shows a bar takes
   * less.
   */
  private static final long GRACE = 500_000;

  private static final Map<String, Turns> ALL = new ConcurrentHashMap<>();

  private final ReentrantLock lock = new ReentrantLock();
  private final List<Ticket> waiting = new ArrayList<>();
  private Ticket holder;
  private Ticket kept; // of which the next turn is kept, until keptUntil
  private long keptUntil;
  private long arrivals;
  private volatile boolean wanted; // whether anybody waits

  private Turns() {}

  /** Those of a backend. */
  public static Turns of(Backend backend) {
    return ALL.computeIfAbsent(backend.name(), name -> new Turns());
  }

  /** A place for a run. */
  Ticket arrive(CancellationToken token) {
    lock.lock();
    try {
      Ticket ticket = new Ticket(token, arrivals++, lock.newCondition());
      ticket.waker = () -> wake(ticket);
      token.whenCancelled(ticket.waker);
      return ticket;
    } finally {
      lock.unlock();
    }
  }

  /** A run is done. */
  void leave(Ticket ticket) {
    ticket.token.forget(ticket.waker);
    lock.lock();
    try {
      if (kept == ticket) {
        kept = null;
        tellNext();
      }
    } finally {
      lock.unlock();
    }
  }

  private void wake(Ticket ticket) {
    lock.lock();
    try {
      ticket.turn.signal();
    } finally {
      lock.unlock();
    }
  }

  /** Runs that wait for a turn now. */
  public int waiting() {
    lock.lock();
    try {
      return waiting.size();
    } finally {
      lock.unlock();
    }
  }

  /** Whether another run should go before the holder makes another step. Cheap where nobody waits. */
  boolean othersFirst(Ticket ticket) {
    if (!wanted) {
      return false;
    }
    lock.lock();
    try {
      return best(System.nanoTime(), ticket) != ticket;
    } finally {
      lock.unlock();
    }
  }

  /** Tells how long a run will still take. */
  void expect(Ticket ticket, LongSupplier nanoseconds) {
    lock.lock();
    try {
      ticket.expected = nanoseconds;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits for a turn and takes it, on the backend's thread.
   *
   * @param returns whether the run will be back at once
   * @throws CancellationException if its token is cancelled or its thread interrupted while it waits
   * @throws dev.langevin.request.DeadlineException likewise for its time
   */
  <T> T take(Backend backend, Ticket ticket, boolean returns, Callable<T> work) {
    acquire(ticket);
    long begun = System.nanoTime();
    try {
      return backend.call(work);
    } finally {
      release(ticket, returns, System.nanoTime() - begun);
    }
  }

  private void acquire(Ticket ticket) {
    lock.lock();
    waiting.add(ticket);
    try {
      while (true) {
        ticket.token.requireGoingOn();
        long now = System.nanoTime();
        long patience = ticket.token.left();
        if (holder == null) {
          Ticket next = best(now, kept != null && now < keptUntil ? kept : null);
          if (next == ticket) {
            holder = ticket;
            kept = null;
            return;
          }
          if (next == kept) {
            patience = Math.min(patience, Math.max(1, keptUntil - now));
          } else {
            next.turn.signal(); // who is next changes with time: whoever was told may not be it any more
          }
        }
        wanted = true;
        if (patience == Long.MAX_VALUE) {
          ticket.turn.await();
        } else {
          ticket.turn.awaitNanos(patience);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException("the request was cancelled");
    } finally {
      waiting.remove(ticket);
      wanted = !waiting.isEmpty();
      if (holder == null) {
        tellNext(); // this one was called to its turn and did not take it
      }
      lock.unlock();
    }
  }

  private void release(Ticket ticket, boolean returns, long nanoseconds) {
    lock.lock();
    try {
      ticket.served += nanoseconds;
      holder = null;
      if (returns) {
        kept = ticket;
        keptUntil = System.nanoTime() + GRACE;
      }
      tellNext();
    } finally {
      lock.unlock();
    }
  }

  private void tellNext() {
    if (holder == null && !waiting.isEmpty()) {
      best(System.nanoTime(), null).turn.signal(); // it sees for itself whether the turn is kept for another
    }
  }

  /** @param beside one more that counts beside those that wait, or null */
  private Ticket best(long now, Ticket beside) {
    Ticket best = beside;
    for (Ticket ticket : waiting) {
      if (best == null || ticket != best && before(ticket, best, now)) {
        best = ticket;
      }
    }
    return best;
  }

  private static boolean before(Ticket a, Ticket b, long now) {
    boolean starving = starves(a, now);
    if (starving != starves(b, now)) {
      return starving;
    }
    if (starving) {
      return a.number < b.number;
    }
    boolean pressed = pressed(a);
    if (pressed != pressed(b)) {
      return pressed;
    }
    if (pressed && a.token.left() != b.token.left()) {
      return a.token.left() < b.token.left();
    }
    long left = a.remaining();
    long other = b.remaining();
    return left != other ? left < other : a.number < b.number;
  }

  private static boolean starves(Ticket ticket, long now) {
    long lone = ticket.lone();
    return lone > 0 && ticket.waited(now) > PATIENCE * lone;
  }

  /** Whether a deadline is near, and can still be met. */
  private static boolean pressed(Ticket ticket) {
    if (!ticket.token.hasDeadline()) {
      return false;
    }
    long left = ticket.token.left();
    long remaining = ticket.remaining();
    return left >= remaining && left < 2 * remaining;
  }
}
