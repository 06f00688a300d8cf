package dev.langevin.pipeline.engine;

import dev.langevin.backend.Backend;
import dev.langevin.diffusion.NoiseSource;
import dev.langevin.plan.Plan;
import dev.langevin.request.CancellationToken;
import dev.langevin.request.GenerationListener;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.RequestPlan;
import dev.langevin.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;

/** One request on its way through a pipeline's stages. Used on the request's own thread. */
public final class Run {

  /** Most nanoseconds of steps that a listener is told of later, together. */
  private static final long UNTOLD = 5_000_000;

  private final GenerationRequest request;
  private final NoiseSource noise;
  private final GenerationListener listener;
  private final CancellationToken token;
  private final RequestPlan plan; // or null without a limit
  private final Backend backend;
  private final Turns turns;
  private final Paces paces;
  private final Ticket ticket;
  private final Map<String, Tensor> tensors = new HashMap<>();
  private final List<String> warnings = new ArrayList<>();
  private final List<Ahead> ahead = new ArrayList<>();
  private Ahead current;
  private volatile long passed; // nanoseconds of the current stage's passes

  /** A stage that is still to run, and what its time is known by. */
  private record Ahead(Object key, Stage.Pace pace) {
    static Ahead of(Stage stage) {
      return new Ahead(
          List.of(stage.name(), stage.needs().stream().map(need -> List.of(need.name(), need.shape())).toList()),
          stage.pace());
    }

    long expected(Paces paces) {
      return pace != null ? pace.calls() * paces.expected(pace.shape(), pace.elements()) : paces.passes(key);
    }
  }

  /** What a listener is to be told. */
  private record Told(int done, int calls, GenerationListener.Preview preview) {}

  Run(GenerationRequest request, NoiseSource noise, GenerationListener listener, CancellationToken token,
      RequestPlan plan,
      Backend backend, Turns turns, Paces paces, Ticket ticket, List<Stage> stages) {
    this.request = request;
    this.noise = noise;
    this.listener = listener;
    this.token = token;
    this.plan = plan;
    this.backend = backend;
    this.turns = turns;
    this.paces = paces;
    this.ticket = ticket;
    stages.forEach(stage -> ahead.add(Ahead.of(stage)));
    turns.expect(ticket, expected());
  }

  /** Goes over to the next stage. */
  void enter() {
    current = ahead.removeFirst();
    passed = 0;
    LongSupplier rest = expected();
    Ahead entered = current;
    turns.expect(ticket, () -> Math.max(0, entered.expected(paces) - passed) + rest.getAsLong());
  }

  /** The current stage has ended. */
  void leave() {
    if (passed > 0) {
      paces.passed(current.key, passed);
    }
  }

  /** What the stages ahead take, by the paces of the moment that it is asked at. */
  private LongSupplier expected() {
    List<Ahead> stages = List.copyOf(ahead);
    return () -> stages.stream().mapToLong(stage -> stage.expected(paces)).sum();
  }

  /** What was asked for. */
  public GenerationRequest request() {
    return request;
  }

  /** Where the run's noise comes from. */
  public NoiseSource noise() {
    return noise;
  }

  /** What stages have made, by its name. */
  public Map<String, Tensor> tensors() {
    return tensors;
  }

  /** What a person should know of how the request was understood. */
  public List<String> warnings() {
    return warnings;
  }

  /** What a network's plan is not to exceed, if that can be. */
  public long preferredBytes(Need need) {
    return plan != null && need.yields() ? plan.networks().get(need.name()).bytes() : need.preferredBytes();
  }

  /** A network's plan, on the backend's thread. */
  public Lease lease(Need need) {
    return need.network().lease(need, preferredBytes(need));
  }

  /** Makes a network's plan; where others wait, an op or a weight each turn. */
  void plan(Need need) {
    Network network = need.network();
    long preferred = preferredBytes(need);
    if (network.has(need, preferred)) {
      return;
    }
    backend.call(() -> expected(network, 1));
    try {
      while (turn(() -> advance(need, preferred))) {}
    } finally {
      backend.call(() -> expected(network, -1));
    }
  }

