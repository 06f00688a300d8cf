package dev.langevin.cuda;

import static dev.langevin.cuda.EmulatedDriver.control;
import static dev.langevin.cuda.EmulatedDriver.count;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import dev.langevin.backend.Backend;
import dev.langevin.backend.BackendOptions;
import dev.langevin.backend.Block;
import dev.langevin.backend.DeviceLostException;
import dev.langevin.bindings.LiveHandles;
import dev.langevin.bindings.NativeException;
import dev.langevin.diffusion.ReverseProcess;
import dev.langevin.diffusion.ReverseProcess.StepListener;
import dev.langevin.diffusion.Schedulers;
import dev.langevin.diffusion.TorchGenerator;
import dev.langevin.diffusion.Trajectory;
import dev.langevin.diffusion.TrajectoryOptions;
import java.util.Map;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What goes wrong on a device, each with one sentence; then the next run computes what it should. */
class CudaFaultsTest {

  private static float[] expected;

  private final Map<LiveHandles.Kind, Long> before = LiveHandles.counts();
  private Map<String, Long> there;

  @BeforeAll
  static void compute() {
    EmulatedDriver.require();
    expected = sampled("reference", StepListener.NONE);
  }

  @BeforeEach
  void reset() {
    control("reset");
    there = EmulatedDriver.counts();
  }

  /** Then the device computes, and nothing is left on it. */
  @AfterEach
  void requireWhole() {
    control("reset");
    assertThat(sampled("cuda", StepListener.NONE)).containsExactly(expected, offset(1e-4f));
    assertThat(EmulatedDriver.counts()).isEqualTo(there);
    assertThat(LiveHandles.counts()).isEqualTo(before);
  }

  private static Trajectory trajectory() {
    return Schedulers.ofClass("DDPMScheduler", Map.of()).trajectory(TrajectoryOptions.steps(4)); // draws noise
  }

  /** A backend is opened, a network planned, a chain walked, and all closed. */
  private static float[] sampled(String name, StepListener listener) {
    try (Backend backend = Backend.open(name, BackendOptions.usual())) {
      return sampled(backend, listener);
    }
  }

  private static float[] sampled(Backend backend, StepListener listener) {
    return backend.call(() -> {
      try (SmallNetwork network = new SmallNetwork(backend);
          ReverseProcess process = new ReverseProcess(trajectory(), network, backend)) {
        return process.sample(new TorchGenerator(1), listener).toFloats();
      }
    });
  }

  /** Catches a step that is captured with another's numbers: the third and the fourth are replayed. */
  @Test
  void shouldReplayStepsAsGraphs() {
    long launches = count("launches");
    sampled("cuda", StepListener.NONE);
    assertThat(count("replays")).isPositive();
    assertThat(count("launches") - launches).isPositive();
  }

  @Test
  void shouldTellThatThereIsNoDevice() {
    control("devices=0");
    assertThatThrownBy(() -> Backend.open("cuda", BackendOptions.usual())).isInstanceOf(NativeException.class)
        .hasMessageContaining("sees no device");
  }

  @Test
  void shouldTellThatTheDriverIsTooOld() {
    control("version=12020");
    assertThatThrownBy(() -> Backend.open("cuda", BackendOptions.usual())).isInstanceOf(NativeException.class)
        .hasMessage("the driver knows CUDA 12.2, and 13.0 is needed: install driver 580 or newer");
  }

  @Test
  void shouldRefuseWhatItDoesNotHave() {
    assertThatThrownBy(() -> Backend.open("cuda:7", BackendOptions.usual()))
        .hasMessage("there is no device cuda:7; the only one is cuda:0");
    assertThatThrownBy(() -> Backend.open("cuda", BackendOptions.threads(2))).hasMessageStartingWith("threads is 2");
    try (Backend backend = Backend.open("cuda", BackendOptions.usual())) {
      assertThat(backend.trainingRefusal()).contains("train with the backend onednn");
      assertThatThrownBy(() -> backend.blocks().sumOfSquares(null)).hasMessage(backend.trainingRefusal());
    }
  }

