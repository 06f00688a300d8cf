package dev.langevin.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langevin.backend.Backend;
import dev.langevin.backend.DeviceTensor;
import dev.langevin.diffusion.Denoiser;
import dev.langevin.diffusion.ReverseProcess;
import dev.langevin.diffusion.Schedulers;
import dev.langevin.diffusion.TorchGenerator;
import dev.langevin.diffusion.Trajectory;
import dev.langevin.diffusion.TrajectoryOptions;
import dev.langevin.graph.Graph;
import dev.langevin.models.UNet2D;
import dev.langevin.models.UNet2DConfig;
import dev.langevin.plan.Plan;
import dev.langevin.plan.Planner;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a step of a tiny network costs beside its kernels: time, objects, native memory. */
class StepCostTest {

  private static final int STEPS = 100;
  private static final long PAGE = 4096;
  private static final byte[] LABEL = "Anonymous:".getBytes(StandardCharsets.US_ASCII);

  private final Backend backend = Backend.named("onednn");
  private final UNet2DConfig config = UNet2DConfig.of(Map.of(
      "sample_size", 8, "in_channels", 3, "out_channels", 3, "block_out_channels", List.of(32, 64),
      "down_block_types", List.of("DownBlock2D", "AttnDownBlock2D"),
      "up_block_types", List.of("AttnUpBlock2D", "UpBlock2D"), "layers_per_block", 1));
  private final Plan plan = plan();
  private final Trajectory trajectory =
      Schedulers.ofClass("DDPMScheduler", Map.of()).trajectory(TrajectoryOptions.steps(STEPS)); // draws noise each step

  private Plan plan() {
    Graph graph = UNet2D.graph(config, 1, 8, 8);
    Map<String, Shape> stored = graph.storedWeights();
    TorchGenerator generator = new TorchGenerator(0);
    return new Planner(backend).plan(graph, name -> {
      Tensor tensor = Tensor.allocate(DType.F32, stored.get(name));
      generator.fill(tensor);
      for (long i = 0; i < tensor.shape().elements(); i++) {
        tensor.data().setAtIndex(ValueLayout.JAVA_FLOAT, i,
            0.05f * tensor.data().getAtIndex(ValueLayout.JAVA_FLOAT, i));
      }
      return tensor;
    });
  }

  @AfterEach
  void close() {
    plan.close();
  }

  @Test
  void shouldCostLittleBesideTheKernels() {
    double[] steps = new double[15];
    double[] kernels = new double[15];
    long[] nanoseconds = new long[plan.ops().size()];
    backend.call(() -> {
      try (ReverseProcess process = process(nanoseconds)) {
        TorchGenerator noise = new TorchGenerator(1);
        for (int round = -20; round < steps.length; round++) { // the first twenty warm up
          Arrays.fill(nanoseconds, 0);
          long start = System.nanoTime();
          process.sample(noise, ReverseProcess.StepListener.NONE);
          if (round >= 0) {
            steps[round] = (System.nanoTime() - start) * 1e-3 / STEPS;
            kernels[round] = Arrays.stream(nanoseconds).sum() * 1e-3 / STEPS;
          }
        }
      }
      return null;
    });
    double[] beside = new double[steps.length];
    Arrays.setAll(beside, round -> steps[round] - kernels[round]);
    Arrays.sort(steps);
    Arrays.sort(kernels);
    Arrays.sort(beside);
    int middle = steps.length / 2;
    System.out.printf(
        "tiny U-Net, %d ops: a step %.1f us (%.1f to %.1f), its kernels %.1f us, beside them %.1f us (%.1f to %.1f)%n",
        plan.ops().size(), steps[middle], steps[0], steps[steps.length - 1], kernels[middle], beside[middle], beside[0],
        beside[steps.length - 1]);
    assertThat(beside[middle]).as("microseconds beside the kernels").isLessThan(150);
  }

  @Test
  void shouldAllocateNothingInAStep() {
    long[] allocated = new long[STEPS + 1];
    long[] anonymous = new long[12];
    backend.call(() -> {
      var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
      try (ReverseProcess process = process(new long[plan.ops().size()]);
          RandomAccessFile memory = new RandomAccessFile("/proc/self/smaps_rollup", "r")) {
        TorchGenerator noise = new TorchGenerator(1);
        byte[] text = new byte[2048];
        for (int run = 0; run < anonymous.length; run++) {
          process.sample(noise, (done, calls, preview) -> {
            allocated[done] = threads.getCurrentThreadAllocatedBytes();
            return true;
          });
          anonymous[run] = anonymousBytes(memory, text);
        }
      }
      return null;
    });
    assertThat(allocated[STEPS] - allocated[1]).as("bytes on the heap in %d steps", STEPS - 1).isZero();
    // The JIT compiler's threads take native memory now and then; a step that does, does so in every run.
    long least = Long.MAX_VALUE;
    for (int run = 2; run < anonymous.length; run++) {
      least = Math.min(least, anonymous[run] - anonymous[run - 1]);
    }
    assertThat(least).as("native bytes in %d steps, least of %d runs", STEPS, anonymous.length - 2).isLessThan(PAGE);
  }

  private ReverseProcess process(long[] nanoseconds) {
    return new ReverseProcess(trajectory, new TinyDenoiser(plan, nanoseconds, plan.in("sample"), plan.out("out"),
        plan.in("timestep")), backend);
  }

  /** Memory of this process that is no file's. Read without making objects, which would themselves show in it. */
  private static long anonymousBytes(RandomAccessFile memory, byte[] text) throws IOException {
    memory.seek(0);
    int length = memory.read(text);
    for (int at = 0; at < length - LABEL.length; at++) {
      if (Arrays.equals(text, at, at + LABEL.length, LABEL, 0, LABEL.length)) {
        long kilobytes = 0;
        for (int i = at + LABEL.length; text[i] != 'k'; i++) {
          kilobytes = text[i] == ' ' ? kilobytes : 10 * kilobytes + text[i] - '0';
        }
        return 1024 * kilobytes;
      }
    }
    throw new IOException("/proc/self/smaps_rollup does not tell of anonymous memory");
  }

  private record TinyDenoiser(Plan plan, long[] nanoseconds, DeviceTensor input, DeviceTensor output,
      DeviceTensor timestep)
      implements Denoiser {
    @Override
    public void predict(double time) {
      timestep.fill(time);
      plan.run(nanoseconds);
    }
  }
}
