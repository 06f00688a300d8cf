package dev.langevin.cuda;

import static dev.langevin.cuda.EmulatedDriver.control;
import static dev.langevin.cuda.EmulatedDriver.count;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.backend.Backend;
import dev.langevin.backend.BackendOptions;
import dev.langevin.backend.DeviceTensor;
import dev.langevin.diffusion.Denoiser;
import dev.langevin.diffusion.ReverseProcess;
import dev.langevin.diffusion.ReverseProcess.StepListener;
import dev.langevin.diffusion.Schedulers;
import dev.langevin.diffusion.TorchGenerator;
import dev.langevin.diffusion.Trajectory;
import dev.langevin.diffusion.TrajectoryOptions;
import dev.langevin.tensor.NotFiniteException;
import dev.langevin.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A step that is one graph: network, guidance, transition, and the word whether all is finite. */
class CudaStepTest {

  private static final int STEPS = 6;
  private static final String[] CALLS = {"cuGraphLaunch", "cuLaunchKernel", "cuMemsetD32Async", "cuStreamSynchronize",
      "cuMemcpyDtoHAsync_v2", "cuMemcpyHtoDAsync_v2", "cuMemcpyDtoDAsync_v2", "cuGraphInstantiateWithFlags",
      "cuMemAlloc_v2"};

  private Map<String, Long> there;
  private Backend backend;
  private SmallNetwork network;

  @BeforeAll
  static void requireDriver() {
    EmulatedDriver.require();
  }

  @BeforeEach
  void plan() {
    control("reset");
    there = EmulatedDriver.counts();
    backend = Backend.open("cuda", BackendOptions.usual());
    network = new SmallNetwork(backend, 2);
  }

  @AfterEach
  void shouldLeaveNothing() {
    network.close();
    backend.close();
    control("reset");
    assertThat(EmulatedDriver.counts()).isEqualTo(there);
  }

  /** The same network, whose run may have something behind it for all that the chain knows. */
  private record Apart(SmallNetwork whole) implements Denoiser {

    @Override
    public DeviceTensor input() {
      return whole.input();
    }

    @Override
    public DeviceTensor output() {
      return whole.output();
    }

    @Override
    public void predict(double timestep) {
      whole.predict(timestep);
    }
  }

  private static Trajectory trajectory(String scheduler, int steps) {
    Map<String, Object> config =
        scheduler.equals("DPMSolverMultistepScheduler") ? Map.of("thresholding", true) : Map.of();
    return Schedulers.ofClass(scheduler, config).trajectory(TrajectoryOptions.steps(steps));
  }

  private ReverseProcess process(Denoiser denoiser, Trajectory trajectory) {
    return new ReverseProcess(trajectory, denoiser, backend, 1, 3);
  }

  private float[] sample(Denoiser denoiser, String scheduler, int steps) {
    return backend.call(() -> {
      try (ReverseProcess process = process(denoiser, trajectory(scheduler, steps))) {
        return process.sample(new TorchGenerator(7), StepListener.NONE).toFloats();
      }
    });
  }

  private static Map<String, Long> calls() {
    Map<String, Long> calls = new TreeMap<>();
    for (String function : CALLS) {
      calls.put(function, count(function));
    }
    return calls;
  }

  /** What was called since then, without what was not. */
  private static Map<String, Long> since(Map<String, Long> before) {
    Map<String, Long> since = calls();
    since.replaceAll((function, all) -> all - before.get(function));
    since.values().removeIf(each -> each == 0);
    return since;
  }

  @Test
  void shouldAskForOneGraphAStep() {
    backend.call(() -> {
      try (ReverseProcess process = process(network, trajectory("DDIMScheduler", STEPS))) {
        process.begin(new TorchGenerator(7));
        process.step(); // op by op
        process.step(); // captured
        Map<String, Long> before = calls();
        process.step();
        assertThat(since(before)).isEqualTo(
            Map.of("cuGraphLaunch", 1L, "cuStreamSynchronize", 1L, "cuMemsetD32Async", 2L)); // of time, of the step
      }
      return null;
    });
  }

  /** Catches a graph that leaves out a step's own numbers, its noise, a half of the guided answer or the threshold. */
  @ParameterizedTest
  @ValueSource(strings = {"DDIMScheduler", "PNDMScheduler", "EulerAncestralDiscreteScheduler",
      "DPMSolverMultistepScheduler", "DDPMScheduler"})
  void shouldGiveTheBitsOfAStepInParts(String scheduler) {
    float[] expected = sample(new Apart(network), scheduler, STEPS);
    assertThat(sample(network, scheduler, STEPS)).containsExactly(expected);
    assertThat(sample(network, scheduler, STEPS)).as("by the kept graph").containsExactly(expected);
  }

