package dev.langevin.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.backend.Backend;
import dev.langevin.graph.Activation;
import dev.langevin.graph.Graph;
import dev.langevin.graph.GraphBuilder;
import dev.langevin.graph.GraphException;
import dev.langevin.graph.Op.Padding;
import dev.langevin.graph.Value;
import dev.langevin.plan.Plan;
import dev.langevin.plan.Planner;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Tensor;
import dev.langevin.tensor.TensorSource;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Gradients against differences of the function itself, on every backend: a wrong rule or kernel of any operation shows
 * here.
 */
class AutodiffTest {

  /** A third of f32's digits is what a central difference leaves. */
  private static final double BOUND = 4e-3;
  private static final float STEP = 0x1p-6f;

  private interface Function {
    Value build(GraphBuilder b, Value x);
  }

  private record Case(String name, long[] shape, Function function) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static Case of(String name, Function function, long... shape) {
    return new Case(name, shape, function);
  }

  static Stream<Case> cases() {
    Stream<Case> activations = Arrays.stream(Activation.values()).map(
        a -> of(a.name(), (b, x) -> b.activate("f", x, a), 3, 7));
    return Stream.concat(activations, Stream.of(
        of("conv2d with stride and uneven padding", (b, x) -> b.conv2d("f", x, 3, 3, 2, new Padding(0, 0, 1, 1)), 2, 6,
            5, 4),
        of("conv2d 1x1 without bias", (b, x) -> b.conv2d("f", x, 3, 1, 1, Padding.of(0), false), 2, 4, 3, 5),
        of("linear", (b, x) -> b.linear("f", x, 6, true), 2, 3, 5),
        of("three linear layers at once", (b, x) -> b.linear("f", List.of("q", "k", "v"), x, 4, true), 2, 3, 5),
        of("group norm", (b, x) -> b.groupNorm("f", x, 2, 1e-5), 2, 3, 3, 6),
        of("group norm and SiLU", (b, x) -> b.activate("s", b.groupNorm("f", x, 3, 1e-5), Activation.SILU), 2, 3, 3, 6),
        of("row, group norm, scale and shift, SiLU", (b, x) -> {
          Value row = b.reshape("row", b.slice("part", b.slice("part", x, 1, 0, 1), 2, 0, 1), 2, 6);
          Value rows = b.linear("rows", row, 12, true);
          return b.activate("s", b.groupNorm("f", b.add("a", x, row), 3, 1e-5, rows), Activation.SILU);
        }, 2, 3, 3, 6),
        of("layer norm", (b, x) -> b.layerNorm("f", x, 1e-5), 2, 3, 9),
        of("self-attention", (b, x) -> b.attention("f", b.linear("qkv", x, 24, false), 2), 2, 5, 6),
        of("causal self-attention", (b, x) -> b.selfAttention("f", b.linear("qkv", x, 24, false), 2, true, null), 2, 5,
            6),
        of("masked self-attention", (b, x) -> b.selfAttention("f", b.linear("qkv", x, 24, false), 2, true,
            b.reshape("bias", b.linear("bias", b.affine("stop", x, 0, 0), 1, true), 2, 5)), 2, 5, 6),
        of("cross-attention", (b, x) -> b.attention("f", b.linear("q", x, 8, false),
            b.linear("kv", b.slice("tokens", x, 1, 1, 3), 16, false), 2), 2, 5, 6),
        of("affine", (b, x) -> b.affine("f", x, -2.5, 3), 3, 4),
        of("add to itself", (b, x) -> b.add("f", x, b.activate("g", x, Activation.TANH)), 3, 4),
        of("add what all samples share", (b, x) -> b.add("f", x, b.slice("one", x, 0, 1, 1)), 3, 2, 4),
        of("multiply", (b, x) -> b.multiply("f", x, b.affine("g", x, 0.5, 1)), 3, 4),
        of("concat", (b, x) -> b.concat("f", x, b.affine("g", x, 2, 0)), 2, 3, 4),
        of("append", (b, x) -> b.append("f", x, b.affine("g", x, 2, 0)), 2, 3, 4),
        of("slice", (b, x) -> b.slice("f", x, 1, 1, 2), 2, 4, 3),
        of("upsample", (b, x) -> b.upsampleNearest("f", x, 2), 2, 3, 2, 3),
        of("average pool with a rest", (b, x) -> b.averagePool("f", x, 2), 2, 5, 4, 3),
        of("channels first", (b, x) -> b.toChannelsFirst("f", x), 2, 3, 4, 5),
        of("channels last", (b, x) -> b.toChannelsLast("f", x), 2, 3, 4, 5),
        of("reshape", (b, x) -> b.reshape("f", x, 6, 4), 2, 3, 4),
        of("gaussian sample",
            (b, x) -> b.gaussianSample("f", x, b.slice("noise", b.affine("stop", x, 0, 0.7), 3, 0, 2)), 2, 2, 2, 4)));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void shouldBeTheSlopeOfTheFunction(Case c) {
    GraphBuilder b = new GraphBuilder();
    Value x = b.input("x", DType.F32, c.shape());
    b.output("y", c.function().build(b, x));
    Graph graph = b.build();
    TensorSource weights = name -> random(name.hashCode(), graph.storedWeights().get(name).dims());
    Tensor at = random(1, c.shape());
    Tensor seed = random(2, graph.outputs().get("y").shape().dims());
    Map<String, float[]> differences = new LinkedHashMap<>();
    differences.put("x", differences(graph, weights, at, seed));
    for (String backend : List.of("reference", "onednn")) {
      float[] gradient = gradient(backend, graph, weights, at, seed);
      double largest = 0;
      for (float value : differences.get("x")) {
        largest = Math.max(largest, Math.abs(value));
      }
      for (int i = 0; i < gradient.length; i++) {
        assertThat((double) gradient[i]).as("%s: element %d", backend, i)
            .isCloseTo(differences.get("x")[i], org.assertj.core.data.Offset.offset(BOUND * Math.max(largest, 0.1)));
      }
    }
  }

  private static float[] differences(Graph graph, TensorSource weights, Tensor at, Tensor seed) {
    try (Plan plan = new Planner(Backend.named("reference")).plan(graph, weights)) {
      float[] result = new float[(int) at.shape().elements()];
      for (int i = 0; i < result.length; i++) {
        double[] values = new double[2];
        for (int side = 0; side < 2; side++) {
          float[] moved = at.toFloats();
          moved[i] += side == 0 ? -STEP : STEP;
          plan.in("x").write(moved);
          plan.run();
          float[] y = plan.out("y").toFloats();
          float[] s = seed.toFloats();
          for (int n = 0; n < y.length; n++) {
            values[side] += (double) y[n] * s[n];
          }
        }
        result[i] = (float) ((values[1] - values[0]) / (2 * STEP));
      }
      return result;
    }
  }

  private static float[] gradient(String backend, Graph graph, TensorSource weights, Tensor at, Tensor seed) {
    GraphExtension extension = new GraphExtension(graph);
    Value y = graph.outputs().get("y");
    Value dy = extension.input("seed", DType.F32, y.shape());
    Graph differentiated =
        Autodiff.differentiate(extension.build(), Map.of(y, dy), Map.of("dx", graph.inputs().get("x")));
    try (Plan plan = new Planner(Backend.named(backend)).plan(differentiated, weights)) {
      plan.in("x").write(at);
      plan.in("seed").write(seed);
      plan.run();
      return plan.out("dx").toFloats();
    }
  }

  private static Tensor random(long seed, long[] dims) {
    Tensor tensor = Tensor.allocate(DType.F32, dev.langevin.tensor.Shape.of(dims));
    Random random = new Random(seed);
    for (long i = 0; i < tensor.shape().elements(); i++) {
      double value = random.nextGaussian(); // and away from 0, where ReLU has a corner
      tensor.data().setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) (value + Math.copySign(2 * STEP, value)));
    }
    return tensor;
  }

  @Test
  void shouldNameAValueThatTheLossDoesNotDependOn() {
    GraphBuilder b = new GraphBuilder();
    Value x = b.input("x", DType.F32, 2, 3);
    Value other = b.input("other", DType.F32, 2, 3);
    Value y = b.affine("y", x, 2, 0);
    b.output("y", y);
    assertThatThrownBy(() -> Autodiff.differentiate(b.build(), Map.of(y, y), Map.of("d", other)))
        .isInstanceOf(GraphException.class)
        .hasMessage("other [2, 3]: the loss does not depend on it; leave it out of what is trained");
  }

  @Test
  void shouldNameAnOperationWithoutAGradient() {
    GraphBuilder b = new GraphBuilder();
    Value x = b.input("x", DType.F32, 2, 3);
    Value y = b.nearestRow("codebook", x, 4);
    b.output("y", y);
    assertThatThrownBy(() -> Autodiff.differentiate(b.build(), Map.of(y, x), Map.of("d", x)))
        .isInstanceOf(GraphException.class)
        .hasMessageContaining("nearest_row").hasMessageContaining("has no gradient");
  }
}
