package dev.langevin.pipeline.engine;

import dev.langevin.diffusion.NoiseSource;
import dev.langevin.plan.PlanSize;
import dev.langevin.plan.PlannedOp;
import dev.langevin.request.CancellationToken;
import dev.langevin.request.DeadlineException;
import dev.langevin.request.Generation;
import dev.langevin.request.GenerationListener;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.Load;
import dev.langevin.request.MemoryLimitException;
import dev.langevin.request.RejectedException;
import dev.langevin.request.RequestPlan;
import dev.langevin.request.Setting;
import dev.langevin.tensor.NotFiniteException;
import dev.langevin.tensor.Tensor;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;

/**
 * Serves requests to a model: takes them up to a number, keeps to its limit of memory, runs their stages. Thread-safe.
 */
public final class Service implements AutoCloseable {

  private final Model model;
  private final long maxBytes;
  private final String limit; // what maxBytes is, for people
  private final int maxQueued;
  private final Turns turns;
  private final Paces paces = new Paces();
  private final Admission admission;
  private final Set<CancellationToken> accepted = new HashSet<>(); // guarded by this
  private final AtomicLong done = new AtomicLong();
  private final AtomicLong rejected = new AtomicLong();
  private final AtomicLong missed = new AtomicLong();
  private final AtomicLong waited = new AtomicLong();
  private boolean closing; // guarded by this
  private boolean closed; // guarded by this

  /**
   * Takes requests from now on.
   *
   * @param model owned by this from now on
   * @param maxBytes most memory that a request may take; on a device whose memory is its own, no more than that
   * @param maxQueued most requests at a time
   */
  public Service(Model model, long maxBytes, int maxQueued) {
    this.model = model;
    long device = model.backend().memory().limit();
    this.maxBytes = Math.min(maxBytes, device);
    this.limit = maxBytes <= device ? "the limit is " + maxBytes + " bytes"
        : model.backend().name() + ":" + model.backend().device() + " has " + device + " bytes for it";
    this.maxQueued = maxQueued;
    this.turns = Turns.of(model.backend());
    this.admission = new Admission(maxBytes);
  }

  /** What a request takes. */
  public RequestPlan plan(GenerationRequest request) {
    requireOpen();
    GenerationRequest complete = complete(request);
    return plan(complete, model.stages(complete));
  }

  /** What is decided for each op of each network, by its name in the request's plan. */
  public Map<String, List<PlannedOp>> operations(GenerationRequest request) {
    Map<String, PlanSize> sizes = plan(request).networks();
    Map<String, List<PlannedOp>> operations = new LinkedHashMap<>();
    model.stages(complete(request))
        .forEach(stage -> stage.needs().forEach(need -> operations.put(need.name(), model.backend().call(
            () -> need.network().operations(need.graph().get(), sizes.get(need.name()).bytes())))));
    return operations;
  }

  /** A request with what is usual for the model. */
  public GenerationRequest complete(GenerationRequest request) {
    Setting.requireHonoured(request, model.honours(), model.facts().family());
    return model.complete(request);
  }

  private RequestPlan plan(GenerationRequest request, List<Stage> stages) {
    return Budget.plan(stages, model.bytesBeside(request), maxBytes, model.inTurn());
  }

  /** Makes a request's pictures on the calling thread. */
  public Generation generate(GenerationRequest request, NoiseSource noise, GenerationListener listener,
      CancellationToken token) {
    Listening.requireOutside("pictures were asked for");
    CancellationToken own = accept(token);
    try {
      return run(request, noise, listener, own);
    } catch (DeadlineException e) {
      missed.incrementAndGet();
      throw e;
    } finally {
      leave(token, own);
    }
  }

  /** The same on a thread of its own. */
  public CompletableFuture<Generation> generateAsync(GenerationRequest request, NoiseSource noise,
      GenerationListener listener) {
    Listening.requireOutside("pictures were asked for");
    CancellationToken own = accept(new CancellationToken());
    CompletableFuture<Generation> result = new CompletableFuture<>();
    result.whenComplete((made, thrown) -> own.cancel()); // where it is cancelled; else the run has ended
    Thread.ofVirtual().name("langevin-request").start(() -> {
      try {
        result.complete(run(request, noise, listener, own));
      } catch (Throwable e) {
        if (e instanceof DeadlineException) {
          missed.incrementAndGet();
        }
        result.completeExceptionally(e);
      } finally {
        leave(own, own);
      }
    });
    return result;
  }

