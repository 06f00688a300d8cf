package dev.langevin.policy;

/** What is done with what cannot be honoured. What would change the result is never dropped in silence. */
public enum Policy {

  /** Refuses what would change the result, and leftovers too. */
  STRICT,

  /** Refuses what would change the result, warns of leftovers. */
  USUAL,

  /** Warns of both and goes on without them. */
  LENIENT
}
