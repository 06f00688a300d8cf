package dev.langevin.pipeline.engine;

import dev.langevin.backend.Backend;
import dev.langevin.diffusion.NoiseSource;
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
import java.util.function.LongSupplier;

/** One request on its way through a pipeline's stages. Used on the request's own thread. */
public final class Run {

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
  private final List<Stage.Pace> ahead = new ArrayList<>();

  Run(GenerationRequest request, NoiseSource noise, GenerationListener listener, CancellationToken token, RequestPlan plan,
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
    for (Stage stage : stages) {
      if (stage.pace() != null) {
        ahead.add(stage.pace());
      }
    }
    turns.expect(ticket, expected());
  }

  private LongSupplier expected() {
    List<Stage.Pace> chains = List.copyOf(ahead);
    return () -> chains.stream().mapToLong(pace -> pace.calls() * paces.expected(pace.shape(), pace.elements())).sum();
  }

  public GenerationRequest request() {
    return request;
  }

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
  public long preferredBytes(String need) {
    return plan == null ? Network.COMFORTABLE : plan.networks().get(need).bytes();
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
   * Walks a chain to its end, a turn for each step; for several where no other run should go first and nobody listens.
   *
   * @param walk closed at the end
   * @param result what the sample is called among the tensors
   */
  public void walk(Walk walk, String result) {
    if (ahead.isEmpty()) {
      throw new IllegalStateException("a stage walks a chain without a pace; return one from Stage.pace");
    }
    Stage.Pace pace = ahead.removeFirst();
    LongSupplier rest = expected();
    boolean heard = listener != GenerationListener.NONE;
    int calls = walk.calls();
    try {
      for (int done = walk.done(); done < calls;) {
        turn(() -> {
          do {
            step(walk, pace, rest);
          } while (!heard && walk.done() < calls && !token.isCancelled() && token.left() > 0 && !turns.othersFirst(ticket));
          return null;
        });
        done = walk.done();
        if (heard && !tell(done, calls, walk)) {
          throw new CancellationException("the listener stopped the request after " + done + " of " + calls + " steps");
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

  private boolean tell(int done, int calls, Walk walk) {
    return Listening.during(() -> listener.stepped(done, calls, walk.preview()));
  }
}
