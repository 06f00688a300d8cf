package dev.langevin.server;

import dev.langevin.cli.ServeOptions;
import dev.langevin.pipeline.Pipeline;
import dev.langevin.pipeline.Pipelines;
import dev.langevin.request.CancellationToken;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.LoadOptions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * Models, opened when they are first asked for. All together keep to one limit of memory: a request waits until it fits
 * beside those that run, and models that nobody uses are closed for it, the least recently used first. Thread-safe.
 *
 * <p>
 * What a model holds is taken to be the most of what its running requests plan together and of what its last one did:
 * under a limit it keeps no other plans.
 */
public final class ModelPool implements AutoCloseable {

  private final ServeOptions options;
  private final ModelNames names;
  private final Consumer<String> warnings;
  private final Map<String, Slot> slots = new HashMap<>(); // guarded by lock, as all that is in them
  private final ReentrantLock lock = new ReentrantLock(true);
  private final Condition changed = lock.newCondition();
  private final ReentrantLock admission = new ReentrantLock(true); // who waits for memory waits in order
  private long uses;
  private long unloaded;
  private boolean closed;

  /** A model's place. */
  private static final class Slot {
    final ServedModel model;
    final ReentrantLock opening = new ReentrantLock(true);
    Pipeline pipeline; // or null
    int users;
    long lastUse;
    long running; // bytes that its requests plan
    long kept;
    boolean spoiled; // its files have changed under it

    Slot(ServedModel model) {
      this.model = model;
    }

    long booked() {
      return pipeline == null ? 0 : Math.max(running, kept);
    }
  }

  /** A hold on a model: it is open while memory is booked for a request of this lease. One thread. */
  public final class Lease implements AutoCloseable {

    private final Slot slot;
    private Pipeline pipeline;
    private boolean open = true;

    private Lease(Slot slot, Pipeline pipeline) {
      this.slot = slot;
      this.pipeline = pipeline;
    }

    /** What to ask for the model's facts, and for pictures where memory is booked. */
    public Pipeline pipeline() {
      return pipeline;
    }

    /** The model that is held. */
    public ServedModel model() {
      return slot.model;
    }

