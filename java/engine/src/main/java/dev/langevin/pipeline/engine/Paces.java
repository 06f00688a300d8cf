package dev.langevin.pipeline.engine;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How long a step of a network of a size takes, and the passes of a stage, as they were measured last. A size that was
 * never walked is taken to cost what its share of the numbers of another says. Thread-safe.
 */
final class Paces {

  /** Share of the newest in the mean. */
  private static final double NEWEST = 0.25;

  private final Map<Object, Double> nanoseconds = new ConcurrentHashMap<>();
  private final Map<Object, Long> passes = new ConcurrentHashMap<>();
  private volatile double perElement;

  /** @param elements of the sample that the network is shown */
  long expected(Object shape, long elements) {
    Double known = nanoseconds.get(shape);
    return (long) (known != null ? known : perElement * elements);
  }

  /** What a stage's passes took last, or 0 where they were never made. */
  long passes(Object stage) {
    return passes.getOrDefault(stage, 0L);
  }

  void passed(Object stage, long taken) {
    passes.put(stage, taken);
  }

  void measured(Object shape, long elements, long taken) {
    double mean = nanoseconds.merge(shape, (double) taken, (before, now) -> before + NEWEST * (now - before));
    perElement = mean / elements;
  }
}
