package dev.langevin.pipeline.engine;

import dev.langevin.plan.PlanSize;
import dev.langevin.request.RequestPlan;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Finds how a request stays within a limit of memory. */
final class Budget {

  private Budget() {}

  /**
   * @param maxBytes where it would take more, networks that yield take slower kernels that take less, and if that is
   *   not enough, networks are freed when their stage is done
   * @param inTurn whether they are anyway
   */
  static RequestPlan plan(List<Stage> stages, long bytesBeside, long maxBytes, boolean inTurn) {
    Map<String, PlanSize> networks = new LinkedHashMap<>();
    Map<String, String> stageOf = new HashMap<>();
    Need yielding = null;
    for (Stage stage : stages) {
      for (Need need : stage.needs()) {
        networks.put(need.name(), need.size(need.preferredBytes()));
        stageOf.put(need.name(), stage.name());
        yielding = need.yields() ? need : yielding;
      }
    }
    RequestPlan plan = new RequestPlan(networks, stageOf, bytesBeside, inTurn);
    for (boolean turns : inTurn ? new boolean[] {true} : new boolean[] {false, true}) {
      plan = new RequestPlan(networks, stageOf, bytesBeside, turns);
      long excess = plan.peakBytes() - maxBytes;
      if (excess > 0 && yielding != null) {
        networks.put(yielding.name(), yielding.size(networks.get(yielding.name()).bytes() - excess));
        plan = new RequestPlan(networks, stageOf, bytesBeside, turns);
      }
      if (plan.peakBytes() <= maxBytes) {
        return plan;
      }
    }
    return plan;
  }
}