    /** Its files have changed under it: it is opened anew for the next request. */
    public void spoil() {
      lock.lock();
      try {
        slot.spoiled |= slot.pipeline == pipeline;
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void close() {
      if (open) {
        open = false;
        release(slot);
      }
    }
  }

  /**
   * A pool in which no model is open yet.
   *
   * @param warnings told of what is odd in a model's files
   */
  public ModelPool(ServeOptions options, Consumer<String> warnings) {
    this.options = options;
    this.names = new ModelNames(options);
    this.warnings = warnings;
  }

  /** The operator's, which models are opened with. */
  ServeOptions options() {
    return options;
  }

  /** All models that requests may name. */
  public List<ServedModel> list() {
    return names.all();
  }

  /** Other names of some. */
  public Map<String, String> aliases() {
    return names.aliases();
  }

  /** Looks again at the operator's folders. */
  public void refresh() {
    names.refresh();
  }

  /**
   * The model that a request names.
   *
   * @param name or null or empty for the usual one
   * @throws Fault 404 if there is none
   */
  public ServedModel find(String name) {
    ServedModel found = name == null || name.isBlank() ? names.usual() : names.find(name);
    if (found == null) {
      throw new Fault(Fault.NOT_FOUND, "model_not_found", name == null ? "there is no model here"
          : "The model '" + name.substring(0, Math.min(200, name.length()))
              + "' does not exist here; GET /v1/models lists those that do");
    }
    return found;
  }

  /**
   * Opens a model, or joins those who have it open.
   *
   * @throws dev.langevin.weights.WeightsException if it cannot be read
   */
  public Lease lease(ServedModel model) {
    Slot slot;
    lock.lock();
    try {
      requireOpen();
      slot = slots.computeIfAbsent(model.key(), key -> new Slot(model));
      slot.users++; // nobody closes it from now on
      slot.lastUse = ++uses;
    } finally {
      lock.unlock();
    }
    Pipeline pipeline = null;
    try {
      pipeline = open(slot);
      return new Lease(slot, pipeline);
    } finally {
      if (pipeline == null) {
        release(slot);
      }
    }
  }

  private Pipeline open(Slot slot) {
    slot.opening.lock();
    try {
      Pipeline open = current(slot);
      if (open == null) {
        open = Pipelines.open(slot.model.path(), loadOptions(slot.model.beside()));
        lock.lock();
        slot.pipeline = open;
        slot.spoiled = false;
        lock.unlock();
      }
      return open;
    } finally {
      slot.opening.unlock();
    }
  }

  private Pipeline current(Slot slot) {
    lock.lock();
    try {
      return slot.pipeline;
    } finally {
      lock.unlock();
    }
  }

  private LoadOptions loadOptions(Beside beside) {
    LoadOptions.Builder builder = LoadOptions.builder().backend(options.backend).precision(options.precision)
        .maxBytes(options.maxMemory()).maxQueued(Integer.MAX_VALUE).weightCache(options.weightCache())
        .warnings(warnings);
    beside.into(builder);
    return builder.build();
  }

  private void release(Slot slot) {
    Pipeline closing = null;
    lock.lock();
    try {
      slot.users--;
      if (slot.users == 0 && (slot.spoiled || closed)) {
        closing = take(slot);
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    if (closing != null) {
      closing.close();
    }
  }

  /** Takes a model that nobody uses out of its place. */
  private Pipeline take(Slot slot) {
    Pipeline pipeline = slot.pipeline;
    slot.pipeline = null;
    slot.kept = 0;
    return pipeline;
  }

  /** Memory that is booked for one run of a request, until it is closed. */
  public interface Booking extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Waits until a request fits beside those that run, and books its memory. Those who wait hold no memory: their models
   * may be closed and are opened again when it is their turn.
   *
   * @throws IllegalArgumentException if the request does not fit the model
   * @throws dev.langevin.request.MemoryLimitException if it takes more than there is
   * @throws CancellationException if the token is cancelled meanwhile
   */
  public Booking admit(Lease lease, GenerationRequest request, CancellationToken token) {
    if (options.maxMemory() == Long.MAX_VALUE) {
      return () -> {};
    }
    while (!tryLock(admission, token)) {
      token.requireGoingOn();
    }
    long bytes;
    try {
      lease.pipeline = open(lease.slot);
      bytes = Math.min(options.maxMemory(), lease.pipeline.plan(request).peakBytes()); // more is refused by the run
      while (!book(lease.slot, bytes, token)) {
        token.requireGoingOn();
      }
    } finally {
      admission.unlock();
    }
    return () -> {
      lock.lock();
      lease.slot.running -= bytes;
      changed.signalAll();
      lock.unlock();
    };
  }

  private static boolean tryLock(ReentrantLock lock, CancellationToken token) {
    try {
      return lock.tryLock(20, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      throw interrupted();
    }
  }

  private static CancellationException interrupted() {
    Thread.currentThread().interrupt();
    return new CancellationException("the request was cancelled");
  }

  /** Books, or makes some room and says no. */
  private boolean book(Slot slot, long bytes, CancellationToken token) {
    List<Pipeline> closing = new ArrayList<>();
    lock.lock();
    try {
      long own = Math.max(slot.kept, slot.running + bytes);
      long others = slots.values().stream().filter(each -> each != slot).mapToLong(Slot::booked).sum();
      if (own + others <= options.maxMemory() || slot.running == 0 && others == 0) { // plans kept are freed in time
        slot.running += bytes;
        slot.kept = bytes;
        return true;
      }
      Slot oldest = slots.values().stream().filter(each -> each != slot && each.running == 0 && each.pipeline != null)
          .min(Comparator.<Slot, Boolean>comparing(each -> each.users > 0).thenComparingLong(each -> each.lastUse))
          .orElse(null);
      if (oldest == null) {
        changed.await(20, TimeUnit.MILLISECONDS);
      } else {
        closing.add(take(oldest));
        unloaded++;
      }
    } catch (InterruptedException e) {
      throw interrupted();
    } finally {
      lock.unlock();
    }
    closing.forEach(Pipeline::close);
    return false;
  }

  /** Names of the models that are open. */
  public List<String> loaded() {
    lock.lock();
    try {
      return slots.values().stream().filter(each -> each.pipeline != null).map(each -> each.model.name()).distinct()
          .sorted()
          .toList();
    } finally {
      lock.unlock();
    }
  }

  /** Bytes that are booked: what the requests of all models plan. Zero where there is no limit. */
  public long bookedBytes() {
    lock.lock();
    try {
      return slots.values().stream().mapToLong(Slot::booked).sum();
    } finally {
      lock.unlock();
    }
  }

  /** Models that were closed to make room for others, so far. */
  public long unloaded() {
    lock.lock();
    try {
      return unloaded;
    } finally {
      lock.unlock();
    }
  }

  /** Closes a model that nobody uses; one that is used is closed when its last request ends. */
  public void unload(ServedModel model) {
    Pipeline closing = null;
    lock.lock();
    try {
      Slot slot = slots.get(model.key());
      if (slot != null && slot.pipeline != null) {
        slot.spoiled = true;
        closing = slot.users == 0 ? take(slot) : null;
      }
    } finally {
      lock.unlock();
    }
    if (closing != null) {
      closing.close();
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new Fault(Fault.UNAVAILABLE, "shutting_down", "the server is ending");
    }
  }

  /** Closes all models as soon as their requests end. */
  @Override
  public void close() {
    List<Pipeline> closing = new ArrayList<>();
    lock.lock();
    try {
      closed = true;
      for (Slot slot : slots.values()) {
        if (slot.users == 0 && slot.pipeline != null) {
          closing.add(take(slot));
        }
      }
    } finally {
      lock.unlock();
    }
    closing.forEach(Pipeline::close);
  }
}
