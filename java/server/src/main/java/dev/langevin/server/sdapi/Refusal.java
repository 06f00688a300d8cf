package dev.langevin.server.sdapi;

import dev.langevin.server.Fault;

/** How a field's value is refused: one sentence with the value and a remedy, under the status that FastAPI gives it. */
final class Refusal {

  /** A well-formed request that asks for what cannot be. */
  static final int UNPROCESSABLE = 422;

  private Refusal() {}

  static Fault of(String message) {
    return new Fault(UNPROCESSABLE, "invalid_value", message);
  }
}
