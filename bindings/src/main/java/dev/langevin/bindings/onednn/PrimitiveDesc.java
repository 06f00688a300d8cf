package dev.langevin.bindings.onednn;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/** A chosen implementation of an operation: what it is and how it wants its memory. All for inference. */
public final class PrimitiveDesc extends Handle {

  private static final int FORWARD_INFERENCE = 96;
  private static final int CONVOLUTION_DIRECT = 1;
  private static final int RESAMPLING_NEAREST = 0x2fff0;
  private static final int POOLING_AVG_EXCLUDE_PADDING = 0x3ff;
  private static final int SOFTMAX_ACCURATE = 0x30000;
  private static final int USE_SCALE = 2;
  private static final int USE_SHIFT = 4;
  private static final int QUERY_IMPL_INFO = 8;
  private static final int QUERY_WEIGHTS = 131;
  private static final int QUERY_SCRATCHPAD = 136;

  private PrimitiveDesc(long address) {
    super(address, Function.PRIMITIVE_DESC_DESTROY);
  }

  /** Direct convolution. {@code bias} may be null; padding is {top, left}, {bottom, right}. */
  public static PrimitiveDesc convolution(Engine engine, MemoryDesc src, MemoryDesc weights, MemoryDesc bias,
      MemoryDesc dst, long stride, long[] paddingBegin, long[] paddingEnd, PrimitiveAttr attr) {
    try (Arena arena = Arena.ofConfined()) {
      return new PrimitiveDesc(create(Function.CONVOLUTION,
          "src=" + src + ", weights=" + weights + ", dst=" + dst + ", stride=" + stride + ", padding="
              + Arrays.toString(paddingBegin) + Arrays.toString(paddingEnd),
          engine.address(), FORWARD_INFERENCE, CONVOLUTION_DIRECT, src.address(), weights.address(), orNull(bias),
          dst.address(), MemoryDesc.dims(arena, stride, stride).address(), MemoryDesc.dims(arena, 0, 0).address(),
          MemoryDesc.dims(arena, paddingBegin).address(), MemoryDesc.dims(arena, paddingEnd).address(), attr.address()));
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
    return new PrimitiveDesc(create(Function.ELTWISE, algorithm + ", src=" + src, engine.address(), FORWARD_INFERENCE,
        algorithm.value, src.address(), src.address(), alpha, beta, attr.address()));
  }

  /** {@code src1} has the extents of {@code src0}, or 1 where it is repeated. */
  public static PrimitiveDesc binary(
      Engine engine, BinaryOp algorithm, MemoryDesc src0, MemoryDesc src1, MemoryDesc dst, PrimitiveAttr attr) {
    return new PrimitiveDesc(create(Function.BINARY, algorithm + ", " + src0 + ", " + src1, engine.address(),
        algorithm.value, src0.address(), src1.address(), dst.address(), attr.address()));
  }

  /** Copies and changes the layout. */
  public static PrimitiveDesc reorder(Engine engine, MemoryDesc src, MemoryDesc dst, PrimitiveAttr attr) {
    return new PrimitiveDesc(create(Function.REORDER, src + " to " + dst, src.address(), engine.address(), dst.address(),
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
    return new PrimitiveDesc(create(Function.RESAMPLING, src + " to " + dst, engine.address(), FORWARD_INFERENCE,
        RESAMPLING_NEAREST, 0L, src.address(), dst.address(), attr.address()));
  }

  /** Mean of windows of {@code size} by {@code size}, that far apart. */
  public static PrimitiveDesc averagePool(
      Engine engine, long size, MemoryDesc src, MemoryDesc dst, PrimitiveAttr attr) {
    try (Arena arena = Arena.ofConfined()) {
      long window = MemoryDesc.dims(arena, size, size).address();
      long zero = MemoryDesc.dims(arena, 0, 0).address();
      return new PrimitiveDesc(create(Function.POOLING, src + " to " + dst + ", window " + size, engine.address(),
          FORWARD_INFERENCE, POOLING_AVG_EXCLUDE_PADDING, src.address(), dst.address(), window, window, zero, zero, zero,
          attr.address()));
    }
  }

  public static PrimitiveDesc softmax(Engine engine, int axis, MemoryDesc src, MemoryDesc dst, PrimitiveAttr attr) {
    return new PrimitiveDesc(create(Function.SOFTMAX, src + ", axis " + axis, engine.address(), FORWARD_INFERENCE,
        SOFTMAX_ACCURATE, src.address(), dst.address(), axis, attr.address()));
  }

  /** With scale and shift. */
  public static PrimitiveDesc groupNorm(
      Engine engine, long groups, float epsilon, MemoryDesc src, MemoryDesc dst, PrimitiveAttr attr) {
    return new PrimitiveDesc(create(Function.GROUP_NORM, src + ", groups " + groups, engine.address(), FORWARD_INFERENCE,
        src.address(), dst.address(), groups, epsilon, USE_SCALE | USE_SHIFT, attr.address()));
  }

  /** Over the last axis, with scale and shift. */
  public static PrimitiveDesc layerNorm(
      Engine engine, float epsilon, MemoryDesc src, MemoryDesc dst, PrimitiveAttr attr) {
    return new PrimitiveDesc(create(Function.LAYER_NORM, src.toString(), engine.address(), FORWARD_INFERENCE,
        src.address(), dst.address(), 0L, epsilon, USE_SCALE | USE_SHIFT, attr.address()));
  }

  private static long orNull(MemoryDesc desc) {
    return desc == null ? 0 : desc.address();
  }

  /** The layout that the weights must have. */
  public MemoryDesc weightsDesc() {
    return MemoryDesc.copyOf(Function.PRIMITIVE_DESC_QUERY_MD.value(address(), QUERY_WEIGHTS, 0));
  }

  /** Bytes of scratch memory that an execution needs. */
  public long scratchpadSize() {
    return Function.DESC_SIZE.value(Function.PRIMITIVE_DESC_QUERY_MD.value(address(), QUERY_SCRATCHPAD, 0));
  }

  MemoryDesc scratchpadDesc() {
    return MemoryDesc.copyOf(Function.PRIMITIVE_DESC_QUERY_MD.value(address(), QUERY_SCRATCHPAD, 0));
  }

  /** oneDNN's name of the implementation, such as {@code brgconv:avx512_core}. */
  @SuppressWarnings("restricted")
  public String implementation() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(ValueLayout.JAVA_LONG);
      Function.PRIMITIVE_DESC_QUERY.call("impl_info", address(), QUERY_IMPL_INFO, 0, out.address());
      return MemorySegment.ofAddress(out.get(ValueLayout.JAVA_LONG, 0)).reinterpret(256).getString(0);
    }
  }
}
