package dev.langevin.cuda;

import dev.langevin.bindings.cublaslt.Epilogue;
import dev.langevin.bindings.cublaslt.MatrixProduct;
import dev.langevin.bindings.cublaslt.MatrixType;
import dev.langevin.bindings.cudnn.DataType;
import dev.langevin.bindings.cudnn.Pointwise;
import dev.langevin.bindings.kernels.Constant;
import dev.langevin.cuda.LayerGraph.Step;
import dev.langevin.cuda.LayerGraph.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * A linear layer's graph as a product of cuBLASLt's.
 *
 * @param x place of the layer's input among the graph's tensors, as are the others: (rows, inputs)
 * @param weights (outputs, inputs)
 * @param added a tensor of the result's shape that the product adds to its sums, or {@link LayerGraph#NONE}
 * @param bias likewise, a number an output
 * @param y the graph's result (rows, outputs)
 * @param after steps that a kernel does behind the product
 */
record ProductForm(Kind kind, long rows, long inputs, long outputs, int x, int weights, int added, int bias, int y,
    Epilogue epilogue, MatrixType values, boolean shortProducts, MatrixType results, List<Step.Each> after) {

  enum Kind {
    /** The product does all. */
    WHOLE,
    /** The product gives sums in f32; all else is behind it. */
    SUMS
  }

  /** The ways to compute it, that of one call first; none where it is no linear layer. */
  static List<ProductForm> of(LayerGraph graph) {
    List<ProductForm> forms = new ArrayList<>();
    if (graph.steps().getFirst() instanceof Step.Product product && !graph.arithmetic().scaled()) {
      List<Step.Each> behind = graph.steps().stream().skip(1).map(Step.Each.class::cast).toList();
      ProductForm whole = whole(graph, product, behind);
      if (whole != null) {
        forms.add(whole);
      }
      if (!behind.isEmpty() && behind.size() <= Constant.MAX_POST.value) {
        forms.add(form(graph, product, Kind.SUMS, LayerGraph.NONE, LayerGraph.NONE, Epilogue.NONE, MatrixType.F32,
            behind));
      }
    }
    return forms;
  }

  /** At most one row and one matrix that are added, then at most one function; else null. */
  private static ProductForm whole(LayerGraph graph, Step.Product product, List<Step.Each> behind) {
    int bias = LayerGraph.NONE;
    int added = LayerGraph.NONE;
    Pointwise function = null;
    for (Step.Each each : behind) {
      if (function != null) {
        return null;
      }
      if (each.mode() != Pointwise.ADD) {
        function = each.mode();
      } else if (bias == LayerGraph.NONE && graph.tensors().get(each.b()).dims().get(1) == 1) {
        bias = each.b();
      } else if (added == LayerGraph.NONE && graph.tensors().get(each.b()).dims().get(1) == rows(graph, product)) {
        added = each.b();
      } else {
        return null;
      }
    }
    Epilogue epilogue = epilogue(function, bias != LayerGraph.NONE);
    return epilogue == null ? null : form(graph, product, Kind.WHOLE, added, bias, epilogue,
        type(graph.tensors().get(result(graph)).type()), List.of());
  }

  private static Epilogue epilogue(Pointwise function, boolean bias) {
    return switch (function) {
      case null -> bias ? Epilogue.BIAS : Epilogue.NONE;
      case RELU -> bias ? Epilogue.BIAS_RELU : Epilogue.RELU;
      case GELU_TANH -> bias ? Epilogue.BIAS_GELU_TANH : Epilogue.GELU_TANH;
      default -> null;
    };
  }

  private static long rows(LayerGraph graph, Step.Product product) {
    return graph.tensors().get(product.a()).dims().get(1);
  }

  private static int result(LayerGraph graph) {
    return switch (graph.steps().getLast()) {
      case Step.Product only -> only.c();
      case Step.Each last -> last.y();
      default -> throw new IllegalStateException("a linear layer does not end so: " + graph);
    };
  }

  private static ProductForm form(LayerGraph graph, Step.Product product, Kind kind, int added, int bias,
      Epilogue epilogue, MatrixType results, List<Step.Each> after) {
    Tensor a = graph.tensors().get(product.a());
    return new ProductForm(kind, a.dims().get(1), a.dims().get(2), graph.tensors().get(product.b()).dims().get(2),
        product.a(), product.b(), added, bias, result(graph), epilogue, type(a.type()),
        graph.arithmetic() == Arithmetic.TF32, results, after);
  }

  private static MatrixType type(DataType type) {
    return switch (type) {
      case F32 -> MatrixType.F32;
      case F16 -> MatrixType.F16;
      case BF16 -> MatrixType.BF16;
      case S8, S32, F8_E4M3, F8_E5M2 -> throw new IllegalArgumentException("no product of " + type + " is bound");
    };
  }

  /** Describes the product; the caller's to close. */
  MatrixProduct product() {
    return new MatrixProduct(rows, inputs, outputs, values, shortProducts, results, epilogue);
  }
}
