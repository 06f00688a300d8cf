package dev.langevin.bindings.onednn;

import dev.langevin.bindings.LiveHandles.Kind;
import java.lang.foreign.Arena;
import java.util.Arrays;

/**
 * How a primitive computes beside what it computes: post-ops, applied in order, factors of quantised arguments, arithmetic,
 * and where its scratch memory lies. Without further calls: none, strict f32, and scratch memory that the caller provides.
 */
public final class PrimitiveAttr extends Handle {

  private static final class PostOps extends Handle {
    PostOps() {
      super(create(Function.POST_OPS_CREATE, ""), Kind.POST_OPS, Function.POST_OPS_DESTROY);
    }
  }

  private final PostOps postOps;

  public PrimitiveAttr() {
    super(create(Function.ATTR_CREATE, ""), Kind.PRIMITIVE_ATTR, Function.ATTR_DESTROY);
    Function.ATTR_SET_SCRATCHPAD_MODE.call("user", address(), Constant.SCRATCHPAD_USER.value);
    postOps = new PostOps();
  }

  public PrimitiveAttr eltwise(Eltwise algorithm, float alpha, float beta) {
    Function.POST_OPS_ELTWISE.call(algorithm + ", " + alpha + ", " + beta, postOps(), algorithm.value, alpha, beta);
    return set();
  }

  /** The result so far and {@code src1}, which is passed as {@link Primitive#postOpOperand}. */
  public PrimitiveAttr binary(BinaryOp algorithm, MemoryDesc src1) {
    Function.POST_OPS_BINARY.call(algorithm + ", " + src1, postOps(), algorithm.value, src1.address());
    return set();
  }

  /** Adds {@code scale} times what the destination held before. */
  public PrimitiveAttr sum(float scale) {
    Function.POST_OPS_SUM.call(Float.toString(scale), postOps(), scale, 0, Constant.UNDEFINED_TYPE.value);
    return set();
  }

  private long postOps() {
    address(); // throws if closed
    return postOps.address();
  }

  private PrimitiveAttr set() {
    Function.ATTR_SET_POST_OPS.call("", address(), postOps()); // copies
    return this;
  }

  /**
   * The argument's values are multiplied by f32 factors (the destination's are divided by them), which are passed as {@link
   * Primitive#scalesOf}.
   *
   * @param mask bit i is set if there is a factor for each index along axis i; 0 for a single factor
   */
  public PrimitiveAttr scales(int argument, int mask) {
    return scales(argument, mask, new long[0], DataType.F32);
  }

  /**
   * As {@link #scales(int, int)}, with one factor for each block of {@code groups[0]} by {@code groups[1]} elements of the
   * last two axes.
   */
  public PrimitiveAttr scales(int argument, int mask, long[] groups, DataType type) {
    return factors(Function.ATTR_SET_SCALES, argument, mask, groups, type);
  }

  /** From the argument's values s32 numbers are subtracted before its scale, passed as {@link Primitive#zeroPointsOf}. */
  public PrimitiveAttr zeroPoints(int argument, int mask) {
    return zeroPoints(argument, mask, new long[0], DataType.S32);
  }

  /** As {@link #zeroPoints(int, int)}, by blocks as {@link #scales(int, int, long[], DataType)}. */
  public PrimitiveAttr zeroPoints(int argument, int mask, long[] groups, DataType type) {
    return factors(Function.ATTR_SET_ZERO_POINTS, argument, mask, groups, type);
  }

  private PrimitiveAttr factors(Function function, int argument, int mask, long[] groups, DataType type) {
    try (Arena arena = Arena.ofConfined()) {
      function.call("argument " + argument + ", mask " + mask + ", groups " + Arrays.toString(groups) + ", " + type,
          address(), argument, mask, groups.length, MemoryDesc.dims(arena, groups).address(), type.value);
    }
    return this;
  }

  /** Lets f32 values be rounded; with {@code integers} also those that integer weights are unpacked to. */
  public PrimitiveAttr fpMath(FpMath mode, boolean integers) {
    Function.ATTR_SET_FPMATH_MODE.call(mode + ", " + integers, address(), mode.value, integers ? 1 : 0);
    return this;
  }

  /** Asks for an implementation whose results are equal from run to run. */
  public PrimitiveAttr deterministic() {
    Function.ATTR_SET_DETERMINISTIC.call("1", address(), 1);
    return this;
  }

  /** Lets oneDNN allocate scratch memory itself, in each primitive. */
  public PrimitiveAttr ownScratchpad() {
    Function.ATTR_SET_SCRATCHPAD_MODE.call("library", address(), Constant.SCRATCHPAD_LIBRARY.value);
    return this;
  }

  @Override
  public void close() {
    try {
      postOps.close();
    } finally {
      super.close();
    }
  }
}
