package dev.langevin.request;

/** A request takes more memory than the model was given, or than the machine has; the message has the figures. */
public final class MemoryLimitException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** In one sentence, with what to change. */
  public MemoryLimitException(String message) {
    super(message);
  }

  /** Likewise, of what was tried. */
  public MemoryLimitException(String message, Throwable cause) {
    super(message, cause);
  }
}
