package dev.langevin.tensor;

/** Numbers became NaN or infinite on their way to a picture, which would be black: where, and what can be done. */
public final class NotFiniteException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** In one sentence, with what to change. */
  public NotFiniteException(String message) {
    super(message);
  }
}
