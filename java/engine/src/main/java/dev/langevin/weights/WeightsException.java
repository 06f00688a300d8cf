package dev.langevin.weights;

import dev.langevin.text.Printable;

/**
 * A weight file or model folder cannot be used; the message names file, what is wrong, the values and the remedy, on
 * one line and with control characters that a file holds made visible.
 */
public final class WeightsException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** In one sentence: which file and tensor are at fault and why; letters that cannot be printed are replaced. */
  public WeightsException(String message) {
    super(Printable.of(message));
  }

  /** In one sentence: which file and tensor are at fault and why; letters that cannot be printed are replaced. */
  public WeightsException(String message, Throwable cause) {
    super(Printable.of(message), cause);
  }
}
