package dev.langevin.bindings.onednn;

import dev.langevin.bindings.LiveHandles.Kind;

/**
 * How a primitive computes beside what it computes: post-ops, applied in order; none without further calls. Scratch
 * memory is the caller's.
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

  /** x above 0, and below a slope times it; slopes differ along the axes of which {@code mask} has a bit. */
  public PrimitiveAttr prelu(int mask) {
    Function.POST_OPS_PRELU.call("mask " + mask, postOps(), mask);
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

  @Override
  public void close() {
    try {
      postOps.close();
    } finally {
      super.close();
    }
  }
}
