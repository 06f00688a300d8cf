package dev.langevin.bench;

import dev.langevin.backend.Backend;
import dev.langevin.graph.Graph;
import dev.langevin.models.UNet2D;
import dev.langevin.models.UNet2DConfig;
import dev.langevin.plan.Plan;
import dev.langevin.plan.Planner;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One network call of pixel-space U-Nets, from the caller's thread: {@code tiny} (channels 32, 64 at 8x8), which shows
 * what a call costs beside its arithmetic, and {@code cifar} (google/ddpm-cifar10-32, 12.1 GFLOP a picture). Weights
 * are random: time does not depend on them.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(value = 1, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class StepBenchmark {

  private static final Map<String, Map<String, Object>> CONFIGS = Map.of(
      "tiny", Map.of("sample_size", 8, "block_out_channels", List.of(32, 64), "layers_per_block", 1,
          "down_block_types", List.of("DownBlock2D", "AttnDownBlock2D"),
          "up_block_types", List.of("AttnUpBlock2D", "UpBlock2D")),
      "cifar", Map.of("sample_size", 32, "block_out_channels", List.of(128, 256, 256, 256), "downsample_padding", 0,
          "flip_sin_to_cos", false, "freq_shift", 1, "norm_eps", 1e-6, "attention_head_dim", 256,
          "down_block_types", List.of("DownBlock2D", "AttnDownBlock2D", "DownBlock2D", "DownBlock2D"),
          "up_block_types", List.of("UpBlock2D", "UpBlock2D", "AttnUpBlock2D", "UpBlock2D")));

  @Param({"tiny", "cifar"})
  String model;

  @Param("1")
  int batch;

  private Plan plan;

  /** Made by the harness. */
  public StepBenchmark() {}

  @Setup
  public void plan() {
    UNet2DConfig config = UNet2DConfig.of(CONFIGS.get(model));
    Graph graph = UNet2D.graph(config, batch, config.sampleSize(), config.sampleSize());
    Random random = new Random(1);
    plan = new Planner(Backend.named("onednn")).plan(graph,
        name -> random(random, graph.storedWeights().get(name), 0.05f));
    plan.in("sample").write(random(random, plan.in("sample").shape(), 1));
  }

  private static Tensor random(Random random, Shape shape, float deviation) {
    Tensor tensor = Tensor.allocate(DType.F32, shape);
    for (long i = 0; i < shape.elements(); i++) {
      tensor.data().setAtIndex(ValueLayout.JAVA_FLOAT, i, deviation * (float) random.nextGaussian());
    }
    return tensor;
  }

  @Benchmark
  public void step() {
    plan.run();
  }

  @TearDown
  public void close() {
    plan.close();
  }
}
