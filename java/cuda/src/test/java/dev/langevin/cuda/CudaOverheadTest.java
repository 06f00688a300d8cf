package dev.langevin.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langevin.backend.Backend;
import dev.langevin.backend.BackendOptions;
import dev.langevin.backend.Precision;
import dev.langevin.diffusion.Denoiser;
import dev.langevin.diffusion.ReverseProcess;
import dev.langevin.diffusion.Schedulers;
import dev.langevin.diffusion.TorchGenerator;
import dev.langevin.diffusion.Trajectory;
import dev.langevin.diffusion.TrajectoryOptions;
import dev.langevin.graph.Graph;
import dev.langevin.models.UNet2DCondition;
import dev.langevin.pipeline.stages.PlanDenoiser;
import dev.langevin.plan.Plan;
import dev.langevin.plan.Planner;
import dev.langevin.plan.TimesAhead;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What is around the kernels of a replayed step, which do nothing here. */
class CudaOverheadTest {

  private static final int STEPS = 500;
  private static final double MOST_MICROSECONDS = 30;
  private static final double GUIDANCE = 7.5;

  /** Calls that launch work, and that wait for it: what they take is the driver's. */
  private static final String[] LAUNCHING_AND_WAITING =
      {"cuGraphLaunch", "cuLaunchKernel", "cuStreamSynchronize"};

  @BeforeAll
  static void requireDriver() {
    EmulatedDriver.require();
  }

  @BeforeEach
  void skipKernels() {
    EmulatedDriver.control("kernels=skip");
  }

  @AfterEach
  void reset() {
    EmulatedDriver.control("reset");
  }

  /** What steps took, in microseconds: all of each, and of that what the driver took to launch and to wait. */
  private record Times(double[] all, double[] driver) {

    /** The later half, compiled by then, in rising order. */
    static double[] late(double[] times) {
      double[] late = Arrays.copyOfRange(times, times.length / 2, times.length);
      Arrays.sort(late);
      return late;
    }

    double[] around() {
      double[] around = new double[all.length];
      Arrays.setAll(around, i -> all[i] - driver[i]);
      return late(around);
    }

    static double part(double[] sorted, double part) {
      return sorted[(int) (part * (sorted.length - 1))];
    }
  }

  /**
   * All of a step of a chain but the kernels, the driver's own work included: the timestep's fill, the step's graph and
   * the wait for it. The median, so that a busy machine's pauses do not count.
   */
  @Test
  void shouldTakeLittleTimeAroundTheKernelsOfAStep() {
    try (Backend backend = Backend.open("cuda", BackendOptions.usual())) {
      Times times = backend.call(() -> {
        try (SmallNetwork network = new SmallNetwork(backend)) {
          return times(backend, network, 1, 20);
        }
      });
      double median = Times.part(Times.late(times.all), 0.5);
      System.out.printf("a step takes %.1f microseconds around its kernels%n", median);
      assertThat(median).isLessThan(MOST_MICROSECONDS);
    }
  }

  /**
   * A guided step of SD 1.5 at 512 by 512, less the driver's time to launch and to wait, which is other on a device.
   * Weights are zeros, which no kernel reads.
   */
  @Test
  @Tag("cuda-overhead")
  void shouldTakeLittleTimeAroundTheDriverOfAStepOfStableDiffusion() throws IOException {
    Graph graph = ModelLayers.stableDiffusion();
    Map<String, Shape> stored = graph.storedWeights();
    try (Backend backend = Backend.open("cuda", BackendOptions.usual())) {
      Times times = backend.call(() -> {
        try (Plan plan = new Planner(backend, Precision.BF16).plan(graph,
            name -> Tensor.allocate(DType.F32, stored.get(name)))) {
          plan.prepare();
          System.out.printf("SD 1.5: %d ops, %d bytes%n", plan.ops().size(), plan.peakBytes());
          return times(backend, new PlanDenoiser(plan, "sample"), GUIDANCE, 20);
        }
      });
      double[] around = times.around();
      System.out.printf("a step of SD 1.5 takes %.1f microseconds around the driver's launches and waits"
          + " (quartiles %.1f and %.1f, 99 of 100 below %.1f), which take %.0f%n", Times.part(around, 0.5),
          Times.part(around, 0.25), Times.part(around, 0.75), Times.part(around, 0.99),
          Times.part(Times.late(times.driver), 0.5));
      assertThat(Times.part(around, 0.5)).isLessThan(MOST_MICROSECONDS);
    }
  }

  /** By how many launches a step is shorter whose times are computed ahead. */
  @Test
  @Tag("cuda-overhead")
  void shouldLaunchLessOfStableDiffusionWithTheTimesAhead() throws IOException {
    Graph graph = ModelLayers.stableDiffusion();
    Map<String, Shape> stored = graph.storedWeights();
    try (Backend backend = Backend.open("cuda", BackendOptions.usual())) {
      List<Long> kernels = new ArrayList<>();
      for (int times : new int[] {0, backend.timesAhead()}) {
        backend.call(() -> {
          try (Plan plan = new Planner(backend, Precision.F16).plan(TimesAhead.of(graph, "timestep", times),
              name -> Tensor.allocate(DType.F32, stored.get(name)))) {
            long before = EmulatedDriver.count("kernels");
            plan.prepare();
            long prepared = EmulatedDriver.count("kernels");
            plan.run();
            kernels.add(EmulatedDriver.count("kernels") - prepared);
            System.out.printf("SD 1.5 for %d times ahead: %d kernels to prepare, %d a step, %d bytes of activations%n",
                times, prepared - before, kernels.getLast(), plan.size().activations());
          }
          return null;
        });
      }
      assertThat(kernels.getFirst() - kernels.getLast()).isBetween(25L, 30L); // 22 blocks, and the embedding
    }
  }

  private static Times times(Backend backend, Denoiser denoiser, double guidance, int runs) {
    Trajectory trajectory =
        Schedulers.ofClass("DDIMScheduler", Map.of()).trajectory(TrajectoryOptions.steps(STEPS)); // draws no noise
    Times times = new Times(new double[runs * STEPS], new double[runs * STEPS]);
    long replays = EmulatedDriver.count("replays");
    try (ReverseProcess process = new ReverseProcess(trajectory, denoiser, backend, 1, guidance)) {
      for (int run = 0; run < runs; run++) {
        process.begin(new TorchGenerator(1));
        for (int step = 0; step < STEPS; step++) {
          long driver = launchingAndWaiting();
          long begun = System.nanoTime();
          process.step();
          times.all[run * STEPS + step] = (System.nanoTime() - begun) * 1e-3;
          times.driver[run * STEPS + step] = (launchingAndWaiting() - driver) * 1e-3;
        }
      }
    }
    assertThat(EmulatedDriver.count("replays") - replays).as("steps by a graph").isEqualTo(runs * STEPS - 1);
    return times;
  }

  private static long launchingAndWaiting() {
    long nanoseconds = 0;
    for (String function : LAUNCHING_AND_WAITING) {
      nanoseconds += EmulatedDriver.count("nanoseconds " + function);
    }
    return nanoseconds;
  }
}
