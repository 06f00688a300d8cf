package dev.langevin.plan;

/** A graph cannot be planned: a weight that does not fit, or memory that does not suffice. Names what and how much. */
public final class PlanException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** In one sentence: which weight, value or size is at fault, and what was expected. */
  public PlanException(String message) {
    super(message);
  }
}
