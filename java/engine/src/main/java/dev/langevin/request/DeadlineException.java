package dev.langevin.request;

/** A request's time passed before it ended. */
public final class DeadlineException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** In one sentence, with what to change. */
  public DeadlineException(String message) {
    super(message);
  }
}
