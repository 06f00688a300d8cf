package dev.langevin.bindings.kernels;

import dev.langevin.bindings.abi.Block;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The steps of a {@link Kernel#TRANSITION} on the host, to be copied to a device as a whole. Fields are named as in
 * langevin_cuda.h.
 */
public final class StepTable {

  private final Block steps;
  private long step = -1;
  private int updates;
  private int terms;

  /** That many steps, all of them zeros. */
  public StepTable(int count, Arena arena) {
    steps = new Block(arena, Layout.TRANSITION_STEP.struct, count);
  }

  /** Bytes of that many steps. */
  public static long bytes(int count) {
    return Layout.TRANSITION_STEP.struct.bytes() * count;
  }

  /** All steps. */
  public MemorySegment memory() {
    return steps.memory();
  }

  /** What follows is of this step. */
  public StepTable at(long index) {
    step = index;
    updates = 0;
    terms = 0;
    return this;
  }

  public StepTable choice(String field, Constant value) {
    steps.integer(step, field, value.value);
    return this;
  }

  public StepTable flag(String field, boolean value) {
    steps.integer(step, field, value ? 1 : 0);
    return this;
  }

  public StepTable real(String field, double value) {
    steps.real(step, field, value);
    return this;
  }

  /**
   * Begins {@code registers[target] = ...}.
   *
   * @throws IndexOutOfBoundsException if there are more than {@link Constant#MAX_UPDATES}
   */
  public StepTable update(int target) {
    steps.integer(step, "target", updates, target);
    steps.integer(step, "first_term", updates, terms);
    updates++;
    steps.integer(step, "update_count", updates);
    return this;
  }

  /**
   * Adds {@code coefficient * registers[source]} to the update that was begun last.
   *
   * @throws IndexOutOfBoundsException if there are more than {@link Constant#MAX_TERMS} in a step
   */
  public StepTable term(int source, double coefficient) {
    steps.integer(step, "source", terms, source);
    steps.real(step, "coefficient", terms, coefficient);
    terms++;
    steps.integer(step, "term_count", updates - 1, terms - steps.get(step, "first_term", updates - 1));
    return this;
  }
}
