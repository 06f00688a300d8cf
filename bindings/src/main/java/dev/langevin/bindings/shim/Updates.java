package dev.langevin.bindings.shim;

import dev.langevin.bindings.abi.Block;
import java.lang.foreign.Arena;

/** The linear combinations of a {@link Kernel#TRANSITION}, in the arena of its block. */
public final class Updates {

  private final Block terms;
  private final Block updates;
  private long termCount;
  private long updateCount;

  /** Room for so many updates and, in all of them, terms. */
  public Updates(int updates, int terms, Arena arena) {
    this.updates = new Block(arena, Layout.UPDATE.struct, updates);
    this.terms = new Block(arena, Layout.TERM.struct, terms);
  }

  /** Begins {@code registers[target] = ...}. */
  public Updates begin(int target) {
    updates.integer(updateCount, "target", target);
    updates.integer(updateCount, "first_term", termCount);
    updateCount++;
    return this;
  }

  /** Adds {@code coefficient * registers[source]} to the update that was begun last. */
  public Updates term(int source, double coefficient) {
    terms.integer(termCount, "source", source);
    terms.real(termCount, "coefficient", coefficient);
    termCount++;
    updates.integer(updateCount - 1, "term_count", updates.get(updateCount - 1, "term_count") + 1);
    return this;
  }

  /** Enters the updates into a block of arguments. */
  public void into(KernelCall transition) {
    transition.pointer("terms", terms.memory()).pointer("updates", updates.memory())
        .integer("term_count", termCount).integer("update_count", updateCount);
  }
}
