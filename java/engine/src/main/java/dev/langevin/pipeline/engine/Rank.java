package dev.langevin.pipeline.engine;

/** What decides who is next, at one moment. */
record Rank(long number, boolean starving, boolean pressed, long left, long remaining) {

  /** Nobody starves: see {@link Turns}. */
  static final int PATIENCE = 4;

  static Rank of(Ticket ticket, long now) {
    long remaining = ticket.remaining();
    long lone = ticket.served + remaining;
    boolean dated = ticket.token.hasDeadline();
    long left = dated ? ticket.token.left() : Long.MAX_VALUE;
    // A deadline presses that is near, and can still be met.
    return new Rank(ticket.number, lone > 0 && ticket.waited(now) > PATIENCE * lone,
        dated && left >= remaining && left < 2 * remaining, left, remaining);
  }

  boolean before(Rank other) {
    if (starving != other.starving) {
      return starving;
    }
    if (starving) {
      return number < other.number;
    }
    if (pressed != other.pressed) {
      return pressed;
    }
    if (pressed && left != other.left) {
      return left < other.left;
    }
    return remaining != other.remaining ? remaining < other.remaining : number < other.number;
  }
}
