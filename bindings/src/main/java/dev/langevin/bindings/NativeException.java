package dev.langevin.bindings;

/** A native call failed. The message carries the call, its arguments, the status and the library's own text. */
public class NativeException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public NativeException(String message) {
    super(message);
  }

  public NativeException(String message, Throwable cause) {
    super(message, cause);
  }
}
