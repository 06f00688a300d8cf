package dev.langevin.plan;

import dev.langevin.backend.Closing;
import dev.langevin.backend.CompiledOp;
import dev.langevin.backend.Followable;
import dev.langevin.backend.Program;
import java.util.List;

/** A plan's ops and one behind them; the plan keeps it for the next holder, and ends it. */
final class FollowedPlan implements Followable.Following {

  final Object key;
  private final Plan plan;
  private final CompiledOp op;
  private final Program program;
  boolean held = true;

  /** @param program of the plan's ops and {@code op} */
  FollowedPlan(Plan plan, Object key, CompiledOp op, Program program) {
    this.plan = plan;
    this.key = key;
    this.op = op;
    this.program = program;
  }

  @Override
  public CompiledOp op() {
    return op;
  }

  @Override
  public void run(Runnable beside) {
    plan.run(op, program, beside);
  }

  @Override
  public void close() {
    held = false;
  }

  /** Frees both. */
  void end() {
    Closing.all(List.of(op, program));
  }
}
