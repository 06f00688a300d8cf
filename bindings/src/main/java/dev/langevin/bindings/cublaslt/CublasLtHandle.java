package dev.langevin.bindings.cublaslt;

import dev.langevin.bindings.LiveHandles.Kind;
import dev.langevin.bindings.NativeHandle;

/** cuBLASLt in the current context of the thread that creates it. */
public final class CublasLtHandle extends NativeHandle {

  private CublasLtHandle(long address) {
    super(address, Kind.CUBLASLT_HANDLE);
  }

  /** @throws dev.langevin.bindings.NativeException where there is no device */
  public static CublasLtHandle create() {
    return new CublasLtHandle(Function.CREATE.create(""));
  }

  @Override
  protected void destroy(long open) {
    Function.DESTROY.call("", open);
  }
}
