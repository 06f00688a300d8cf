package dev.langevin.backend;

import java.util.function.IntConsumer;

/**
 * Bound ops in their order, as a device runs them: a loop on a CPU, a captured graph on a GPU. Run on the backend's
 * thread, one run at a time; a run allocates nothing. Closing it does not close the ops.
 */
public interface Program extends AutoCloseable {

  /** Runs all ops; they are in order with what follows, but not done before {@link #await}. */
  void run();

  /** How many parts there are, 0 of no ops. */
  int slices();

  /** Runs one part; part 0 up to the last make a run. */
  void run(int slice);

  /** Runs all ops and adds the time that each took to {@code nanoseconds}, from index {@code first} on. */
  void run(long[] nanoseconds, int first);

  /** Runs all ops one at a time, each to its end, and tells of each by its index. */
  void run(IntConsumer done);

  /** Waits until all that was run is done. */
  void await();

  @Override
  void close();
}
