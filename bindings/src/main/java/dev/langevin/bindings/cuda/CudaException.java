package dev.langevin.bindings.cuda;

import dev.langevin.bindings.NativeException;

/** A call of CUDA's driver failed. */
public final class CudaException extends NativeException {

  private static final long serialVersionUID = 1L;

  private final int status;

  CudaException(String message, int status) {
    super(message);
    this.status = status;
  }

  /** cuda.h's number of what went wrong. */
  public int status() {
    return status;
  }

  /** Whether the device's memory did not suffice: what was there before is as it was. */
  public boolean outOfMemory() {
    return status == Constant.ERROR_OUT_OF_MEMORY.value;
  }
}
