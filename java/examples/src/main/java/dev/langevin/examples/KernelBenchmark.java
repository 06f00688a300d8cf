package dev.langevin.examples;

import dev.langevin.backend.Backend;
import dev.langevin.backend.BackendOptions;
import dev.langevin.graph.GraphBuilder;
import dev.langevin.graph.Op;
import dev.langevin.plan.Plan;
import dev.langevin.plan.Planner;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
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
 * One operation under JMH, a 3x3 convolution as a U-Net has it: {@code KernelBenchmark} with JMH's own options, such as
 * {@code -p channels=320 -f 1}.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(value = 1, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class KernelBenchmark {

  private static final int SIDE = 32;

  @Param("64")
  int channels;

  private Backend backend;
  private Plan plan;

  /** Made by the harness. */
  public KernelBenchmark() {}

  @Setup
  public void plan() {
    backend = Backend.open("onednn", BackendOptions.usual());
    GraphBuilder graph = new GraphBuilder();
    var x = graph.input("x", DType.F32, 1, SIDE, SIDE, channels); // (N, H, W, C)
    graph.output("y", graph.conv2d("conv", x, channels, 3, 1, Op.Conv2d.Padding.of(1)));
    Random random = new Random(1);
    var built = graph.build();
    plan = new Planner(backend).plan(built, name -> random(random, built.storedWeights().get(name)));
    plan.in("x").write(random(random, plan.in("x").shape()));
    plan.ops().forEach(op -> System.out.println(op.node().output().name() + ": " + op.implementation()));
  }

  private static Tensor random(Random random, Shape shape) {
    float[] values = new float[Math.toIntExact(shape.elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian() / 8;
    }
    return Tensor.ofFloats(values, shape.dims());
  }

  @Benchmark
  public void convolution() {
    plan.run();
  }

  @TearDown
  public void close() {
    plan.close();
    backend.close();
  }

  public static void main(String... arguments) throws Exception {
    String[] all = new String[arguments.length + 1];
    all[0] = KernelBenchmark.class.getName();
    System.arraycopy(arguments, 0, all, 1, arguments.length);
    org.openjdk.jmh.Main.main(all);
  }
}
