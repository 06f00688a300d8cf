package dev.langevin.cuda;

import dev.langevin.bindings.cudnn.DataType;
import dev.langevin.bindings.cudnn.OperationGraph.Window;
import dev.langevin.bindings.cudnn.Pointwise;
import dev.langevin.graph.Activation;
import dev.langevin.graph.Node;
import dev.langevin.graph.Op;
import dev.langevin.graph.PostOp;
import dev.langevin.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/**
 * A convolution, linear layer or attention with its post-ops as a library's graph: tensors, and what is computed of
 * which. Its text ({@link #toString}) is equal where the same engine serves.
 *
 * @param tensors in memory, or between two steps
 * @param steps in order; numbers are places in {@code tensors}
 */
record LayerGraph(Arithmetic arithmetic, List<Tensor> tensors, List<Step> steps) {

  /** Where a tensor lies. */
  enum Place {
    INPUT, RESULT, NUMBER, BETWEEN,
    /**
     * What an input of {@link Arithmetic#scaled} values is to be multiplied with, in f32: a number a sample, or an
     * output.
     */
    SCALE
  }

  /**
   * A tensor.
   *
   * @param input of the node, of an {@link Place#INPUT} or a {@link Place#SCALE}
   * @param offset where it begins in that, in elements
   * @param number a {@link Place#NUMBER}'s only element
   */
  record Tensor(Place place, int input, long offset, double number, DataType type, List<Long> dims,
      List<Long> strides) {}

  /** One operation. */
  sealed interface Step {
    record Convolution(int x, int weights, Window window, int y) implements Step {}

    record Product(int a, int b, int c) implements Step {}

    record Attention(int q, int k, int v, int scale, int o) implements Step {}

    /** @param b of modes with two operands, else {@link #NONE} */
    record Each(Pointwise mode, int x, int b, int y) implements Step {}
  }

  static final int NONE = -1;

  /** cuDNN has attention of such head sizes alone. */
  private static final long HEAD_MULTIPLE = 8;

  /**
   * The graph of a node.
   *
   * @param results type of the result and of what is added to it; attention's is that of its values
   * @return null where the library has no such operation
   */
  static LayerGraph of(Node node, Arithmetic arithmetic, DataType results) {
    Builder builder = new Builder(node, arithmetic, results);
    boolean made = switch (node.op()) {
      case Op.Conv2d op -> builder.convolution(op);
      case Op.Linear op -> builder.linear(op);
      case Op.Attention op -> builder.attention(op);
      default -> false;
    };
    return made ? new LayerGraph(arithmetic, List.copyOf(builder.tensors), List.copyOf(builder.steps)) : null;
  }

  /** What of a node's the graph has so far. */
  private static final class Builder {

    private final Node node;
    private final Arithmetic arithmetic;
    private final DataType values;
    private final DataType results;
    private final List<Tensor> tensors = new ArrayList<>();
    private final List<Step> steps = new ArrayList<>();

    Builder(Node node, Arithmetic arithmetic, DataType results) {
      this.node = node;
      this.arithmetic = arithmetic;
      this.values = arithmetic.values;
      this.results = results;
    }

    boolean convolution(Op.Conv2d op) {
      Shape src = node.input(0).shape(); // (N, H, W, C)
      Shape w = node.input(1).shape(); // (K, C, KH, KW)
      Shape dst = node.output().shape(); // (N, H', W', K)
      long[] dims = {dst.dim(0), dst.dim(3), dst.dim(1), dst.dim(2)};
      int x = input(0, values, src.dim(0), src.dim(3), src.dim(1), src.dim(2));
      int weights = input(1, values, w.dims());
      Op.Padding p = op.padding();
      Window window = new Window(op.stride(), p.top(), p.left(), p.bottom(), p.right());
      return finish(op.bias(), op.post(), dims, y -> steps.add(new Step.Convolution(x, weights, window, y)));
    }

    boolean linear(Op.Linear op) {
      long out = node.input(1).shape().dim(0);
      long in = node.input(1).shape().dim(1);
      long rows = node.output().shape().elements() / out;
      int a = input(0, values, 1, rows, in);
      int b = add(new Tensor(Place.INPUT, 1, 0, 0, values, List.of(1L, in, out), List.of(in * out, 1L, in)));
      return finish(op.bias(), op.post(), new long[] {1, rows, out}, c -> steps.add(new Step.Product(a, b, c)));
    }

    boolean attention(Op.Attention op) {
      Shape dst = node.output().shape(); // (N, Lq, C)
      long channels = dst.dim(2);
      long size = channels / op.heads();
      if (values == DataType.F32 || arithmetic.scaled() || op.causal() || op.biased() || size % HEAD_MULTIPLE != 0) {
        return false;
      }
      boolean packed = op.packing() == Op.Packing.QKV;
      int keys = packed ? 0 : 1;
      long length = node.input(keys).shape().dim(1);
      long queryRow = packed ? 3 * channels : channels;
      long keyRow = packed ? 3 * channels : 2 * channels;
      long first = packed ? channels : 0;
      int q = heads(0, 0, op.heads(), dst.dim(1), size, queryRow);
      int k = heads(keys, first, op.heads(), length, size, keyRow);
      int v = heads(keys, first + channels, op.heads(), length, size, keyRow);
      int scale = number(op.scale(), 4);
      int o = add(heads(Place.RESULT, 0, 0, op.heads(), dst.dim(1), size, channels));
      steps.add(new Step.Attention(q, k, v, scale, o));
      return true;
    }