  @Test
  void shouldKeepTheGraphForTheNextRun() {
    float[] expected = sample(new Apart(network), "EulerDiscreteScheduler", STEPS);
    sample(network, "PNDMScheduler", STEPS); // leaves other registers than it finds
    sample(network, "EulerDiscreteScheduler", STEPS + 1);
    Map<String, Long> before = calls();
    assertThat(sample(network, "EulerDiscreteScheduler", STEPS)).containsExactly(expected);
    assertThat(since(before)).containsEntry("cuGraphLaunch", (long) STEPS)
        .doesNotContainKeys("cuGraphInstantiateWithFlags", "cuMemAlloc_v2");
  }

  /** Catches noise that a device waits for, and draws that a run in parts does not make. */
  @Test
  void shouldDrawNoiseWhileTheDeviceWorks() {
    List<Long> pending = new ArrayList<>();
    backend.call(() -> {
      try (ReverseProcess process = process(network, trajectory("DDPMScheduler", STEPS))) {
        TorchGenerator generator = new TorchGenerator(7);
        process.sample(target -> {
          generator.fill(target);
          pending.add(count("pending"));
        }, StepListener.NONE);
      }
      return null;
    });
    assertThat(pending).hasSize(STEPS); // the start's and all steps' but the last
    assertThat(pending.subList(2, STEPS)).doesNotContain(0L);
  }

  /** Catches a number that is drawn for a run that is begun anew. */
  @Test
  void shouldDrawAnewWhereARunIsBegunAnew() {
    float[] expected = sample(network, "DDPMScheduler", STEPS);
    backend.call(() -> {
      try (ReverseProcess process = process(network, trajectory("DDPMScheduler", STEPS))) {
        process.begin(new TorchGenerator(8));
        process.step();
        assertThat(process.sample(new TorchGenerator(7), StepListener.NONE).toFloats()).containsExactly(expected);
      }
      return null;
    });
  }

  /** Catches a plan that grows with each sampler that it serves. */
  @Test
  void shouldKeepNoGraphThatTheNextRunCannotUse() {
    sample(network, "DDIMScheduler", STEPS);
    long blocks = count("blocks");
    sample(network, "DDIMScheduler", 10 * STEPS);
    sample(network, "DDIMScheduler", STEPS);
    assertThat(count("blocks")).isEqualTo(blocks);
    assertThat(count("execs")).isEqualTo(1);
  }

  /** Catches two runs that share registers, a table or a graph. */
  @Test
  void shouldLetRunsTakeTurns() {
    float[] one = sample(new Apart(network), "DDIMScheduler", STEPS);
    float[] other = sample(new Apart(network), "DDIMScheduler", STEPS + 2);
    backend.call(() -> {
      try (ReverseProcess first = process(network, trajectory("DDIMScheduler", STEPS));
          ReverseProcess second = process(network, trajectory("DDIMScheduler", STEPS + 2))) {
        first.begin(new TorchGenerator(7));
        second.begin(new TorchGenerator(7));
        boolean more = true;
        while (more) {
          first.resume();
          more = first.step();
          second.resume();
          second.step();
        }
        second.step();
        second.step();
        assertThat(first.x().toFloats()).containsExactly(one);
        assertThat(second.x().toFloats()).containsExactly(other);
      }
      return null;
    });
  }

  @Test
  void shouldTellOfNumbersThatAreNotFinite() {
    float[] expected = sample(network, "DDIMScheduler", STEPS);
    backend.call(() -> {
      try (ReverseProcess process = process(network, trajectory("DDIMScheduler", STEPS))) {
        float[] start = new float[Math.toIntExact(process.shape().elements())];
        start[start.length - 1] = Float.NaN;
        process.beginWith(Tensor.ofFloats(start, process.shape().dims()), new TorchGenerator(7));
        assertThatThrownBy(process::step).isInstanceOf(NotFiniteException.class)
            .hasMessageContaining("after step 1 of 6");
      }
      return null;
    });
    assertThat(sample(network, "DDIMScheduler", STEPS)).containsExactly(expected);
  }

  @Test
  void shouldLookAtEachOpOfAWatchedPlan() {
    float[] expected = sample(network, "DDIMScheduler", STEPS);
    backend.call(() -> {
      network.plan().watch(true);
      return null;
    });
    long replays = count("replays");
    assertThat(sample(network, "DDIMScheduler", STEPS)).containsExactly(expected);
    assertThat(count("replays")).isEqualTo(replays);
  }

  @Test
  void shouldGiveBackMemoryWhereTheLaunchesDoNotFit() {
    sample(new Apart(network), "DDIMScheduler", STEPS);
    long blocks = count("blocks");
    for (int at = 1; at <= 3; at++) {
      control("fail=cuMemAlloc_v2@" + at + ":2");
      assertThatThrownBy(() -> sample(network, "DDIMScheduler", STEPS)).isInstanceOf(OutOfMemoryError.class);
      assertThat(count("blocks")).isEqualTo(blocks);
    }
    control("fail=cuMemHostAlloc:2");
    assertThatThrownBy(() -> sample(network, "DDIMScheduler", STEPS)).isInstanceOf(OutOfMemoryError.class);
    assertThat(count("blocks")).isEqualTo(blocks);
  }
}
