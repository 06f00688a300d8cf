package dev.langevin.server;

import dev.langevin.cli.ServeOptions;
import dev.langevin.request.CancellationToken;
import dev.langevin.request.DeadlineException;
import dev.langevin.pipeline.engine.Recorded;
import dev.langevin.request.Generation;
import dev.langevin.request.GenerationListener;
import dev.langevin.weights.WeightsException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Takes requests up to a number, some of them at a time to the engine, in the order in which they came. Thread-safe.
 */
public final class RequestQueue {

  /** Told of what happens; any thread. */
  public interface Watcher {

    /**
     * A request has come to its end, with a result or without.
     *
     * @param thrown why it made nothing, or null
     */
    default void ended(Job<?> job, Throwable thrown) {}

    /** One that was too many. */
    default void rejected() {}

    /** A generation has made a step. */
    default void stepped() {}

    /** A generation has ended with its pictures; a request may have several. */
    default void generated(Generation generation) {}
  }

  private final ServeOptions options;
  private final ModelPool models;
  private final List<Watcher> watchers = new CopyOnWriteArrayList<>();
  private final Set<Job<?>> accepted = new LinkedHashSet<>(); // guarded by this, as all below
  private final Map<String, Integer> byClient = new HashMap<>();
  private final Deque<Job<?>> waiting = new ArrayDeque<>();
  private int running;
  private double meanSeconds = 1;
  private boolean closing;

  /**
   * An empty queue, which takes requests from now on.
   *
   * @param models that requests compute with; the caller closes them, after {@link #drain}
   */
  public RequestQueue(ServeOptions options, ModelPool models) {
    this.options = options;
    this.models = models;
  }

  /** Has somebody told from now on. */
  public void watch(Watcher watcher) {
    watchers.add(watcher);
  }

  /**
   * Accepts a request and begins it when it is its turn.
   *
   * @param client whose it is: {@link Authentication#client}
   * @param model that it computes with, see {@link ModelPool#find}; null for none
   * @param deadline most time from now on, or null for the server's usual, which none exceeds
   * @param listener told of the steps of all its generations, on the job's thread; or {@link GenerationListener#NONE}
   * @param work what makes its result
   * @throws Fault 429 if there are too many already; 503 if the server is ending
   */
  public <T> Job<T> submit(String client, ServedModel model, Duration deadline, GenerationListener listener,
      Work<T> work) {
    Duration most = Duration.ofSeconds(options.deadlineSeconds);
    Duration time = deadline == null || deadline.compareTo(most) > 0 ? most : deadline;
    Job<T> job = new Job<>(client, model, CancellationToken.within(time));
    try {
      accept(job);
    } catch (Fault fault) {
      watchers.forEach(Watcher::rejected);
      throw fault;
    }
    Runnable called = () -> job.turn.completeExceptionally(new CancellationException("the request was cancelled"));
    job.token.whenCancelled(called);
    Thread.ofVirtual().name("langevin-job-" + job.id()).start(() -> run(job, listener, work));
    return job;
  }

  private synchronized void accept(Job<?> job) {
    if (closing) {
      throw Fault.ending("the server is ending; ask another, or later");
    }
    int own = byClient.getOrDefault(job.client(), 0);
    if (accepted.size() >= options.maxQueue || own >= options.maxPerClient) {
      int after = (int) Math.ceil(meanSeconds * waiting.size() / Math.max(1, options.parallel));
      throw Fault.busy(own >= options.maxPerClient
          ? "this client has " + own + " requests running or waiting, which is as many as one may have; ask later"
          : accepted.size() + " requests are running or waiting, which is as many as the server takes; ask later",
          after);
    }
    accepted.add(job);
    byClient.merge(job.client(), 1, Integer::sum);
    if (running < options.parallel) {
      running++;
      job.turn.complete(null);
    } else {
      waiting.add(job);
    }
  }

  private <T> void run(Job<T> job, GenerationListener listener, Work<T> work) {
    Throwable thrown = null;
    JobEvent event = Recorded.begin(JobEvent::new);
    try {
      awaitTurn(job);
      job.state = Job.State.RUNNING;
      job.began = System.nanoTime();
      job.token.requireGoingOn();
      T made = make(job, listener, work);
      job.state = Job.State.DONE;
      leave(job);
      job.result.complete(made);
    } catch (Throwable e) { // an error too is the request's end, and others go on
      boolean cancelled = e instanceof CancellationException;
      thrown = cancelled && job.outlasted ? Fault.ending("the server ended before the request did; ask again") : e;
      job.state = cancelled ? Job.State.CANCELLED : Job.State.FAILED;
      leave(job);
      job.result.completeExceptionally(thrown);
    }
    if (event != null) {
      event.job = job.id();
      event.model = job.model() == null ? null : job.model().name();
      event.waited = job.waited();
      event.outcome = job.state.name();
      event.commit();
    }
    for (Watcher watcher : watchers) {
      watcher.ended(job, thrown);
    }
  }

  private static void awaitTurn(Job<?> job) throws InterruptedException, ExecutionException {
    try {
      job.turn.get(Math.max(1, job.token.left()), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      throw new DeadlineException("the request's time passed while it waited; ask again with more");
    } catch (ExecutionException e) {
      throw (CancellationException) e.getCause();
    }
  }

  private <T> T make(Job<T> job, GenerationListener listener, Work<T> work) throws Exception {
    if (job.model() == null) {
      return work.make(new Session(job, models, null, listener, watchers));
    }
    try (ModelPool.Lease lease = models.lease(job.model())) {
      try {
        return work.make(new Session(job, models, lease, listener, watchers));
      } catch (WeightsException e) {
        lease.spoil();
        throw e;
      }
    }
  }

  private synchronized void leave(Job<?> job) {
    job.ended = System.nanoTime();
    job.preview = List.of();
    accepted.remove(job);
    byClient.computeIfPresent(job.client(), (client, count) -> count == 1 ? null : count - 1);
    if (job.began != 0 && job.state == Job.State.DONE) {
      meanSeconds += 0.1 * ((job.ended - job.began) * 1e-9 - meanSeconds);
    }
    boolean held = !waiting.remove(job); // else it never had its turn
    Job<?> next = held ? waiting.poll() : null;
    if (next != null) {
      next.turn.complete(null);
    } else if (held) {
      running--;
    }
    notifyAll();
  }

  /** Jobs that run or wait, in the order in which they came. */
  public synchronized List<Job<?>> jobs() {
    return new ArrayList<>(accepted);
  }

  /** Those that wait for their turn. */
  public synchronized int waiting() {
    return waiting.size();
  }

  /** Accepts no more, lets those that are there go on for some time, then cancels them and waits for their end. */
  public void drain(Duration time) {
    long end = System.nanoTime() + time.toNanos();
    synchronized (this) {
      closing = true;
      awaitEmpty(end);
      for (Job<?> job : accepted) {
        job.outlasted = true;
        job.cancel();
      }
      awaitEmpty(System.nanoTime() + TimeUnit.SECONDS.toNanos(30));
    }
  }

  private synchronized void awaitEmpty(long end) {
    try {
      while (!accepted.isEmpty() && System.nanoTime() < end) {
        wait(Math.max(1, TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime())));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Whether requests are accepted at all. */
  public synchronized boolean isOpen() {
    return !closing;
  }
}
