package dev.langevin.weights;

/** A weight file or model folder cannot be used; the message names file, what is wrong, the values and the remedy. */
public final class WeightsException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public WeightsException(String message) {
    super(message);
  }

  public WeightsException(String message, Throwable cause) {
    super(message, cause);
  }
}
