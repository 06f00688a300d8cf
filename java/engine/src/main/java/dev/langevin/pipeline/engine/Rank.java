package dev.langevin.pipeline.engine;

import java.util.List;

/** What decides who is next, at one moment. */
record Rank(Ticket ticket, boolean starving, boolean pressed, long left, long remaining) {

  /** Nobody starves: see {@link Turns}. */
  static final int PATIENCE = 4;

  static Rank of(Ticket ticket, long now) {
    long remaining = ticket.remaining();
    long lone = ticket.served(now) + remaining;
    boolean dated = ticket.token.hasDeadline();
    long left = dated ? ticket.token.left() : Long.MAX_VALUE;
    // A deadline presses that is near, and can still be met.
    return new Rank(ticket, lone > 0 && ticket.waited(now) > PATIENCE * lone,
        dated && left >= remaining && left < 2 * remaining, left, remaining);
  }

  /**
   * The first of some, or null of none. Where somebody starves, those that came after it do not count; those before it
   * do, since of equal ones in their order most wait long and none is overtaken.
   */
  static Ticket first(List<Rank> ranks) {
    long last = Long.MAX_VALUE;
    for (Rank rank : ranks) {
      last = rank.starving ? Math.min(last, rank.ticket.number) : last;
    }
    Rank first = null;
    for (Rank rank : ranks) {
      if (rank.ticket.number <= last && (first == null || rank.before(first))) {
        first = rank;
      }
    }
    return first == null ? null : first.ticket;
  }

  private boolean before(Rank other) {
    if (pressed != other.pressed) {
      return pressed;
    }
    if (pressed && left != other.left) {
      return left < other.left;
    }
    return remaining != other.remaining ? remaining < other.remaining : ticket.number < other.ticket.number;
  }
}
