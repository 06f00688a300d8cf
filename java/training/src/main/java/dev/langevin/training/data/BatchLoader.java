package dev.langevin.training.data;

import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Prepares batches on threads of its own, in buffers that go round in a ring: {@code ahead} batches that are ready or
 * being made, and the one that training reads. Batches come in order whichever thread makes them.
 *
 * <p>
 * One thread asks; any may close. The batch handed out is valid until the next call of {@link #next}; its memory is
 * freed with the last reference, not by closing.
 */
public final class BatchLoader implements AutoCloseable {

  /** One place of the ring: the buffers, and which step's batch or failure they hold. */
  private static final class Slot {
    private final Batch buffers;
    private long readyStep = -1;
    private Throwable failure;

    private Slot(Batch buffers) {
      this.buffers = buffers;
    }
  }

  private final Batches batches;
  private final Slot[] ring;
  private final Thread[] workers;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition ready = lock.newCondition();
  private final Condition free = lock.newCondition();
  private long nextToMake;
  private long nextToHandOut;
  private boolean lent; // whether the batch before nextToHandOut is with the caller
  private long waitedNanos;
  private volatile boolean closed;

  BatchLoader(Batches batches, long firstStep, int threads, int ahead) {
    if (firstStep < 0 || threads < 1 || ahead < threads) {
      throw new IllegalArgumentException("a loader from step " + firstStep + " with " + threads + " threads, " + ahead
          + " batches ahead: the step must be at least 0, with 1 thread or more, and a batch ahead for each");
    }
    this.batches = batches;
    this.nextToMake = firstStep;
    this.nextToHandOut = firstStep;
    this.ring = new Slot[ahead + 1];
    for (int i = 0; i < ring.length; i++) {
      ring[i] = new Slot(batches.allocate());
    }
    this.workers = new Thread[threads];
    for (int i = 0; i < threads; i++) {
      workers[i] = Thread.ofPlatform().daemon().name("langevin-data-" + i).start(this::work);
    }
  }

  private void work() {
    for (long step = claim(); step >= 0; step = claim()) {
      Slot slot = slot(step);
      Throwable failure = null;
      try {
        int[] indices = batches.indices(step);
        for (int i = 0; i < indices.length && !closed; i++) {
          batches.fill(slot.buffers, step, i, indices[i]);
        }
      } catch (Throwable e) { // out of memory too: next() would wait for ever
        failure = e;
      }
      lock.lock();
      try {
        slot.readyStep = step;
        slot.failure = failure;
        ready.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  /** The next step to make, once its place in the ring is free, or -1 after closing. */
  private long claim() {
    lock.lock();
    try {
      while (!closed && nextToMake - (lent ? nextToHandOut - 1 : nextToHandOut) >= ring.length) {
        free.awaitUninterruptibly();
      }
      return closed ? -1 : nextToMake++;
    } finally {
      lock.unlock();
    }
  }

  private Slot slot(long step) {
    return ring[(int) (step % ring.length)];
  }

  /**
   * The next batch; waits until it is ready, and takes back the one before it.
   *
   * @throws DatasetException if the batch cannot be made, with the reason as cause; asking again fails again
   * @throws IllegalStateException after closing
   */
  public Batch next() {
    lock.lock();
    try {
      lent = false;
      free.signalAll();
      Slot slot = slot(nextToHandOut);
      awaitReady(slot);
      if (slot.failure != null) {
        String reason = slot.failure instanceof DatasetException ? slot.failure.getMessage() : slot.failure.toString();
        throw new DatasetException("batch " + nextToHandOut + ": " + reason, slot.failure);
      }
      Batch made = slot.buffers;
      lent = true;
      return new Batch(nextToHandOut++, made.pixels(), made.labels(), made.captions(), made.names());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DatasetException("interrupted while batch " + nextToHandOut + " was awaited", e);
    } finally {
      lock.unlock();
    }
  }

  private void awaitReady(Slot slot) throws InterruptedException {
    long start = System.nanoTime();
    try {
      while (!closed && slot.readyStep != nextToHandOut) {
        ready.await();
      }
    } finally {
      waitedNanos += System.nanoTime() - start;
    }
    if (closed) {
      throw new IllegalStateException("the loader was closed before batch " + nextToHandOut);
    }
  }

  /** How long {@link #next} has waited in all: training starves by as much. Grows only. */
  public Duration waited() {
    lock.lock();
    try {
      return Duration.ofNanos(waitedNanos);
    } finally {
      lock.unlock();
    }
  }

  /** Ends the threads: each finishes no more than the picture at hand, and none is left when this returns. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      free.signalAll();
      ready.signalAll();
    } finally {
      lock.unlock();
    }
    boolean interrupted = false;
    for (Thread worker : workers) {
      while (worker.isAlive()) {
        try {
          worker.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
