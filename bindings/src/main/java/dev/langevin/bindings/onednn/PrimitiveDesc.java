package dev.langevin.bindings.onednn;

import dev.langevin.bindings.LiveHandles.Kind;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * A chosen implementation of an operation: what it is and how it wants its memory. Forward operations are those of
 * inference; those of training compute the same. A factory throws a {@link dev.langevin.bindings.NativeException} with
 * the descriptors if they disagree or if there is no implementation.
 */
public final class PrimitiveDesc extends Handle {

  private static final int INFERENCE = Constant.FORWARD_INFERENCE.value;

  private PrimitiveDesc(long address) {
    super(address, Kind.PRIMITIVE_DESC, Function.PRIMITIVE_DESC_DESTROY);
  }

  /** Direct convolution. {@code bias} may be null; padding is {top, left}, {bottom, right}. */
  public static PrimitiveDesc convolution(Engine engine, MemoryDesc src, MemoryDesc weights, MemoryDesc bias,
      MemoryDesc dst, long stride, long[] paddingBegin, long[] paddingEnd, PrimitiveAttr attr) {
    try (Arena arena = Arena.ofConfined()) {
      String what = "src=" + src + ", weights=" + weights + ", dst=" + dst + ", stride=" + stride + ", padding="
          + Arrays.toString(paddingBegin) + Arrays.toString(paddingEnd);
      return new PrimitiveDesc(create(Function.CONVOLUTION, what, engine.address(), INFERENCE,
          Constant.CONVOLUTION_DIRECT.value, src.address(), weights.address(), orNull(bias), dst.address(),
          MemoryDesc.dims(arena, stride, stride).address(), MemoryDesc.dims(arena, 0, 0).address(),
          MemoryDesc.dims(arena, paddingBegin).address(), MemoryDesc.dims(arena, paddingEnd).address(),
          attr.address()));
    }
  }

  /** The gradient by a direct convolution's source; the descriptors' data are the gradients, but for the weights. */
  public static PrimitiveDesc convolutionSource(Engine engine, MemoryDesc src, MemoryDesc weights, MemoryDesc dst,
      long stride,
      long[] paddingBegin, long[] paddingEnd, PrimitiveAttr attr) {
    return convolutionGradient(Function.CONVOLUTION_SOURCE, engine, src, weights, null, dst, stride, paddingBegin,
        paddingEnd, attr);
  }

  /** The gradients by a direct convolution's weights and {@code bias}, which may be null. */
  public static PrimitiveDesc convolutionWeights(Engine engine, MemoryDesc src, MemoryDesc weights, MemoryDesc bias,
      MemoryDesc dst,
      long stride, long[] paddingBegin, long[] paddingEnd, PrimitiveAttr attr) {
    return convolutionGradient(Function.CONVOLUTION_WEIGHTS, engine, src, weights, bias, dst, stride, paddingBegin,
        paddingEnd, attr);
  }

  /** oneDNN asks for the descriptor of the forward operation too. */
  private static PrimitiveDesc convolutionGradient(Function function, Engine engine, MemoryDesc src, MemoryDesc weights,
      MemoryDesc bias, MemoryDesc dst, long stride, long[] paddingBegin, long[] paddingEnd, PrimitiveAttr attr) {
    try (Arena arena = Arena.ofConfined()) {
      String what = "src=" + src + ", weights=" + weights + ", dst=" + dst + ", stride=" + stride + ", padding="
          + Arrays.toString(paddingBegin) + Arrays.toString(paddingEnd);
      int direct = Constant.CONVOLUTION_DIRECT.value;
      long strides = MemoryDesc.dims(arena, stride, stride).address();
      long dilation = MemoryDesc.dims(arena, 0, 0).address();
      long begin = MemoryDesc.dims(arena, paddingBegin).address();
      long end = MemoryDesc.dims(arena, paddingEnd).address();
      try (PrimitiveDesc forward = new PrimitiveDesc(create(Function.CONVOLUTION, what, engine.address(),
          Constant.FORWARD_TRAINING.value, direct, src.address(), weights.address(), orNull(bias), dst.address(),
          strides,
          dilation, begin, end, attr.address()))) {
        return new PrimitiveDesc(function == Function.CONVOLUTION_SOURCE
            ? create(function, what, engine.address(), direct, src.address(), weights.address(), dst.address(), strides,
                dilation,
                begin, end, forward.address(), attr.address())
            : create(function, what, engine.address(), direct, src.address(), weights.address(), orNull(bias),
                dst.address(),
                strides, dilation, begin, end, forward.address(), attr.address()));
      }
    }
  }

  /** src (..., M, K) by weights (..., K, N). {@code bias} may be null. */
  public static PrimitiveDesc matmul(
      Engine engine, MemoryDesc src, MemoryDesc weights, MemoryDesc bias, MemoryDesc dst, PrimitiveAttr attr) {
    return new PrimitiveDesc(create(Function.MATMUL, "src=" + src + ", weights=" + weights + ", dst=" + dst,
        engine.address(), src.address(), weights.address(), orNull(bias), dst.address(), attr.address()));
  }

  public static PrimitiveDesc eltwise(
      Engine engine, Eltwise algorithm, float alpha, float beta, MemoryDesc src, PrimitiveAttr attr) {
    return new PrimitiveDesc(create(Function.ELTWISE, algorithm + ", src=" + src, engine.address(), INFERENCE,
        algorithm.value, src.address(), src.address(), alpha, beta, attr.address()));
  }

