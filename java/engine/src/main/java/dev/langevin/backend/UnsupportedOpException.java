package dev.langevin.backend;

/** No implementation for a node; the message has the op, its shapes and what was tried. */
public final class UnsupportedOpException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** @param message which node, with its shapes and dtypes, the backend has no implementation of */
  public UnsupportedOpException(String message, Throwable cause) {
    super(message, cause);
  }
}
