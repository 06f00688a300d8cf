package dev.langevin.pipeline.engine;

import java.util.List;

/**
 * A part of a pipeline: reads some of a run's tensors and adds others, by name. Written from top to bottom on the
 * request's own thread; whatever touches a plan is done in {@link Run#turn} or {@link Run#walk}.
 */
public interface Stage {

  /** What its time is reported under. */
  String name();

  /** Networks that it needs, so that a request's memory is known before it starts. */
  List<Need> needs();

  /** The chain that it walks, or null: how long a run will take is judged by these. */
  default Pace pace() {
    return null;
  }

  /**
   * Does this part's work: reads what it needs from the run, and adds what it makes.
   *
   * @throws java.util.concurrent.CancellationException if the request was cancelled or its time has passed
   */
  void run(Run run);

  /**
   * How much a chain is to compute.
   *
   * @param shape equal where a step takes equally long
   * @param elements of the sample, with its negative half
   */
  record Pace(Object shape, long elements, int calls) {}
}
