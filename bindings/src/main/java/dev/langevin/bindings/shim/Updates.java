package dev.langevin.bindings.shim;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The linear combinations of a {@link Kernel#TRANSITION}, in the arena of its block. */
public final class Updates {

  private final MemorySegment terms;
  private final MemorySegment updates;
  private long termCount;
  private long updateCount;

  /** Room for so many updates and, in all of them, terms. */
  public Updates(int updates, int terms, Arena arena) {
    this.updates = arena.allocate(Math.max(1, updates) * Struct.UPDATE.bytes(), 8);
    this.terms = arena.allocate(Math.max(1, terms) * Struct.TERM.bytes(), 8);
  }

  /** Begins {@code registers[target] = ...}. */
  public Updates begin(int target) {
    long at = updateCount++ * Struct.UPDATE.bytes();
    updates.set(ValueLayout.JAVA_LONG, at + Struct.UPDATE.offset('l', "target", 0), target);
    updates.set(ValueLayout.JAVA_LONG, at + Struct.UPDATE.offset('l', "first_term", 0), termCount);
    return this;
  }

  /** Adds {@code coefficient * registers[source]} to the update that was begun last. */
  public Updates term(int source, double coefficient) {
    long at = termCount++ * Struct.TERM.bytes();
    terms.set(ValueLayout.JAVA_LONG, at + Struct.TERM.offset('l', "source", 0), source);
    terms.set(ValueLayout.JAVA_DOUBLE, at + Struct.TERM.offset('d', "coefficient", 0), coefficient);
    long count = (updateCount - 1) * Struct.UPDATE.bytes() + Struct.UPDATE.offset('l', "term_count", 0);
    updates.set(ValueLayout.JAVA_LONG, count, updates.get(ValueLayout.JAVA_LONG, count) + 1);
    return this;
  }

  /** Enters the updates into a block of arguments. */
  public void into(KernelCall transition) {
    transition.pointer("terms", terms).pointer("updates", updates)
        .integer("term_count", termCount).integer("update_count", updateCount);
  }
}
