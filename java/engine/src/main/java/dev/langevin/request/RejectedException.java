package dev.langevin.request;

/** A request came when too many were waiting; the message has their number. */
public final class RejectedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** In one sentence, with what to change. */
  public RejectedException(String message) {
    super(message);
  }
}