    private int heads(int input, long offset, long heads, long length, long size, long row) {
      return add(heads(Place.INPUT, input, offset, heads, length, size, row));
    }

    private Tensor heads(Place place, int input, long offset, long heads, long length, long size, long row) {
      return new Tensor(place, input, offset, 0, values, List.of(node.output().shape().dim(0), heads, length, size),
          List.of(length * row, size, row, 1L));
    }

    private interface Head {
      void into(int sums);
    }

    /** One of the steps that follow a layer's sums. */
    private record Post(Pointwise mode, int operand) {}

    /**
     * The layer's own step and those behind it, between two of which values are f32, or integers behind one of bytes.
     */
    private boolean finish(boolean bias, List<PostOp> ops, long[] dims, Head head) {
      List<Post> posts = new ArrayList<>();
      if (arithmetic.scaled()) {
        boolean picture = dims.length == 4;
        posts.add(new Post(Pointwise.MULTIPLY,
            picture ? scale(0, dims[0], 1, 1, 1) : scale(0, 1, dims[1], 1)));
        posts.add(new Post(Pointwise.MULTIPLY,
            picture ? scale(1, 1, dims[1], 1, 1) : scale(1, 1, 1, dims[2])));
      }
      if (bias) {
        posts.add(new Post(Pointwise.ADD, operand(2, dims)));
      }
      for (PostOp op : ops) {
        posts.add(switch (op) {
          case PostOp.Activate a -> new Post(mode(a.function()), NONE);
          case PostOp.Multiply by -> new Post(Pointwise.MULTIPLY, number(by.factor(), dims.length));
          case PostOp.AddInput add -> new Post(Pointwise.ADD, operand(add.input(), dims));
          case PostOp.MultiplyInput by -> new Post(Pointwise.MULTIPLY, operand(by.input(), dims));
          case PostOp.Prelu prelu -> new Post(null, NONE);
        });
        Post last = posts.getLast();
        if (last.mode == null || last.mode.operands() == 2 && last.operand == NONE) {
          return false;
        }
      }
      int from = posts.isEmpty() ? result(true, dims)
          : add(dense(Place.BETWEEN, NONE, arithmetic.sums(), dims));
      head.into(from);
      for (int i = 0; i < posts.size(); i++) {
        int to = result(i == posts.size() - 1, dims);
        steps.add(new Step.Each(posts.get(i).mode, from, posts.get(i).operand, to));
        from = to;
      }
      return true;
    }

    private static Pointwise mode(Activation function) {
      return switch (function) {
        case SILU -> Pointwise.SILU;
        case QUICK_GELU -> Pointwise.QUICK_GELU;
        case GELU -> Pointwise.GELU;
        case GELU_TANH -> Pointwise.GELU_TANH;
        case RELU -> Pointwise.RELU;
        case TANH -> Pointwise.TANH;
        case LEAKY_RELU -> null;
      };
    }

    /**
     * An input that is added to or multiplied with a result, repeated along extents of 1; {@link #NONE} where it cannot
     * be so.
     */
    private int operand(int input, long[] dims) {
      Shape shape = node.input(input).shape();
      boolean picture = dims.length == 4;
      long channels = picture ? dims[1] : dims[2];
      if (shape.elements() == node.output().shape().elements()) {
        return input(input, results, dims);
      }
      if (shape.elements() == channels) {
        return picture ? input(input, results, 1, channels, 1, 1) : input(input, results, 1, 1, channels);
      }
      if (!picture) {
        return NONE; // samples are not told apart there
      }
      return shape.dim(0) == 1 ? input(input, results, 1, channels, dims[2], dims[3])
          : input(input, results, dims[0], channels, 1, 1);
    }

    private int input(int input, DataType type, long... dims) {
      return add(dense(Place.INPUT, input, type, dims));
    }

    private int scale(int input, long... dims) {
      return add(dense(Place.SCALE, input, DataType.F32, dims));
    }

    private int result(boolean last, long[] dims) {
      return add(dense(last ? Place.RESULT : Place.BETWEEN, NONE, last ? results : DataType.F32, dims));
    }

    private int number(double value, int rank) {
      List<Long> ones = LongStream.range(0, rank).map(i -> 1).boxed().toList();
      return add(new Tensor(Place.NUMBER, NONE, 0, value, DataType.F32, ones, ones));
    }

    /** Without gaps, channels innermost. */
    private static Tensor dense(Place place, int input, DataType type, long... d) {
      List<Long> strides = d.length == 4 ? List.of(d[1] * d[2] * d[3], 1L, d[3] * d[1], d[1])
          : List.of(d[1] * d[2], d[2], 1L);
      return new Tensor(place, input, 0, 0, type, LongStream.of(d).boxed().toList(), strides);
    }

    private int add(Tensor tensor) {
      tensors.add(tensor);
      return tensors.size() - 1;
    }
  }
}
