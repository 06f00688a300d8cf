package dev.langevin.pipeline.engine;

import dev.langevin.plan.PlanSize;
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
  private final List<Running> running = new ArrayList<>();

  /**
   * A request's memory.
   *
   * @param updates of each network's weights, by its name in the plan
   */
  private record Running(RequestPlan plan, Map<String, Object> updates) {}

  /** Plans of one network that share all weights but those that are updated. */
  private record Sharing(String network, PlanSize unlike) {

    static Sharing of(String network, PlanSize size) {
      return new Sharing(network, new PlanSize(size.weights(), size.activations(), size.scratch()));
    }

    long bytes(Map<Object, PlanSize> byUpdates) {
      long sum = unlike.weights();
      for (PlanSize size : byUpdates.values()) {
        sum += size.activations() + size.scratch() + (byUpdates.size() == 1 ? 0 : size.updated());
      }
      return sum;
    }
  }

  Admission(long maxBytes) {
    this.maxBytes = maxBytes;
  }

  /**
   * @param stages that the plan is of
   * @throws CancellationException if the request is called off while it waits
   */
  synchronized void enter(RequestPlan plan, List<Stage> stages, CancellationToken token) {
    Map<String, Object> updates = new HashMap<>();
    stages.forEach(stage -> stage.needs().stream().filter(need -> need.updates() != null)
        .forEach(need -> updates.put(need.name(), need.updates().key())));
    Running entering = new Running(plan, updates);
    Object place = new Object();
    Runnable waker = this::wake;
    queue.add(place);
    token.whenCancelled(waker);
    try {
      while (queue.getFirst() != place || !fits(entering)) {
        token.requireGoingOn();
        if (token.hasDeadline()) {
          wait(Math.max(1, TimeUnit.NANOSECONDS.toMillis(token.left())));
        } else {
          wait();
        }
      }
      running.add(entering);
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
    running.stream().filter(each -> each.plan == plan).findFirst().ifPresent(running::remove);
    notifyAll();
  }

  /**
   * Networks of one size are shared, with several updates all but these; of several sizes they are there several times.
   * One whose networks are held in turn runs alone.
   */
  private boolean fits(Running entering) {
    if (running.isEmpty()) {
      return true;
    }
    List<Running> together = new ArrayList<>(running);
    together.add(entering);
    if (together.stream().anyMatch(each -> each.plan.inTurn())) {
      return false;
    }
    Map<Sharing, Map<Object, PlanSize>> networks = new HashMap<>();
    long bytes = 0;
    for (Running each : together) {
      each.plan.networks().forEach((name, size) -> networks.computeIfAbsent(Sharing.of(name, size),
          shared -> new HashMap<>()).put(each.updates.getOrDefault(name, ""), size));
      bytes += each.plan.pictures();
    }
    for (Map.Entry<Sharing, Map<Object, PlanSize>> network : networks.entrySet()) {
      bytes += network.getKey().bytes(network.getValue());
    }
    return bytes <= maxBytes;
  }
}
