package dev.langevin.plan;

import dev.langevin.backend.Backend;
import dev.langevin.backend.Closing;
import dev.langevin.backend.CompiledOp;
import dev.langevin.backend.Followable;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** What is put behind a plan's ops, kept for the next holder. Used on the backend's thread. */
final class FollowedPlans implements Followable, AutoCloseable {

  private final Plan plan;
  private final Backend backend;
  private final List<CompiledOp> ops;
  private final List<FollowedPlan> made = new ArrayList<>();

  /** @param ops of each run of the plan */
  FollowedPlans(Plan plan, Backend backend, List<CompiledOp> ops) {
    this.plan = plan;
    this.backend = backend;
    this.ops = ops;
  }

  @Override
  public Following followedBy(Object key, Supplier<? extends CompiledOp> maker) {
    for (FollowedPlan each : made) {
      if (!each.held && each.key.equals(key)) {
        each.held = true;
        return each;
      }
    }
    end(made.stream().filter(each -> !each.held).toList());
    CompiledOp op = maker.get();
    try {
      List<CompiledOp> both = new ArrayList<>(ops);
      both.add(op);
      FollowedPlan added = new FollowedPlan(plan, key, op, backend.program(both, Slices.whole(both.size())));
      made.add(added);
      return added;
    } catch (RuntimeException | Error e) {
      Closing.after(e, List.of(op));
      throw e;
    }
  }

  private void end(List<FollowedPlan> some) {
    made.removeAll(some);
    Closing.all(some.stream().<AutoCloseable>map(each -> each::end).toList());
  }

  @Override
  public void close() {
    end(List.copyOf(made));
  }
}
