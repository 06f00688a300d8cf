package dev.langevin.pipeline.engine;

import dev.langevin.backend.Backend;
import dev.langevin.request.CancellationToken;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * Who computes next on a backend. Runs go on their callers' threads and come here for each turn: a step or several
 * short ones, a text, a tile. So a run is written from top to bottom, a listener keeps nobody waiting but its own run,
 * and whoever waits can be called off.
 *
 * <p>
 * The backend's thread goes from one turn to the next by itself: a thread that had to be woken in between would cost
 * more than a short turn. Who waits sleeps until its turn has ended.
 *
 * <p>
 * Next is the earliest deadline of those that are near and can still be met; else the least remaining work, so that a
 * short run never waits for a long one to end. Nobody is overtaken by those that came later once it has waited more
 * than {@value Rank#PATIENCE} times what it takes alone. Of equal ones the one that began goes on: taking turns among
 * equals would double the mean of their times. It keeps its place while its listener is told of a step, for
 * {@link #GRACE} at most.
 *
 * <p>
 * Thread-safe; one for a backend.
 */
public final class Turns {

  /**
   * Nanoseconds that the next turn is kept for a run whose listener is being told; a listener that shows a bar takes
   * less.
   */
  private static final long GRACE = 500_000;

  private static final Map<String, Turns> ALL = new ConcurrentHashMap<>();

  private final ReentrantLock lock = new ReentrantLock();
  private final List<Ticket> waiting = new ArrayList<>();
  private Ticket kept; // of which the next turn is kept, until keptUntil
  private long keptUntil;
  private long alarm = System.nanoTime(); // when the backend's thread looks again, if that is to come
  private boolean computing; // whether a turn is taken
  private boolean posted; // whether the backend's thread is to serve as soon as it can
  private long arrivals;
  private volatile boolean wanted; // whether anybody waits

  Turns() {}

  /** Those of a backend's device. */
  public static Turns of(Backend backend) {
    return ALL.computeIfAbsent(backend.name() + ":" + backend.device(), name -> new Turns());
  }

  /** A place for a run. */
  Ticket arrive(CancellationToken token) {
    lock.lock();
    try {
      Ticket ticket = new Ticket(token, arrivals++);
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
        arrange();
      }
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

  /** Whether another run should go before the one that computes makes another step. Cheap where nobody waits. */
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
   * Waits for a turn, and until its work is done on the backend's thread. An interrupt while it is being done is passed
   * on to it, and it is waited for: memory that it uses must not be freed under it.
   *
   * @param returns whether the run will be back at once
   * @throws CancellationException if its token is cancelled or its thread interrupted while it waits
   * @throws dev.langevin.request.DeadlineException likewise for its time
   */
  <T> T take(Backend backend, Ticket ticket, boolean returns, Callable<T> work) {
    Turn<T> turn = new Turn<>(backend, returns, work);
    lock.lock();
    try {
      kept = kept == ticket ? null : kept;
      ticket.turn = turn; // before the look at the token, which wakes it
      ticket.token.requireGoingOn();
      waiting.add(ticket);
      wanted = true;
    } finally {
      arrange();
      lock.unlock();
    }
    boolean interrupted = false;
    try {
      while (!turn.ended()) {
        if (turn.begun() || !ticket.token.hasDeadline()) {
          LockSupport.park(turn);
        } else {
          LockSupport.parkNanos(turn, ticket.token.left());
        }
        if (!turn.begun()) {
          requireGoingOn(ticket);
        } else if (Thread.interrupted()) {
          interrupted = true;
          turn.interrupt();
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
    return turn.result();
  }

  /** Gives up waiting where the request is called off; not once the turn has begun. */
  private void requireGoingOn(Ticket ticket) {
    lock.lock();
    try {
      if (!ticket.turn.begun()) {
        ticket.token.requireGoingOn();
      }
    } catch (RuntimeException e) {
      waiting.remove(ticket);
      wanted = !waiting.isEmpty();
      throw e;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Sees to it that the backend's thread serves who is next, as soon as it can or when the time is over for which the
   * turn is kept. Nobody is woken but who has had a turn. With the lock.
   */
  private void arrange() {
    if (computing || posted || waiting.isEmpty()) {
      return;
    }
    Backend backend = waiting.getFirst().turn.backend;
    long now = System.nanoTime();
    try {
      if (next(now) != null) {
        backend.post(0, this::serve);
        posted = true;
      } else if (alarm - now <= 0) {
        alarm = keptUntil;
        backend.post(keptUntil - now, this::serve);
      }
    } catch (RuntimeException e) { // the backend was closed
      waiting.forEach(each -> each.turn.fail(e));
      waiting.clear();
      wanted = false;
    }
  }

  /** Who takes a free turn, or null where nobody waits or the turn is kept for one that is being told of its step. */
  private Ticket next(long now) {
    Ticket away = kept != null && now - keptUntil < 0 ? kept : null;
    Ticket next = best(now, away);
    return next == away ? null : next;
  }

  /** Gives one turn, on the backend's thread. What others asked of that thread comes before the next. */
  private void serve() {
    Ticket ticket;
    lock.lock();
    try {
      posted = false;
      ticket = next(System.nanoTime());
      if (ticket == null) {
        arrange();
        return;
      }
      waiting.remove(ticket);
      wanted = !waiting.isEmpty();
      kept = null;
      computing = true;
      ticket.begin(System.nanoTime());
    } finally {
      lock.unlock();
    }
    Turn<?> turn = ticket.turn;
    Object result = null;
    Throwable thrown = null;
    turn.enter();
    try {
      result = turn.work.call();
    } catch (Throwable e) {
      thrown = e;
    }
    turn.leave(result, thrown);
    lock.lock();
    try {
      long now = System.nanoTime();
      ticket.end(now);
      computing = false;
      if (turn.returns) {
        kept = ticket;
        keptUntil = now + GRACE;
      }
      arrange();
    } finally {
      lock.unlock();
    }
    turn.end();
  }

  /** @param beside one more that counts beside those that wait, or null */
  private Ticket best(long now, Ticket beside) {
    List<Rank> ranks = new ArrayList<>(waiting.size() + 1);
    if (beside != null) {
      ranks.add(Rank.of(beside, now));
    }
    for (Ticket ticket : waiting) {
      if (ticket != beside) {
        ranks.add(Rank.of(ticket, now));
      }
    }
    return Rank.first(ranks);
  }
}
