package dev.langevin.bindings.onednn;

/** Post-ops, applied in order, and a scratchpad that the caller provides. */
public final class PrimitiveAttr extends Handle {

  private static final int SCRATCHPAD_USER = 1;

  private final long postOps;
  private boolean closed;

  public PrimitiveAttr() {
    super(create(Function.ATTR_CREATE, ""), Function.ATTR_DESTROY);
    Function.ATTR_SET_SCRATCHPAD_MODE.call("user", address(), SCRATCHPAD_USER);
    postOps = create(Function.POST_OPS_CREATE, "");
  }

  public PrimitiveAttr eltwise(Eltwise algorithm, float alpha, float beta) {
    Function.POST_OPS_ELTWISE.call(algorithm + ", " + alpha + ", " + beta, postOps, algorithm.value, alpha, beta);
    return set();
  }

  public PrimitiveAttr binary(BinaryOp algorithm, MemoryDesc src1) {
    Function.POST_OPS_BINARY.call(algorithm + ", " + src1, postOps, algorithm.value, src1.address());
    return set();
  }

  private PrimitiveAttr set() {
    Function.ATTR_SET_POST_OPS.call("", address(), postOps); // copies
    return this;
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      Function.POST_OPS_DESTROY.call("", postOps);
    }
    super.close();
  }
}
