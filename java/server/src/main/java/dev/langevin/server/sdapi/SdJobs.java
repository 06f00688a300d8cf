package dev.langevin.server.sdapi;

import dev.langevin.server.Job;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What each client has running or waiting, for {@code /progress}, {@code /interrupt} and {@code /skip}: the web UI has
 * one job at a time, which is here the oldest of the client that asks. Thread-safe.
 */
final class SdJobs {

  /** One call's. Thread-safe. */
  static final class Running {

    private final String name;
    private final int batches;
    private final long began = System.nanoTime();
    private volatile Job<?> job; // or null where it is about to be accepted
    private volatile int batch;
    private volatile boolean interrupted;
    private volatile boolean skipped;

    private Running(String name, int batches) {
      this.name = name;
      this.batches = batches;
    }

    String name() {
      return name;
    }

    int batches() {
      return batches;
    }

    /** Which batch runs, from 0. */
    int batch() {
      return batch;
    }

    void begin(int index) {
      batch = index;
      skipped = false;
    }

    /** Seconds so far. */
    double seconds() {
      return (System.nanoTime() - began) * 1e-9;
    }

    Job<?> job() {
      return job;
    }

    void accepted(Job<?> accepted) {
      job = accepted;
      if (interrupted) {
        accepted.cancel();
      }
    }

    /** Ends it after its step; what it has finished counts. */
    void interrupt() {
      interrupted = true;
      Job<?> now = job;
      if (now != null && now.state() == Job.State.WAITING) {
        now.cancel();
      }
    }

    boolean isInterrupted() {
      return interrupted;
    }

    /** Ends its batch after its step; the next one begins. */
    void skip() {
      skipped = true;
    }

    boolean isSkipped() {
      return skipped;
    }

    /** Whether the batch that runs is to go on. */
    boolean goesOn() {
      return !interrupted && !skipped;
    }
  }

  private final Map<String, Deque<Running>> byClient = new ConcurrentHashMap<>();

  Running begin(String client, String name, int batches) {
    Running running = new Running(name, batches);
    byClient.compute(client, (key, jobs) -> {
      Deque<Running> all = jobs == null ? new ArrayDeque<>() : new ArrayDeque<>(jobs);
      all.add(running);
      return all;
    });
    return running;
  }

  void end(String client, Running running) {
    byClient.computeIfPresent(client, (key, jobs) -> {
      Deque<Running> all = new ArrayDeque<>(jobs);
      all.remove(running);
      return all.isEmpty() ? null : all;
    });
  }

  /** The client's oldest, or null. */
  Running of(String client) {
    Deque<Running> jobs = byClient.get(client);
    return jobs == null ? null : jobs.peekFirst();
  }
}
