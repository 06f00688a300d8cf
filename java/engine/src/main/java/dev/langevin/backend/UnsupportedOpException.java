package dev.langevin.backend;

/** No implementation for a node; the message has the op, its shapes and what was tried. */
public final class UnsupportedOpException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /**
   * In one sentence: which node, with its shapes and dtypes, has no implementation; the cause is what a library said,
   * or null.
   */
  public UnsupportedOpException(String message, Throwable cause) {
    super(message, cause);
  }
}
