package dev.langevin.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langevin.backend.Backend;
import dev.langevin.backend.BackendOptions;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What is around the kernels of a replayed step, which do nothing here. */
class CudaOverheadTest {

  private static final int RUNS = 20_000;
  private static final double MOST_MICROSECONDS = 30;

  @BeforeAll
  static void requireDriver() {
    EmulatedDriver.require();
  }

  @AfterEach
  void reset() {
    EmulatedDriver.control("reset");
  }

  /**
   * The timestep's fill, the graph's launch and the wait, the driver's own work of ten nodes included. The median, so
   * that a busy machine's pauses do not count.
   */
  @Test
  void shouldTakeLittleTimeAroundAReplayedStep() {
    EmulatedDriver.control("kernels=skip");
    try (Backend backend = Backend.open("cuda", BackendOptions.usual())) {
      long[] times = backend.call(() -> {
        try (SmallNetwork network = new SmallNetwork(backend)) {
          long[] each = new long[RUNS];
          for (int i = 0; i < RUNS; i++) {
            long begun = System.nanoTime();
            network.predict(i);
            each[i] = System.nanoTime() - begun;
          }
          return each;
        }
      });
      long[] late = Arrays.copyOfRange(times, RUNS / 2, RUNS); // compiled by then
      Arrays.sort(late);
      double median = late[late.length / 2] * 1e-3;
      System.out.printf("a replayed step takes %.1f microseconds around its kernels%n", median);
      assertThat(median).isLessThan(MOST_MICROSECONDS);
    }
  }
}
