package dev.langevin.pipeline;

import dev.langevin.diffusion.NoiseSource;
import dev.langevin.pipeline.engine.Model;
import dev.langevin.pipeline.engine.Service;
import dev.langevin.plan.PlannedOp;
import dev.langevin.request.CancellationToken;
import dev.langevin.request.Generation;
import dev.langevin.request.GenerationListener;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.Load;
import dev.langevin.request.LoadOptions;
import dev.langevin.request.ModelFacts;
import dev.langevin.request.RequestPlan;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * A model of any family, open for requests: {@link Pipelines#open} gives one.
 *
 * <p>
 * Any number of threads may ask at a time. Requests take turns, a step each: a short one never waits for a long one to
 * end, and each gives what it gives alone. Owned by whoever opened it.
 */
public final class Pipeline implements AutoCloseable {

  private final Model model;
  private final Service service;

  Pipeline(Model model, LoadOptions options) {
    this.model = model;
    this.service = new Service(model, options.maxBytes(), options.maxQueued());
  }

  /** What a program may want to know of the model. */
  public ModelFacts facts() {
    return model.facts();
  }

  /**
   * Whether picture k of a request is made of {@code seed + k}, so that a request may be parted without changing its
   * pictures; else all are drawn from one generator, one after another.
   */
  public boolean seedsEach() {
    return model.seedsEach();
  }

  /** Which libraries compute at which instruction sets; others may make pictures with other last bits. */
  public String build() {
    return model.build();
  }

  /** Something that its family alone can do, such as {@link Embeddings}. */
  public <T> Optional<T> ability(Class<T> kind) {
    return kind.isInstance(model) ? Optional.of(kind.cast(model)) : Optional.empty();
  }

  /**
   * The request with what is usual for the model in the place of what it leaves open.
   *
   * @throws IllegalArgumentException if the request does not fit the model, naming what the model cannot do
   */
  public GenerationRequest complete(GenerationRequest request) {
    return service.complete(request);
  }

  /**
   * Memory that a request takes, without taking it.
   *
   * @throws IllegalArgumentException if the request does not fit the model, naming what the model cannot do
   */
  public RequestPlan plan(GenerationRequest request) {
    return service.plan(request);
  }

  /** What is decided for each op of each network that a request needs, by its name in the request's {@link #plan}. */
  public Map<String, List<PlannedOp>> operations(GenerationRequest request) {
    return service.operations(request);
  }

  /** {@link #generate(GenerationRequest, GenerationListener, CancellationToken)} without either. */
  public Generation generate(GenerationRequest request) {
    return generate(request, GenerationListener.NONE, new CancellationToken());
  }

  /**
   * Makes a request's pictures and waits for them. Holds nothing of the request afterwards but plans, for the next one.
   *
   * @throws IllegalArgumentException if the request does not fit the model, with the values and a remedy
   * @throws dev.langevin.weights.WeightsException if a file of its updates is missing, malformed, for another kind of
   *   model, or changed while it is read; the model goes on
   * @throws dev.langevin.request.MemoryLimitException if it takes more memory than the model was given
   * @throws dev.langevin.request.RejectedException if too many wait already
   * @throws dev.langevin.request.DeadlineException if the token's time passes
   * @throws java.util.concurrent.CancellationException within one step after the token is cancelled, the listener
   *   returns false or the thread is interrupted; at once where the request waits for its turn
   * @throws IllegalStateException if the model is closed, or the caller is within a listener
   */
  public Generation generate(GenerationRequest request, GenerationListener listener, CancellationToken token) {
    return generate(request, model.noise(request), listener, token);
  }

  /** With noise of the caller's: the start's first, but after what encoding a picture draws; then the sampler's. */
  public Generation generate(GenerationRequest request, NoiseSource noise, GenerationListener listener,
      CancellationToken token) {
    return service.generate(request, noise, listener, token);
  }

  /** As the others, on a thread of its own; cancelling the result cancels the request. */
  public CompletableFuture<Generation> generateAsync(GenerationRequest request, GenerationListener listener) {
    return service.generateAsync(request, model.noise(request), listener);
  }

  /** How busy it is. */
  public Load load() {
    return service.load();
  }

  /** Cancels all requests, then closes. */
  public void closeNow() {
    service.cancelAll();
    service.close();
  }

  /**
   * Takes no more requests, waits until those that were accepted are done, and frees the model. Does nothing the second
   * time.
   */
  @Override
  public void close() {
    service.close();
  }
}
