package dev.langevin.training;

/** A run cannot begin or cannot go on; the message has the step, the values and the remedy. */
public final class TrainingException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** In one sentence: what is wrong with the run or its settings, with the values and the remedy. */
  public TrainingException(String message) {
    super(message);
  }

  /** In one sentence: what is wrong with the run or its settings, with the values and the remedy. */
  public TrainingException(String message, Throwable cause) {
    super(message, cause);
  }
}
