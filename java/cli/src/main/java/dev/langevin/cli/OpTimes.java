package dev.langevin.cli;

import dev.langevin.backend.Backend;
import dev.langevin.plan.OpWork;
import dev.langevin.plan.Plan;
import dev.langevin.plan.PlannedOp;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** What each operation of a plan takes. */
final class OpTimes {

  private OpTimes() {}

  /** A line for each operation, the slowest first, with its mean time over some runs; and their sum. */
  static List<String> profile(Backend backend, Plan plan, int runs) {
    long[] nanoseconds = new long[plan.ops().size()];
    backend.call(() -> {
      for (int i = 0; i < runs; i++) {
        plan.run(nanoseconds);
      }
      return null;
    });
    List<Integer> order = new ArrayList<>();
    double sum = 0;
    for (int i = 0; i < nanoseconds.length; i++) {
      order.add(i);
      sum += nanoseconds[i] * 1e-6 / runs;
    }
    order.sort(Comparator.comparingLong(i -> -nanoseconds[i]));
    List<String> lines = new ArrayList<>();
    for (int i : order) {
      PlannedOp op = plan.ops().get(i);
      lines.add(line(op.node().output().name(), op.node().op().label(), op.node().output().shape().toString(),
          op.implementation(), nanoseconds[i] * 1e-9 / runs, OpWork.flops(op.node())));
    }
    lines.add(String.format(Locale.ROOT, "sum of %d operations: %.3f ms", lines.size(), sum));
    return lines;
  }

  /** One line of the table of operations. */
  private static String line(String layer, String op, String shape, String implementation, double seconds,
      double flops) {
    return String.format(Locale.ROOT, "%-52s %-14s %-22s %-28s %10.3f ms %8.1f GFLOP/s", layer, op, shape,
        implementation,
        seconds * 1e3, flops / seconds * 1e-9);
  }
}
