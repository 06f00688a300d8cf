package dev.langevin.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langevin.bindings.cudnn.DataType;
import dev.langevin.bindings.cudnn.Pointwise;
import dev.langevin.cuda.LayerGraph.Place;
import dev.langevin.cuda.LayerGraph.Step;
import dev.langevin.cuda.LayerGraph.Tensor;
import dev.langevin.graph.Activation;
import dev.langevin.graph.Node;
import dev.langevin.graph.Op;
import dev.langevin.graph.PostOp;
import dev.langevin.graph.Value;
import dev.langevin.graph.Value.WeightPart;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Graphs of bytes, whose sums get the factors' scales before all else. */
class ScaledGraphsTest {

  private static Value weight(int id, long... dims) {
    return new Value(id, "w" + id, DType.F32, Shape.of(dims),
        List.of(new WeightPart("w" + id, Shape.of(dims), 0, dims[0])));
  }

  private static Value value(int id, long... dims) {
    return new Value(id, "v" + id, DType.F32, Shape.of(dims), List.of());
  }

  private static final Node CONVOLUTION = new Node(
      new Op.Conv2d(1, Op.Padding.of(1), true, List.of(new PostOp.Activate(Activation.SILU))),
      List.of(value(0, 2, 4, 6, 16), weight(1, 32, 16, 3, 3), weight(2, 32)), value(3, 2, 4, 6, 32));
  private static final Node LINEAR = new Node(new Op.Linear(false, List.of()),
      List.of(value(0, 2, 5, 16), weight(1, 32, 16)), value(3, 2, 5, 32));

  /** Catches a scale that is added to a sum, or multiplied with what is not one. */
  @Test
  void shouldScaleTheSumsOfAConvolution() {
    LayerGraph graph = LayerGraph.of(CONVOLUTION, Arithmetic.S8, DataType.BF16);
    assertThat(graph.steps()).hasSize(5);
    Step.Convolution first = (Step.Convolution) graph.steps().getFirst();
    assertThat(graph.tensors().get(first.x()).type()).isEqualTo(DataType.S8);
    assertThat(graph.tensors().get(first.weights()).type()).isEqualTo(DataType.S8);
    assertThat(graph.tensors().get(first.y()).type()).isEqualTo(DataType.S32);
    scales(graph, 1, 0, List.of(2L, 1L, 1L, 1L));
    scales(graph, 2, 1, List.of(1L, 32L, 1L, 1L));
    Step.Each bias = (Step.Each) graph.steps().get(3);
    assertThat(bias.mode()).isEqualTo(Pointwise.ADD);
    assertThat(graph.tensors().get(bias.b()).type()).isEqualTo(DataType.BF16);
    Step.Each last = (Step.Each) graph.steps().getLast();
    assertThat(last.mode()).isEqualTo(Pointwise.SILU);
    assertThat(graph.tensors().get(last.y())).extracting(Tensor::place, Tensor::type)
        .containsExactly(Place.RESULT, DataType.BF16);
  }

  @Test
  void shouldScaleTheSumsOfALinearLayer() {
    LayerGraph graph = LayerGraph.of(LINEAR, Arithmetic.F8, DataType.BF16);
    assertThat(graph.steps()).hasSize(3);
    Step.Product first = (Step.Product) graph.steps().getFirst();
    assertThat(graph.tensors().get(first.a()).type()).isEqualTo(DataType.F8_E4M3);
    assertThat(graph.tensors().get(first.c()).type()).isEqualTo(DataType.F32);
    scales(graph, 1, 0, List.of(1L, 10L, 1L));
    scales(graph, 2, 1, List.of(1L, 1L, 32L));
  }

  private static void scales(LayerGraph graph, int step, int input, List<Long> dims) {
    Step.Each each = (Step.Each) graph.steps().get(step);
    assertThat(each.mode()).isEqualTo(Pointwise.MULTIPLY);
    assertThat(graph.tensors().get(each.b()))
        .extracting(Tensor::place, Tensor::input, Tensor::type, Tensor::dims)
        .containsExactly(Place.SCALE, input, DataType.F32, dims);
  }

  @Test
  void shouldHaveNoAttentionOfBytes() {
    Node attention = new Node(new Op.Attention(2, 0.35, Op.Packing.QKV, false, false), List.of(value(0, 2, 9, 48)),
        value(1, 2, 9, 16));
    assertThat(LayerGraph.of(attention, Arithmetic.F8, DataType.BF16)).isNull();
  }
}
