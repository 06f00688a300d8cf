package dev.langevin.pipeline;

import dev.langevin.diffusion.NoiseSource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * Latent diffusion under a text (arXiv:2112.10752): Stable Diffusion 1, 2 and XL and what is built alike, from text, from a picture,
 * inpainting, with control networks; SDXL's refiner and the x4 upscaler.
 *
 * <p>Immutable and shareable between threads: requests are served one after another, each with all cores, and each gives what it
 * gives alone. Owned by whoever loaded it; close it when no request runs.
 */
public final class StableDiffusion implements AutoCloseable {

  private final DiffusionModel model;
  private final long maxBytes;
  private final Semaphore turn = new Semaphore(1, true);

  private StableDiffusion(DiffusionModel model, long maxBytes) {
    this.model = model;
    this.maxBytes = maxBytes;
  }

  /** {@link #load(Path, LoadOptions)} with the usual options. */
  public static StableDiffusion load(Path path) {
    return load(path, LoadOptions.usual());
  }

  /**
   * Opens a diffusers folder, or a single file in the original naming, and checks all of it: index, configurations, names, shapes, types
   * and values of the weights. The files stay mapped until {@link #close}.
   *
   * @throws dev.langevin.weights.WeightsException if a file is missing or malformed, or files do not belong together, naming the
   *     entry at fault
   */
  public static StableDiffusion load(Path path, LoadOptions options) {
    LoadEvent event = Recorded.begin(LoadEvent::new);
    ModelParts parts = Files.isRegularFile(path) ? new SingleFileParts(path, options) : new FolderParts(path);
    if (!options.loras().isEmpty() || !options.embeddings().isEmpty()) {
      parts = new AdaptedParts(parts, options);
    }
    StableDiffusion loaded = new StableDiffusion(new DiffusionModel(parts, options), options.maxBytes());
    if (event != null) {
      event.model = path.toString();
      event.components = String.join(", ", parts.components().keySet());
      event.commit();
    }
    return loaded;
  }

  /** What both sides of a picture are multiples of. */
  public int sizeMultiple() {
    return model.codec.reduction();
  }

  /** Class of the model's own sampler. */
  public String sampler() {
    return model.scheduler(null).className();
  }

  /** Whether it makes a picture larger instead of making one from text alone. */
  public boolean upscales() {
    return model.upscales();
  }

  /** Memory of text to picture of that size under guidance. */
  public RequestPlan plan(int width, int height, int batch) {
    return plan(GenerationRequest.prompt("").size(width, height).count(batch).build());
  }

  /**
   * Memory that a request takes, without taking it.
   *
   * @throws IllegalArgumentException if the request does not fit the model
   */
  public RequestPlan plan(GenerationRequest request) {
    return model.backend.call(() -> RequestShape.of(model, request).plan(model, request, maxBytes));
  }

  /** {@link #generate(GenerationRequest, GenerationListener, CancellationToken)} without either. */
  public Generation generate(GenerationRequest request) {
    return generate(request, GenerationListener.NONE, new CancellationToken());
  }

  /**
   * Makes a request's pictures and waits for them. Holds nothing of the request afterwards but the plans, for the next one.
   *
   * @throws IllegalArgumentException if the request does not fit the model, with the values and a remedy
   * @throws MemoryLimitException if it takes more memory than the model was given
   * @throws CancellationException within one step after the token is cancelled, the listener returns false or the thread is
   *     interrupted; at once where the request still waits for its turn
   */
  public Generation generate(GenerationRequest request, GenerationListener listener, CancellationToken token) {
    return generate(request, new SeededNoise(request.seed(), request.samples()), listener, token::isCancelled);
  }

  /** As the others, on a thread of its own; cancelling the result cancels the request. */
  public CompletableFuture<Generation> generateAsync(GenerationRequest request, GenerationListener listener) {
    CompletableFuture<Generation> result = new CompletableFuture<>();
    Thread.ofVirtual().name("langevin-request").start(() -> {
      try {
        result.complete(generate(request, new SeededNoise(request.seed(), request.samples()), listener, result::isDone));
      } catch (Throwable e) {
        result.completeExceptionally(e);
      }
    });
    return result;
  }

  /** With noise of the caller's: the start's first, but after what encoding a picture draws; then the sampler's. */
  public Generation generate(
      GenerationRequest request, NoiseSource noise, GenerationListener listener, BooleanSupplier cancelled) {
    RequestPlan limited = maxBytes == Long.MAX_VALUE ? null : requireMemory(request);
    takeTurn(cancelled);
    try {
      return model.backend.call(() -> new GenerationRun(model, request, limited, noise, listener, cancelled).run());
    } finally {
      turn.release();
    }
  }

  private RequestPlan requireMemory(GenerationRequest request) {
    RequestPlan plan = plan(request);
    if (plan.peakBytes() > maxBytes) {
      throw new MemoryLimitException("the request takes " + plan + ", the limit is " + maxBytes
          + " bytes; use a smaller picture or batch, or decode in tiles");
    }
    return plan;
  }

  private void takeTurn(BooleanSupplier cancelled) {
    try {
      while (!turn.tryAcquire(20, TimeUnit.MILLISECONDS)) {
        if (cancelled.getAsBoolean()) {
          throw new CancellationException("the request was cancelled before its turn");
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException("the request was interrupted before its turn");
    }
  }

  @Override
  public void close() {
    model.close();
  }
}