  /** x above 0, and below a slope times it; {@code slopes} have the extents of {@code src}, or 1 where repeated. */
  public static PrimitiveDesc prelu(Engine engine, MemoryDesc src, MemoryDesc slopes, PrimitiveAttr attr) {
    return new PrimitiveDesc(create(Function.PRELU, src + ", slopes=" + slopes, engine.address(), INFERENCE,
        src.address(), slopes.address(), src.address(), attr.address()));
  }

  /** The gradient by an elementwise function's source, which it reads. */
  public static PrimitiveDesc eltwiseSource(
      Engine engine, Eltwise algorithm, float alpha, float beta, MemoryDesc src, PrimitiveAttr attr) {
    try (PrimitiveDesc forward = new PrimitiveDesc(create(Function.ELTWISE, algorithm + ", src=" + src,
        engine.address(),
        Constant.FORWARD_TRAINING.value, algorithm.value, src.address(), src.address(), alpha, beta, attr.address()))) {
      return new PrimitiveDesc(
          create(Function.ELTWISE_SOURCE, algorithm + ", src=" + src, engine.address(), algorithm.value,
              src.address(), src.address(), src.address(), alpha, beta, forward.address(), attr.address()));
    }
  }

  /** {@code src1} has the extents of {@code src0}, or 1 where it is repeated. */
  public static PrimitiveDesc binary(
      Engine engine, BinaryOp algorithm, MemoryDesc src0, MemoryDesc src1, MemoryDesc dst, PrimitiveAttr attr) {
    return new PrimitiveDesc(create(Function.BINARY, algorithm + ", " + src0 + ", " + src1, engine.address(),
        algorithm.value, src0.address(), src1.address(), dst.address(), attr.address()));
  }

  /** Copies and changes the layout or the type. */
  public static PrimitiveDesc reorder(Engine engine, MemoryDesc src, MemoryDesc dst, PrimitiveAttr attr) {
    return new PrimitiveDesc(
        create(Function.REORDER, src + " to " + dst, src.address(), engine.address(), dst.address(),
            engine.address(), attr.address()));
  }

  public static PrimitiveDesc concat(
      Engine engine, int axis, MemoryDesc src0, MemoryDesc src1, MemoryDesc dst, PrimitiveAttr attr) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment sources = MemoryDesc.dims(arena, src0.address(), src1.address());
      return new PrimitiveDesc(create(Function.CONCAT, src0 + ", " + src1, engine.address(), dst.address(), 2, axis,
          sources.address(), attr.address()));
    }
  }

  /** Nearest-neighbour; the factor follows from the extents. */
  public static PrimitiveDesc upsampleNearest(Engine engine, MemoryDesc src, MemoryDesc dst, PrimitiveAttr attr) {
    return new PrimitiveDesc(create(Function.RESAMPLING, src + " to " + dst, engine.address(), INFERENCE,
        Constant.RESAMPLING_NEAREST.value, 0L, src.address(), dst.address(), attr.address()));
  }

  /** Mean of windows of {@code size} by {@code size}, that far apart. */
  public static PrimitiveDesc averagePool(
      Engine engine, long size, MemoryDesc src, MemoryDesc dst, PrimitiveAttr attr) {
    try (Arena arena = Arena.ofConfined()) {
      long window = MemoryDesc.dims(arena, size, size).address();
      long none = MemoryDesc.dims(arena, 0, 0).address();
      return new PrimitiveDesc(create(Function.POOLING, src + " to " + dst + ", window " + size, engine.address(),
          INFERENCE, Constant.POOLING_AVG_EXCLUDE_PADDING.value, src.address(), dst.address(), window, window, none,
          none, none, attr.address()));
    }
  }

  private static long orNull(MemoryDesc desc) {
    return desc == null ? 0 : desc.address();
  }

  /** The layout that the weights must have. */
  public MemoryDesc weightsDesc() {
    return MemoryDesc.copyOf(memoryDesc(Constant.QUERY_WEIGHTS));
  }

  /** The layout in which the gradient by the weights comes. */
  public MemoryDesc weightsGradientDesc() {
    return MemoryDesc.copyOf(memoryDesc(Constant.QUERY_DIFF_WEIGHTS));
  }

  /** Bytes of scratch memory that an execution needs. */
  public long scratchpadSize() {
    return Function.DESC_SIZE.value(memoryDesc(Constant.QUERY_SCRATCHPAD));
  }

  MemoryDesc scratchpadDesc() {
    return MemoryDesc.copyOf(memoryDesc(Constant.QUERY_SCRATCHPAD));
  }

  /** A layout that this descriptor owns. */
  private long memoryDesc(Constant what) {
    return Function.PRIMITIVE_DESC_QUERY_MD.value(address(), what.value, 0);
  }

  /** oneDNN's name of the implementation, such as {@code brgconv:avx512_core}. */
  @SuppressWarnings("restricted")
  public String implementation() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(ValueLayout.JAVA_LONG);
      Function.PRIMITIVE_DESC_QUERY.call("impl_info", address(), Constant.QUERY_IMPL_INFO.value, 0, out.address());
      return MemorySegment.ofAddress(out.get(ValueLayout.JAVA_LONG, 0)).reinterpret(256).getString(0);
    }
  }
}
