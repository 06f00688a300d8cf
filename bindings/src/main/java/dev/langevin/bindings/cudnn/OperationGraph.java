package dev.langevin.bindings.cudnn;

import java.util.ArrayList;
import java.util.List;

/**
 * Operations that one kernel computes: a convolution, a matrix product or attention, and what is done to its result
 * element by element. Sums are kept in f32 (of bytes in 32-bit integers), and so are values between operations.
 *
 * <p>
 * Source: NVIDIA, cuDNN documentation, "Graph API". One thread at a time; owns its descriptors until {@link #close}.
 */
public final class OperationGraph implements AutoCloseable {

  private static final long ALIGNMENT = 16;
  private static final float QUICK_GELU_FACTOR = 1.702f;

  private final List<Descriptor> owned = new ArrayList<>();
  private final List<Descriptor> operations = new ArrayList<>();
  private long ids;
  private Descriptor graph;

  public OperationGraph() {}

  /**
   * A value in memory.
   *
   * @param dimensions of a picture (n, channels, height, width), of matrices (batch, rows, columns), of attention
   *   (batch, heads, length, head size)
   * @param strides in elements, in the order of the dimensions
   */
  public GraphTensor tensor(DataType type, long[] dimensions, long[] strides) {
    return tensor(type, dimensions, strides, false);
  }

  /** A picture in memory, its channels innermost. */
  public GraphTensor picture(DataType type, long n, long channels, long height, long width) {
    return tensor(type, new long[] {n, channels, height, width}, channelsLast(channels, height, width));
  }

  private static long[] channelsLast(long channels, long height, long width) {
    return new long[] {height * width * channels, 1, width * channels, channels};
  }

  /** A value between operations, which no memory holds. */
  private GraphTensor between(DataType type, GraphTensor like, boolean picture) {
    long[] d = like.dimensions();
    long[] strides = picture ? channelsLast(d[1], d[2], d[3]) : new long[] {d[1] * d[2], d[2], 1};
    return tensor(type, d, strides, true);
  }

  private GraphTensor tensor(DataType type, long[] dimensions, long[] strides, boolean virtual) {
    long id = ++ids;
    Descriptor made = own(Constant.TENSOR_DESCRIPTOR).set(Constant.TENSOR_DATA_TYPE, type)
        .set(Constant.TENSOR_DIMENSIONS, dimensions).set(Constant.TENSOR_STRIDES, strides)
        .set(Constant.TENSOR_UNIQUE_ID, id).set(Constant.TENSOR_BYTE_ALIGNMENT, ALIGNMENT);
    if (virtual) {
      made.set(Constant.TENSOR_IS_VIRTUAL, true);
    }
    return new GraphTensor(made.finish(), id, dimensions.clone());
  }

  /** How a convolution moves over its picture. */
  public record Window(long stride, long padTop, long padLeft, long padBottom, long padRight) {}

  /**
   * y = x * weights.
   *
   * @param weights (outputs, inputs, height, width)
   * @param y its last tensor in memory, or one of {@link #sums} where more follows
   */
  public OperationGraph convolution(GraphTensor x, GraphTensor weights, Window window, DataType sums, GraphTensor y) {
    Descriptor convolution = own(Constant.CONVOLUTION_DESCRIPTOR).set(Constant.CONVOLUTION_SPATIAL_DIMS, 2)
        .set(Constant.CONVOLUTION_COMP_TYPE, sums)
        .set(Constant.CONVOLUTION_CONV_MODE, Constant.TYPE_CONVOLUTION_MODE, Constant.CROSS_CORRELATION)
        .set(Constant.CONVOLUTION_PRE_PADDINGS, window.padTop, window.padLeft)
        .set(Constant.CONVOLUTION_POST_PADDINGS, window.padBottom, window.padRight)
        .set(Constant.CONVOLUTION_DILATIONS, 1, 1)
        .set(Constant.CONVOLUTION_FILTER_STRIDES, window.stride, window.stride).finish();
    operations.add(own(Constant.OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR)
        .set(Constant.OPERATION_CONVOLUTION_FORWARD_CONV_DESC, convolution)
        .set(Constant.OPERATION_CONVOLUTION_FORWARD_X, x.descriptor)
        .set(Constant.OPERATION_CONVOLUTION_FORWARD_W, weights.descriptor)
        .set(Constant.OPERATION_CONVOLUTION_FORWARD_Y, y.descriptor)
        .real(Constant.OPERATION_CONVOLUTION_FORWARD_ALPHA, 1f)
        .real(Constant.OPERATION_CONVOLUTION_FORWARD_BETA, 0f).finish());
    return this;
  }