  private synchronized CancellationToken accept(CancellationToken token) {
    requireOpen();
    if (accepted.size() >= maxQueued) {
      rejected.incrementAndGet();
      throw new RejectedException(
          accepted.size() + " requests are running or waiting, which is as many as the model takes; ask later, or"
              + " load it with a larger maxQueued");
    }
    CancellationToken own = token.child();
    accepted.add(own);
    return own;
  }

  private synchronized void leave(CancellationToken token, CancellationToken own) {
    token.release(own);
    accepted.remove(own);
    notifyAll();
  }

  private Generation run(GenerationRequest asked, NoiseSource noise, GenerationListener listener,
      CancellationToken token) {
    GenerationRequest request = complete(asked);
    MachineMemory.requirePictures(request);
    List<Stage> stages = model.stages(request);
    try {
      return run(request, stages, noise, listener, token);
    } catch (NotFiniteException e) {
      throw Finite.explained(e, model, stages,
          () -> run(request, model.stages(request), model.noise(request), GenerationListener.NONE, token));
    } catch (OutOfMemoryError e) {
      throw MachineMemory.exceeded(e, () -> plan(request, stages));
    }
  }

  private Generation run(
      GenerationRequest request, List<Stage> stages, NoiseSource noise, GenerationListener listener,
      CancellationToken token) {
    boolean limited = maxBytes != Long.MAX_VALUE || model.inTurn();
    RequestPlan plan = limited ? requireMemory(request, stages) : null;
    if (limited) {
      admission.enter(plan, stages, token);
    }
    Ticket ticket = turns.arrive(token);
    RequestEvent event = Recorded.begin(RequestEvent::new);
    try {
      Run run = new Run(request, noise, listener, token, plan, model.backend(), turns, paces, ticket, stages);
      Map<String, Double> seconds = new LinkedHashMap<>();
      for (Stage stage : stages) {
        long begun = System.nanoTime();
        if (limited && plan.inTurn()) {
          run.turn(() -> releaseOthers(stages, stage));
        }
        run.enter();
        // Networks that are held in turn may be so within a stage too: it makes the plans of all but the first.
        stage.needs().stream().limit(run.inTurn() ? 1 : Long.MAX_VALUE).forEach(run::plan);
        Finite.run(stage, run);
        run.leave();
        seconds.put(stage.name(), (System.nanoTime() - begun) * 1e-9);
      }
      token.requireGoingOn();
      done.incrementAndGet();
      if (event != null) {
        event.done = true;
      }
      Map<String, Tensor> tensors = run.tensors();
      return new Generation(request, tensors.remove("pictures"), tensors, run.warnings(), seconds);
    } finally {
      turns.leave(ticket);
      long waiting = ticket.waited(System.nanoTime());
      waited.addAndGet(waiting);
      if (event != null) {
        event.family = model.facts().family();
        event.samples = request.samples();
        event.waited = waiting;
        event.commit();
      }
      if (limited) {
        admission.leave(plan);
      }
    }
  }

  private RequestPlan requireMemory(GenerationRequest request, List<Stage> stages) {
    RequestPlan plan = plan(request, stages);
    if (plan.peakBytes() > maxBytes) {
      throw new MemoryLimitException(
          "the request takes " + plan + ", " + limit + "; use a smaller picture or batch, or decode in tiles");
    }
    return plan;
  }

  /** Frees the networks that a stage does not need. */
  private static Void releaseOthers(List<Stage> stages, Stage stage) {
    Set<Network> needed = stage.needs().stream().map(Need::network).collect(Collectors.toSet());
    stages.forEach(other -> other.needs().stream().map(Need::network).filter(each -> !needed.contains(each))
        .forEach(Network::release));
    return null;
  }

  /** How busy it is. */
  public synchronized Load load() {
    return new Load(accepted.size(), turns.waiting(), done.get(), rejected.get(), missed.get(), waited.get());
  }

  private synchronized void requireOpen() {
    if (closing) {
      throw new IllegalStateException("the model is closed");
    }
  }

  /** Cancels every request. */
  public void cancelAll() {
    Set<CancellationToken> all;
    synchronized (this) {
      all = Set.copyOf(accepted);
    }
    all.forEach(CancellationToken::cancel);
  }

  @Override
  public void close() {
    Listening.requireOutside("a model was closed");
    boolean interrupted = false;
    synchronized (this) {
      closing = true;
      while (!accepted.isEmpty()) {
        try {
          wait();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      if (closed) {
        return;
      }
      closed = true;
    }
    model.close();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
