package dev.langevin.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langevin.backend.Backend;
import dev.langevin.backend.BackendOptions;
import dev.langevin.diffusion.ReverseProcess;
import dev.langevin.diffusion.Schedulers;
import dev.langevin.diffusion.TorchGenerator;
import dev.langevin.diffusion.Trajectory;
import dev.langevin.diffusion.TrajectoryOptions;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What is around the kernels of a replayed step, which do nothing here. */
class CudaOverheadTest {

  private static final int RUNS = 20;
  private static final int STEPS = 500;
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
   * All of a step of a chain but the kernels, the driver's own work included: the timestep's fill, the network's graph,
   * the wait for it, the transition, and the word whether its numbers are finite. The median, so that a busy machine's
   * pauses do not count.
   */
  @Test
  void shouldTakeLittleTimeAroundTheKernelsOfAStep() {
    EmulatedDriver.control("kernels=skip");
    try (Backend backend = Backend.open("cuda", BackendOptions.usual())) {
      long[] times = backend.call(() -> times(backend));
      long[] late = Arrays.copyOfRange(times, times.length / 2, times.length); // compiled by then
      Arrays.sort(late);
      double median = late[late.length / 2] * 1e-3;
      System.out.printf("a step takes %.1f microseconds around its kernels%n", median);
      assertThat(median).isLessThan(MOST_MICROSECONDS);
    }
  }

  private static long[] times(Backend backend) {
    Trajectory trajectory =
        Schedulers.ofClass("DDIMScheduler", Map.of()).trajectory(TrajectoryOptions.steps(STEPS)); // draws no noise
    try (SmallNetwork network = new SmallNetwork(backend);
        ReverseProcess process = new ReverseProcess(trajectory, network, backend)) {
      long[] times = new long[RUNS * STEPS];
      for (int run = 0; run < RUNS; run++) {
        process.begin(new TorchGenerator(1));
        for (int step = 0; step < STEPS; step++) {
          long begun = System.nanoTime();
          process.step();
          times[run * STEPS + step] = System.nanoTime() - begun;
        }
      }
      return times;
    }
  }
}