  /** The sums of a convolution or a matrix product of {@code y}'s shape, for a pointwise operation to read. */
  public GraphTensor sums(DataType type, GraphTensor y) {
    return between(type, y, y.dimensions().length == 4);
  }

  /**
   * c = a b.
   *
   * @param c its last tensor in memory, or one of {@link #sums} where more follows
   */
  public OperationGraph matmul(GraphTensor a, GraphTensor b, DataType sums, GraphTensor c) {
    Descriptor matmul = own(Constant.MATMUL_DESCRIPTOR).set(Constant.MATMUL_COMP_TYPE, sums).finish();
    operations.add(own(Constant.OPERATION_MATMUL_DESCRIPTOR).set(Constant.OPERATION_MATMUL_DESC, matmul)
        .set(Constant.OPERATION_MATMUL_ADESC, a.descriptor).set(Constant.OPERATION_MATMUL_BDESC, b.descriptor)
        .set(Constant.OPERATION_MATMUL_CDESC, c.descriptor).finish());
    return this;
  }

  /**
   * y = mode(x, b), element by element; {@code b} is null for modes of one value, and is repeated along dimensions of
   * 1.
   */
  public OperationGraph pointwise(Pointwise mode, GraphTensor x, GraphTensor b, GraphTensor y) {
    Descriptor pointwise = own(Constant.POINTWISE_DESCRIPTOR)
        .set(Constant.POINTWISE_MODE, Constant.TYPE_POINTWISE_MODE, mode.constant)
        .set(Constant.POINTWISE_MATH_PREC, DataType.F32);
    if (mode == Pointwise.QUICK_GELU) {
      pointwise.real(Constant.POINTWISE_SWISH_BETA, QUICK_GELU_FACTOR);
    }
    pointwise.finish();
    Descriptor operation = own(Constant.OPERATION_POINTWISE_DESCRIPTOR)
        .set(Constant.OPERATION_POINTWISE_PW_DESCRIPTOR, pointwise)
        .set(Constant.OPERATION_POINTWISE_XDESC, x.descriptor).set(Constant.OPERATION_POINTWISE_YDESC, y.descriptor);
    if (b != null) {
      operation.set(Constant.OPERATION_POINTWISE_BDESC, b.descriptor);
    }
    operations.add(operation.finish());
    return this;
  }

  /**
   * o = softmax(scale q k^T) v.
   *
   * @param scale of one f32 element, (1, 1, 1, 1)
   */
  public OperationGraph attention(GraphTensor q, GraphTensor k, GraphTensor v, GraphTensor scale, GraphTensor o) {
    operations.add(own(Constant.OPERATION_SDPA_FWD_DESCRIPTOR)
        .set(Constant.OPERATION_SDPA_FWD_QDESC, q.descriptor).set(Constant.OPERATION_SDPA_FWD_KDESC, k.descriptor)
        .set(Constant.OPERATION_SDPA_FWD_VDESC, v.descriptor).set(Constant.OPERATION_SDPA_FWD_ODESC, o.descriptor)
        .set(Constant.OPERATION_SDPA_FWD_SCALEDESC, scale.descriptor).finish());
    return this;
  }

  /** The graph of the operations so far; none may be added afterwards. */
  Descriptor finished() {
    if (graph == null) {
      graph = own(Constant.OPERATIONGRAPH_DESCRIPTOR)
          .set(Constant.OPERATIONGRAPH_OPS, operations.toArray(Descriptor[]::new)).finish();
    }
    return graph;
  }

  private Descriptor own(Constant type) {
    Descriptor made = new Descriptor(type);
    owned.add(made);
    return made;
  }

  @Override
  public void close() {
    owned.reversed().forEach(Descriptor::close);
    owned.clear();
  }
}
