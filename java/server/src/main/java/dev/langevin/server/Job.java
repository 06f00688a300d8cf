package dev.langevin.server;

import dev.langevin.request.CancellationToken;
import java.awt.image.BufferedImage;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * A request that was accepted: where it stands, and what came of it. Thread-safe.
 *
 * @param <T> of its result
 */
public final class Job<T> {

  /** Where a job stands. */
  public enum State {
    /** For its turn. */
    WAITING,
    /** Computes, in turns with others. */
    RUNNING,
    /** Its result is there. */
    DONE,
    /** Its fault is there. */
    FAILED,
    /** Ended by its client, by an operator or with the server. */
    CANCELLED
  }

  /** How long steps make previews after somebody has asked for one. */
  private static final long PREVIEW_NANOS = 10_000_000_000L;
  private static final long NEVER = 0;

  private final String id = UUID.randomUUID().toString().replace("-", "");
  private final String client;
  private final ServedModel model;
  private final long arrived = System.nanoTime();
  private final long created = System.currentTimeMillis();
  final CancellationToken token;
  final CompletableFuture<Void> turn = new CompletableFuture<>();
  final CompletableFuture<T> result = new CompletableFuture<>();
  volatile State state = State.WAITING;
  volatile boolean outlasted; // the server's time, which is why it is cancelled
  volatile long began;
  volatile long ended;
  volatile int parts = 1;
  volatile int part;
  volatile int step;
  volatile int steps;
  volatile List<BufferedImage> preview = List.of();
  private volatile String prompt;
  volatile long previewWanted = NEVER;

  Job(String client, ServedModel model, CancellationToken token) {
    this.client = client;
    this.model = model;
    this.token = token;
  }

  /** 32 hexadecimal digits that nobody guesses. */
  public String id() {
    return id;
  }

  /** What it was asked, which the log may hold where the operator wants it; or null. */
  public String prompt() {
    return prompt;
  }

  /** Says what it was asked, for {@link #prompt()}. */
  public void prompt(String text) {
    prompt = text;
  }

  /** Whose it is, see {@link Authentication#client}. */
  public String client() {
    return client;
  }

  /** The model that it computes with, or null for none. */
  public ServedModel model() {
    return model;
  }

  /** Milliseconds since 1970 when it came. */
  public long created() {
    return created;
  }

  /** Where it stands now. */
  public State state() {
    return state;
  }

  /** Share that is done, in [0, 1]. */
  public double progress() {
    return state == State.DONE ? 1 : Math.min(1, (part + (steps == 0 ? 0 : (double) step / steps)) / parts);
  }

  /** The step of the generation that runs, from 1; 0 before the first. */
  public int step() {
    return step;
  }

  /** Its steps in all; 0 before the first. */
  public int steps() {
    return steps;
  }

  /**
   * Small pictures of the sample as it was after a recent step; none before the first step after this was asked, since
   * previews are made for those alone who ask.
   */
  public List<BufferedImage> preview() {
    previewWanted = System.nanoTime();
    return preview;
  }

  boolean isPreviewWanted() {
    return previewWanted != NEVER && System.nanoTime() - previewWanted < PREVIEW_NANOS;
  }

  /** Nanoseconds from its coming to its beginning, or until now. */
  public long waited() {
    return (began == 0 ? ended == 0 ? System.nanoTime() : ended : began) - arrived;
  }

  /** Nanoseconds from its coming to its end, or until now. */
  public long lasted() {
    return (ended == 0 ? System.nanoTime() : ended) - arrived;
  }

  /** Ends it within one step; at once where it waits. Does nothing to one that has ended. */
  public void cancel() {
    token.cancel();
  }

  /** Whether it has ended, however. */
  public boolean isDone() {
    return result.isDone();
  }

  /** Runs work once it has ended, on the thread that ends it; at once where it has. */
  public void whenDone(Runnable work) {
    result.whenComplete((made, thrown) -> work.run());
  }

  /**
   * Waits for what came of it.
   *
   * @throws Fault if it failed or was cancelled
   */
  public T await() {
    try {
      return result.get();
    } catch (CancellationException e) { // which a future throws as it is
      throw Fault.of(e);
    } catch (ExecutionException e) {
      throw Fault.of(e.getCause());
    } catch (InterruptedException e) {
      cancel();
      Thread.currentThread().interrupt();
      throw Fault.ending("the server is ending");
    }
  }
}