  @Test
  void shouldTellWantOfMemoryAtPlanAndServeTheNext() {
    try (Backend backend = Backend.open("cuda", BackendOptions.usual())) {
      control("fail=cuMemAlloc_v2@3:2");
      assertThatThrownBy(() -> sampled(backend, StepListener.NONE)).isInstanceOf(OutOfMemoryError.class)
          .hasMessageContaining("cuda:0 has no memory left for").hasMessageContaining(" free;");
      assertThat(backend.memory().used()).isZero();
      assertThat(sampled(backend, StepListener.NONE)).containsExactly(expected, offset(1e-4f));
    }
  }

  @Test
  void shouldTellWantOfMemoryAtARunAndServeTheNext() {
    try (Backend backend = Backend.open("cuda", BackendOptions.usual())) {
      assertThatThrownBy(() -> sampled(backend, (done, calls, preview) -> {
        control("fail=cuMemAlloc_v2@1:2");
        try (Block block = backend.memory().allocate(1000)) {
          return block.bytes() > 0;
        }
      })).isInstanceOf(OutOfMemoryError.class).hasMessageContaining("no memory left for 1000 bytes");
      assertThat(backend.memory().used()).isZero();
      assertThat(sampled(backend, StepListener.NONE)).containsExactly(expected, offset(1e-4f));
    }
  }

  /** Catches a plan that is used again though what it held is lost, and memory that is given back twice. */
  @Test
  void shouldTellOfAKernelThatFailsAndServeTheNext() {
    try (Backend backend = Backend.open("cuda", BackendOptions.usual())) {
      SmallNetwork network = backend.call(() -> new SmallNetwork(backend));
      for (int run = 0; run < 3; run++) { // by launches, then as a graph
        network.plan().run();
      }
      control("fail=kernel@2:719");
      assertThatThrownBy(() -> network.plan().run()).isInstanceOf(DeviceLostException.class)
          .hasMessageContaining("cuda:0 (").hasMessageContaining("failed while computing").hasMessageContaining("719")
          .hasMessageContaining("the next request loads its model onto it anew");
      assertThat(network.plan().broken()).isTrue();
      assertThatThrownBy(() -> network.predict(1)).isInstanceOf(DeviceLostException.class);
      assertThat(sampled(backend, StepListener.NONE)).containsExactly(expected, offset(1e-4f));
      network.close();
      assertThat(backend.memory().used()).isZero();
    }
  }

  @Test
  void shouldTellOfADeviceThatVanishesAndServeTheNextWhenItIsBack() {
    try (Backend backend = Backend.open("cuda", BackendOptions.usual())) {
      assertThatThrownBy(() -> sampled(backend, (done, calls, preview) -> {
        control("vanish=3:46");
        return true;
      })).isInstanceOf(DeviceLostException.class).hasMessageContaining("status 46");
      assertThatThrownBy(() -> sampled(backend, StepListener.NONE)).isInstanceOf(NativeException.class)
          .hasMessageContaining("cuda:0 cannot be used again after it failed")
          .hasMessageEndingWith("start the program anew");
      assertThat(backend.memory().used()).isZero();
      control("reset");
      Map<String, Long> lost = EmulatedDriver.counts(); // this driver keeps what is lost with a device
      assertThat(sampled(backend, StepListener.NONE)).containsExactly(expected, offset(1e-4f));
      lost.put("pending", 0L); // but for work
      there = lost;
    }
  }

  @Test
  void shouldStopWhereARunIsCancelled() {
    assertThatThrownBy(() -> sampled("cuda", (done, calls, preview) -> done < 2))
        .isInstanceOf(CancellationException.class);
    assertThat(EmulatedDriver.counts()).isEqualTo(there);
  }
}