  /**
   * One pass of a network; where others wait, a slice each turn. Another run's pass over the same plan waits until it
   * ends.
   *
   * @param write the inputs
   * @param read the result, whose memory is not the plan's
   */
  public <T> T pass(Need need, Consumer<Plan> write, Function<Plan, T> read) {
    try (Pass<T> pass = new Pass<>(write, read)) {
      while (!turn(() -> slices(pass, need))) {
        pass.awaitPlan(token);
      }
      return pass.result();
    }
  }

  private <T> boolean slices(Pass<T> pass, Need need) {
    boolean done = false;
    boolean begun = pass.begin(() -> lease(need));
    while (begun && !done) {
      long before = System.nanoTime();
      done = pass.advance();
      passed += System.nanoTime() - before;
      if (!goesOn()) {
        break;
      }
    }
    return done;
  }

  private static Void expected(Network network, int runs) {
    network.expected(runs);
    return null;
  }

  private boolean advance(Need need, long preferred) {
    boolean more;
    do {
      more = need.network().advance(need, preferred);
    } while (more && goesOn());
    return more;
  }

  /** Whether the turn that this run has may be followed by another at once. */
  private boolean goesOn() {
    return !token.isCancelled() && token.left() > 0 && !turns.othersFirst(ticket);
  }

  /** Whether networks are freed when their part is done, as all do not fit. */
  public boolean inTurn() {
    return plan != null && plan.inTurn();
  }

  /**
   * Does work on the backend's thread when it is this run's turn.
   *
   * @throws CancellationException if the request was called off
   * @throws dev.langevin.request.DeadlineException if its time has passed
   */
  public <T> T turn(Callable<T> work) {
    token.requireGoingOn();
    if (backend.isCurrentThread()) { // within a turn
      return backend.call(work);
    }
    return turns.take(backend, ticket, true, work);
  }

  /**
   * Walks a chain to its end, a turn for each step; for several where no other run should go first and either nobody
   * listens or they are short: handing such a step on would cost more than it.
   *
   * @param walk closed at the end
   * @param result what the sample is called among the tensors
   */
  public void walk(Walk walk, String result) {
    Stage.Pace pace = current.pace;
    if (pace == null) {
      throw new IllegalStateException("a stage walks a chain without a pace; return one from Stage.pace");
    }
    LongSupplier rest = expected();
    boolean heard = listener != GenerationListener.NONE;
    List<Told> told = new ArrayList<>();
    try {
      for (int done = walk.done(); done < walk.calls();) { // an adaptive chain finds its end on its way
        turn(() -> {
          long begun = System.nanoTime();
          step(walk, pace, rest);
          while (walk.done() < walk.calls() && (!heard || isShort(walk, pace, begun, told.size())) && goesOn()) {
            if (heard) {
              told.add(new Told(walk.done(), walk.calls(), walk.preview(told.size())));
            }
            step(walk, pace, rest);
          }
          return null;
        });
        done = walk.done();
        if (heard) {
          told.add(new Told(done, walk.calls(), walk.preview()));
          told.forEach(this::tell);
          told.clear();
        }
      }
      tensors.put(result, walk.sample());
    } finally {
      backend.call(() -> {
        walk.close();
        return null;
      });
    }
  }

  /** Whether a turn that began then has time for another step before the listener is told of those that were made. */
  private boolean isShort(Walk walk, Stage.Pace pace, long begun, int kept) {
    return kept < walk.previews()
        && System.nanoTime() - begun + paces.expected(pace.shape(), pace.elements()) < UNTOLD;
  }

  private void step(Walk walk, Stage.Pace pace, LongSupplier rest) {
    StepEvent event = Recorded.begin(StepEvent::new);
    long begun = System.nanoTime();
    walk.step();
    paces.measured(pace.shape(), pace.elements(), System.nanoTime() - begun);
    long left = walk.calls() - walk.done();
    turns.expect(ticket, () -> rest.getAsLong() + left * paces.expected(pace.shape(), pace.elements()));
    if (event != null) {
      event.step = walk.done();
      event.total = walk.calls();
      event.samples = request.samples();
      event.commit();
    }
  }

  private void tell(Told step) {
    if (!Listening.during(() -> listener.stepped(step.done, step.calls, step.preview))) {
      throw new CancellationException(
          "the listener stopped the request after " + step.done + " of " + step.calls + " steps");
    }
  }
}
