package dev.langevin.cli;

import dev.langevin.backend.Backend;
import dev.langevin.backend.Precision;
import dev.langevin.graph.Graph;
import dev.langevin.plan.Plan;
import dev.langevin.plan.Planner;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * A compiled graph over random values, and the times that its runs took. Values are not zero: some kernels are faster
 * then.
 */
final class TimedKernel implements AutoCloseable {

  private final Backend backend;
  private final Plan plan;
  private double[] seconds = new double[0];

  TimedKernel(Backend backend, Graph graph) {
    this(backend, graph, Precision.F32);
  }

  TimedKernel(Backend backend, Graph graph, Precision precision) {
    this.backend = backend;
    long largest = graph.storedWeights().values().stream().mapToLong(Shape::elements).max().orElse(1);
    Tensor numbers = random(new long[] {largest}, 0.05f); // of all weights: a network's own would double the memory
    this.plan = new Planner(backend, precision).plan(graph, name -> {
      Shape shape = graph.storedWeights().get(name);
      return new Tensor(DType.F32, shape, numbers.data().asSlice(0, shape.elements() * 4));
    });
    graph.inputs().forEach((name, value) -> {
      if (value.dtype() == DType.F32) {
        plan.in(name).write(random(value.shape().dims(), 1));
      } else { // indices
        plan.in(name).block().fill(0);
      }
    });
    plan.prepare();
  }

  /** Time of the first run, in seconds. */
  double first() {
    long start = System.nanoTime();
    plan.run();
    return (System.nanoTime() - start) * 1e-9;
  }

  long plannedBytes() {
    return plan.peakBytes();
  }

  /** {@link OpTimes#profile} of some runs. */
  List<String> profile(int runs) {
    return OpTimes.profile(backend, plan, runs);
  }

  static Tensor random(long[] dims, float deviation) {
    Random random = new Random(1);
    float[] block = new float[4096]; // repeated: drawing millions of normals would take longer than the measurement
    for (int i = 0; i < block.length; i++) {
      block[i] = (float) random.nextGaussian() * deviation;
    }
    Tensor tensor = Tensor.allocate(DType.F32, Shape.of(dims));
    for (long i = 0; i < tensor.shape().elements(); i++) {
      tensor.data().setAtIndex(ValueLayout.JAVA_FLOAT, i, block[(int) (i % block.length)]);
    }
    return tensor;
  }

  /** Runs at least once, and for at least so long; the first run of a new plan is not counted. */
  void measure(double atLeastSeconds) {
    backend.call(() -> {
      if (seconds.length == 0) {
        plan.run();
      }
      double spent = 0;
      do {
        long start = System.nanoTime();
        plan.run();
        double run = (System.nanoTime() - start) * 1e-9;
        seconds = Arrays.copyOf(seconds, seconds.length + 1);
        seconds[seconds.length - 1] = run;
        spent += run;
      } while (spent < atLeastSeconds);
      return null;
    });
    Arrays.sort(seconds);
  }

  double median() {
    return seconds[seconds.length / 2];
  }

  double fastest() {
    return seconds[0];
  }

  double slowest() {
    return seconds[seconds.length - 1];
  }

  String implementation() {
    return implementation(0);
  }

  /** Of the op so many before the last. */
  String implementation(int before) {
    return plan.ops().reversed().get(before).implementation();
  }

  @Override
  public void close() {
    plan.close();
  }
}
