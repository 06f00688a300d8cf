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
  private Ticket watch; // that wakes when this time is over
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
        grant();
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
    try {
      waiting.add(ticket);
      wanted = true;
      if (kept == ticket) {
        kept = null;
      }
      ticket.token.requireGoingOn();
      grant();
      while (holder != ticket) {
        long patience = ticket.token.left();
        if (holder == null) { // the turn is kept for another, whose time this one watches
          patience = Math.min(patience, Math.max(1, keptUntil - System.nanoTime()));
        }
        if (patience == Long.MAX_VALUE) {
          ticket.turn.await();
        } else {
          ticket.turn.awaitNanos(patience);
        }
        ticket.token.requireGoingOn();
        grant();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      giveBack(ticket);
      throw new CancellationException("the request was cancelled");
    } catch (RuntimeException e) {
      giveBack(ticket);
      throw e;
    } finally {
      waiting.remove(ticket);
      wanted = !waiting.isEmpty();
      grant();
      lock.unlock();
    }
  }

  /** A turn that was given and is not taken. */
  private void giveBack(Ticket ticket) {
    if (holder == ticket) {
      holder = null;
    }
    waiting.remove(ticket);
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
      grant();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Gives a free turn to whoever is next. It is given by whoever leaves it, not sought by those who wait: who is next
   * changes with time, and of a thousand that look for themselves each would find another. Where it is kept for one
   * that is being told of its step, one of those who wait is woken to watch the time.
   */
  private void grant() {
    if (holder != null || waiting.isEmpty()) {
      return;
    }
    long now = System.nanoTime();
    Ticket away = kept != null && now < keptUntil ? kept : null;
    Ticket next = best(now, away);
    if (next == away) {
      watching(waiting.getFirst());
    } else {
      holder = next;
      kept = null;
      watch = null;
      next.turn.signal();
    }
  }

  private void watching(Ticket ticket) {
    if (watch != ticket) {
      watch = ticket;
      ticket.turn.signal();
    }
  }

  /** @param beside one more that counts beside those that wait, or null */
  private Ticket best(long now, Ticket beside) {
    Ticket best = beside;
    Rank first = beside == null ? null : Rank.of(beside, now);
    for (Ticket ticket : waiting) {
      if (ticket != beside) {
        Rank rank = Rank.of(ticket, now);
        if (first == null || rank.before(first)) {
          best = ticket;
          first = rank;
        }
      }
    }
    return best;
  }

  /** What decides who is next, at one moment. */
  private record Rank(long number, boolean starving, boolean pressed, long left, long remaining) {

    static Rank of(Ticket ticket, long now) {
      long remaining = ticket.remaining();
      long lone = ticket.served + remaining;
      boolean dated = ticket.token.hasDeadline();
      long left = dated ? ticket.token.left() : Long.MAX_VALUE;
      // A deadline presses that is near, and can still be met.
      return new Rank(ticket.number, lone > 0 && ticket.waited(now) > PATIENCE * lone,
          dated && left >= remaining && left < 2 * remaining, left, remaining);
    }

    boolean before(Rank other) {
      if (starving != other.starving) {
        return starving;
      }
      if (starving) {
        return number < other.number;
      }
      if (pressed != other.pressed) {
        return pressed;
      }
      if (pressed && left != other.left) {
        return left < other.left;
      }
      return remaining != other.remaining ? remaining < other.remaining : number < other.number;
    }
  }
}
