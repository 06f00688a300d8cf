package dev.langevin.policy;

/** Something that was brought cannot be honoured; the message names it, its value and the remedy. */
public final class RefusedException extends IllegalArgumentException {

  private static final long serialVersionUID = 1L;

  /** In one sentence, with what to change. */
  public RefusedException(String message) {
    super(message);
  }
}
