package dev.langevin.backend;

/**
 * How a backend is opened.
 *
 * @param threads that kernels run on, at least 1; null for {@code OMP_NUM_THREADS} where the environment has it, else
 *   as many as the JVM has processors, which honours a container's quota and {@code -XX:ActiveProcessorCount}
 */
public record BackendOptions(Integer threads) {

  /**
   * Checks the number of threads.
   *
   * @throws IllegalArgumentException if there are fewer threads than one
   */
  public BackendOptions {
    if (threads != null && threads < 1) {
      throw new IllegalArgumentException("threads is " + threads + ", must be at least 1");
    }
  }

  /** Options with nothing asked for: who opens a backend with them takes it as it is. */
  public static BackendOptions usual() {
    return new BackendOptions(null);
  }

  /** The usual options with that many threads. */
  public static BackendOptions threads(int threads) {
    return new BackendOptions(threads);
  }
}
