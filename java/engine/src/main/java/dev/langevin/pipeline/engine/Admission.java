package dev.langevin.pipeline.engine;

import dev.langevin.request.CancellationToken;
import dev.langevin.request.RequestPlan;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;

/**
 * Lets runs of a model begin that fit into its limit of memory beside those that are there; in the order in which they
 * came, so that a large one is not passed by small ones for ever. Thread-safe.
 */
final class Admission {

  private final long maxBytes;
  private final List<Object> queue = new ArrayList<>();
  private final List<RequestPlan> running = new ArrayList<>();

  Admission(long maxBytes) {
    this.maxBytes = maxBytes;
  }

  /** @throws CancellationException if the request is called off while it waits */
  synchronized void enter(RequestPlan plan, CancellationToken token) {
    Object place = new Object();
    Runnable waker = this::wake;
    queue.add(place);
    token.whenCancelled(waker);
    try {
      while (queue.getFirst() != place || !fits(plan)) {
        token.requireGoingOn();
        if (token.hasDeadline()) {
          wait(Math.max(1, TimeUnit.NANOSECONDS.toMillis(token.left())));
        } else {
          wait();
        }
      }
      running.add(plan);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException("the request was cancelled");
    } finally {
      token.forget(waker);
      queue.remove(place);
      notifyAll();
    }
  }

  private synchronized void wake() {
    notifyAll();
  }

  synchronized void leave(RequestPlan plan) {
    running.remove(plan);
    notifyAll();
  }

  /**
   * Networks of one size are shared, of several they are there several times; one whose networks are held in turn runs
   * alone.
   */
  private boolean fits(RequestPlan plan) {
    if (running.isEmpty()) {
      return true;
    }
    if (plan.inTurn() || running.stream().anyMatch(RequestPlan::inTurn)) {
      return false;
    }
    Map<String, Long> networks = new HashMap<>();
    long beside = plan.pictures();
    plan.networks().forEach((name, size) -> networks.put(name + size, size.bytes()));
    for (RequestPlan other : running) {
      other.networks().forEach((name, size) -> networks.put(name + size, size.bytes()));
      beside += other.pictures();
    }
    return networks.values().stream().mapToLong(Long::longValue).sum() + beside <= maxBytes;
  }
}
