package dev.langevin.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.langevin.backend.Backend;
import dev.langevin.backend.BackendOptions;
import dev.langevin.backend.Precision;
import dev.langevin.graph.Activation;
import dev.langevin.graph.Graph;
import dev.langevin.graph.GraphBuilder;
import dev.langevin.graph.Node;
import dev.langevin.graph.Op;
import dev.langevin.graph.Op.Padding;
import dev.langevin.graph.PostOp;
import dev.langevin.graph.Value;
import dev.langevin.graph.Value.WeightPart;
import dev.langevin.plan.Plan;
import dev.langevin.plan.PlanSize;
import dev.langevin.plan.PlannedOp;
import dev.langevin.plan.Planner;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Layers of bytes: which are, what lies in memory, and their numbers. */
class ByteLayersTest {

  @BeforeEach
  void requireDriver() {
    EmulatedDriver.require();
    EmulatedDriver.control("reset");
  }

  @AfterEach
  void reset() {
    EmulatedDriver.control("reset");
  }

  /** Catches a scale of another channel, an order that is not (K, KH, KW, C), and rounding that is not to even. */
  @Test
  void shouldPackWeightsByChannelsWithTheirScales() {
    ByteWeights layout = ByteWeights.of(Shape.of(3, 2, 1, 2));
    float[] plain = {127, 0.5f, -1.5f, 2.5f, 0, 0, 0, 0, -2, 1, 0.5f, -1};
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment packed = arena.allocate(layout.bytes(), Long.BYTES);
      layout.pack(arena.allocateFrom(ValueLayout.JAVA_FLOAT, plain), packed);
      assertThat(packed.asSlice(0, 12).toArray(ValueLayout.JAVA_BYTE)).containsExactly(127, -2, 0, 2, 0, 0, 0, 0, -127,
          32, 64, -64);
      assertThat(layout.scales(packed).toArray(ValueLayout.JAVA_FLOAT)).containsExactly(1, 1, 2f / 127);
    }
    assertThat(layout.bytes()).isEqualTo(256 + 12);
  }

  private static Value value(int id, long... dims) {
    return new Value(id, "v" + id, DType.F32, Shape.of(dims), List.of());
  }

  private static Value weight(int id, long... dims) {
    return new Value(id, "w" + id, DType.F32, Shape.of(dims),
        List.of(new WeightPart("w" + id, Shape.of(dims), 0, dims[0])));
  }

  private static ByteInput linear(Value x, Value weights, Value operand) {
    return ByteInput.of(new Node(new Op.Linear(false, List.of(new PostOp.MultiplyInput(2))),
        List.of(x, weights, operand), value(9, x.shape().dim(0), x.shape().dim(1), weights.shape().dim(0))));
  }

  /** Catches a row's scale that falls on a sample's gate, and sums that 32 bits do not hold. */
  @Test
  void shouldMultiplyBytesWhereScalesAndSumsCanBeTold() {
    Value x = value(0, 2, 5, 24);
    Value w = weight(1, 40, 24);
    assertThat(linear(x, w, value(2, 2, 5, 40))).isEqualTo(new ByteInput(10, 24));
    assertThat(linear(x, w, value(2, 40))).isEqualTo(new ByteInput(10, 24));
    assertThat(linear(x, w, value(2, 2, 40))).isNull();
    assertThat(linear(x, w, value(2, 1, 5, 40))).isNull();
    assertThat(linear(x, value(1, 40, 24), value(2, 40))).isNull();
    assertThat(linear(value(0, 1, 5, 133_145), weight(1, 4, 133_145), value(2, 4))).isNull();
    Node picture = new Node(new Op.Conv2d(1, Padding.of(1), false, List.of(new PostOp.AddInput(2))),
        List.of(value(0, 2, 4, 6, 8), weight(1, 16, 8, 3, 3), value(2, 2, 16)), value(3, 2, 4, 6, 16));
    assertThat(ByteInput.of(picture)).isEqualTo(new ByteInput(2, 192));
  }

  /** A layer of bytes between two that are exact, whose rows differ by powers of two as their scales do. */
  @Test
  void shouldScaleEachRowByItself() {
    int rows = 20;
    int channels = 8;
    GraphBuilder b = new GraphBuilder();
    Value y = b.linear("layer", b.activate("relu", b.input("in", DType.F32, 1, rows, channels), Activation.RELU), 3,
        true);
    b.output("out", b.concat("twice", y, y));
    float[] input = new float[rows * channels];
    float[] weights = new float[3 * channels];
    for (int i = 0; i < input.length; i++) {
      float number = (float) (Math.abs(Math.sin(i % channels + 1)) * Math.pow(2, i / channels - 10));
      input[i] = Float.float16ToFloat(Float.floatToFloat16(number)); // in which the layer reads it
    }
    for (int i = 0; i < weights.length; i++) {
      weights[i] = (float) Math.cos(i * i);
    }
    float[] out;
    try (Backend backend = Backend.open("cuda", BackendOptions.usual())) {
      out = backend.call(() -> {
        try (Plan plan = new Planner(backend, Precision.INT8).plan(b.build(), name -> name.endsWith("weight")
            ? Tensor.ofFloats(weights, 3, channels) : Tensor.ofFloats(new float[3], 3))) {
          assertThat(plan.ops().stream().map(PlannedOp::implementation)).contains("lgc_convolution:s8");
          plan.in("in").write(Tensor.ofFloats(input, 1, rows, channels));
          plan.run();
          return plan.out("out").toFloats();
        }
      });
    }
    for (int row = 0; row < rows; row++) {
      for (int k = 0; k < 3; k++) {
        double sum = 0;
        for (int c = 0; c < channels; c++) {
          sum += quantised(input, row * channels, channels, c) * quantised(weights, k * channels, channels, c);
        }
        double size = Math.pow(2, row - 10);
        assertThat((double) out[row * 6 + k]).as("row %d, channel %d", row, k).isCloseTo(sum, within(4e-3 * size));
      }
    }
  }

  /** A number as the byte and the scale of its row tell it. */
  private static double quantised(float[] values, int first, int count, int at) {
    float largest = 0;
    for (int i = 0; i < count; i++) {
      largest = Math.max(largest, Math.abs(values[first + i]));
    }
    return Math.rint(values[first + at] / (largest / 127)) * (largest / 127);
  }

  /** Catches a layer that is to be exact in bytes, and weights that lie in 16 bits all the same. */
  @Test
  void shouldTakeAByteForEachWeightOfStableDiffusion() throws IOException {
    Graph graph = ModelLayers.stableDiffusion();
    try (Backend backend = Backend.open("cuda", BackendOptions.usual())) {
      PlanSize half = new Planner(backend, Precision.F16).size(graph);
      PlanSize bytes = new Planner(backend, Precision.INT8).size(graph);
      System.out.printf("SD 1.5 at 512 by 512: weights %,d bytes in f16, %,d in int8; activations %,d and %,d%n",
          half.weights(), bytes.weights(), half.activations(), bytes.activations());
      assertThat((double) bytes.weights() / half.weights()).isBetween(0.5, 0.54);
    }
  }

  @Test
  void shouldKeepTheEndsInFullPrecision() {
    GraphBuilder b = new GraphBuilder();
    Value x = b.conv2d("first", b.toChannelsLast("last", b.input("in", DType.F32, 1, 4, 8, 6)), 16, 3, 1,
        Padding.of(1));
    x = b.conv2d("down", b.conv2d("middle", x, 16, 3, 1, Padding.of(1)), 16, 3, 1, Padding.of(1));
    b.output("out", b.toChannelsFirst("channels", b.conv2d("end", x, 4, 3, 1, Padding.of(1))));
    Graph graph = b.build();
    Map<String, Shape> stored = graph.storedWeights();
    try (Backend backend = Backend.open("cuda", BackendOptions.usual());
        Plan plan = new Planner(backend, Precision.INT8).plan(graph, name -> Tensor.ofFloats(
            new float[Math.toIntExact(stored.get(name).elements())], stored.get(name).dims()))) {
      Map<String, String> kernels = plan.ops().stream().filter(op -> op.node().op() instanceof Op.Conv2d)
          .collect(Collectors.toMap(op -> op.node().output().name(), PlannedOp::implementation));
      assertThat(kernels).isEqualTo(Map.of("first", "lgc_convolution", "middle", "lgc_convolution:s8", "down",
          "lgc_convolution:s8", "end", "lgc_convolution"));
    }
  }
}
