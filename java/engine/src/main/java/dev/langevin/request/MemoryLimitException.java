package dev.langevin.request;

/** A request takes more memory than the model was given; the message has the figures. */
public final class MemoryLimitException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public MemoryLimitException(String message) {
    super(message);
  }
}
