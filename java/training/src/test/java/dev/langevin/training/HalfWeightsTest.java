package dev.langevin.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import dev.langevin.backend.Backend;
import dev.langevin.graph.Graph;
import dev.langevin.graph.GraphBuilder;
import dev.langevin.graph.LossFunction;
import dev.langevin.graph.Op;
import dev.langevin.graph.Value;
import dev.langevin.plan.PlanSize;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import dev.langevin.tensor.TensorSource;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Layers that are not trained, whose weights a file has as f16 or bf16. */
class HalfWeightsTest {

  private static final Backend BACKEND = Backend.named("onednn");
  private static final String TRAINED = "first";

  /** Winograd's convolutions and others, one with a residual; linear layers of a text's and of a picture's size. */
  private static Graph graph() {
    GraphBuilder b = new GraphBuilder();
    Value x = b.conv2d(TRAINED, b.toChannelsLast("last", b.input("x", DType.F32, 1, 4, 16, 16)), 32, 3, 1,
        Op.Padding.of(1));
    Value y = b.add("sum", b.conv2d("winograd", x, 32, 3, 1, Op.Padding.of(1)), x);
    y = b.conv2d("down", y, 40, 3, 2, Op.Padding.of(1));
    y = b.conv2d("narrow", y, 20, 3, 1, Op.Padding.of(1));
    y = b.linear("wide", y, 70, true);
    y = b.linear("back", y, 3, false);
    b.output("out", b.toChannelsFirst("first_again", y));
    return b.build();
  }

  /** The same numbers as f32 or in the type that they fit in. */
  private static TensorSource source(Graph graph, DType numbers, boolean widened) {
    return name -> {
      Shape shape = graph.storedWeights().get(name);
      Random random = new Random(name.hashCode());
      Tensor tensor = Tensor.allocate(widened ? DType.F32 : numbers, shape);
      double deviation = shape.rank() == 1 ? 0.1 : Math.sqrt((double) shape.dim(0) / shape.elements());
      for (long i = 0; i < shape.elements(); i++) {
        float value = (float) (random.nextGaussian() * deviation);
        short half =
            numbers == DType.F16 ? Float.floatToFloat16(value) : (short) (Float.floatToRawIntBits(value) >> 16);
        if (widened) {
          float wide = numbers == DType.F16 ? Float.float16ToFloat(half) : Float.intBitsToFloat(half << 16);
          tensor.data().setAtIndex(ValueLayout.JAVA_FLOAT, i, wide);
        } else {
          tensor.data().setAtIndex(ValueLayout.JAVA_SHORT, i, half);
        }
      }
      return tensor;
    };
  }

  private record Learnt(float[] loss, float[] gradient, PlanSize size) {}

  private static Learnt learn(TensorSource source) {
    Graph network = graph();
    try (Learner learner = new Learner(BACKEND, LossGraph.of(network, "out", new LossFunction.SquaredError()),
        name -> name.startsWith(TRAINED), source, new Learner.Settings(false, false, Long.MAX_VALUE))) {
      Random random = new Random(1);
      for (String name : List.of("x", "target")) {
        float[] values = new float[(int) learner.in(name).shape().elements()];
        for (int i = 0; i < values.length; i++) {
          values[i] = (float) random.nextGaussian();
        }
        learner.in(name).write(values);
      }
      learner.in("weight").write(new float[] {1});
      learner.run();
      return new Learnt(learner.out("loss").toFloats(),
          learner.parameters().tensor(learner.lastGradients(), TRAINED + ".weight").toFloats(), learner.plan().size());
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F16", "BF16"})
  void shouldGiveTheGradientsOfTheSameNumbersInHalfOfTheMemory(DType numbers) {
    Graph network = graph();
    Learnt halves = learn(source(network, numbers, false));
    Learnt floats = learn(source(network, numbers, true));
    assertThat(halves.loss[0]).isCloseTo(floats.loss[0], withinPercentage(1e-3));
    double largest = 0;
    double difference = 0;
    for (int i = 0; i < floats.gradient.length; i++) {
      largest = Math.max(largest, Math.abs(floats.gradient[i]));
      difference = Math.max(difference, Math.abs(floats.gradient[i] - halves.gradient[i]));
    }
    assertThat(difference).isLessThan(1e-5 * largest);
    assertThat(largest).isPositive();
    // Each frozen matrix lies once; as f32 it lies packed for the layer and for its gradient.
    assertThat(halves.size.weights()).isLessThan(floats.size.weights() / 3);
  }

  @Test
  void shouldKeepFloatsWhereAnyFrozenLayerHasThem() {
    Graph network = graph();
    TensorSource halves = source(network, DType.F16, false);
    TensorSource floats = source(network, DType.F16, true);
    Learnt mixed = learn(name -> name.startsWith("back") ? floats.tensor(name) : halves.tensor(name));
    assertThat(mixed.size.weights()).isEqualTo(learn(floats).size.weights());
  }
}
