package dev.langevin.cli;

import dev.langevin.plan.PlanSize;
import dev.langevin.plan.PlannedOp;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The operations of a model's networks as a table of 80 columns, or with all that is known of them. */
final class PlanTable {

  private static final String NARROW = "%-29s %-17s %-17s %6s %7s";
  private static final String WIDE = "%-44s %-18s %-22s %-6s %-12s %10s %10s %10s  %s";
  private static final int NAME = 29;

  private final boolean wide;
  private final Map<String, Object> networks = new LinkedHashMap<>();
  private int operations;
  private long weights;

  /** @param wide whether lines may have any length */
  PlanTable(boolean wide) {
    this.wide = wide;
    if (wide) {
      Messages.line(WIDE, "layer", "op", "shape", "dtype", "weights", "offset", "bytes", "w.bytes", "implementation");
    } else {
      Messages.line(NARROW, "layer", "op", "shape", "result", "weights");
    }
  }

  /**
   * Adds a network.
   *
   * @param size what its plan holds
   */
  void network(String name, List<PlannedOp> ops, PlanSize size) {
    Messages.line("%s:", name);
    List<Map<String, Object>> listed = new ArrayList<>();
    for (PlannedOp op : ops) {
      line(op);
      listed.add(fields(op));
      weights += op.weightBytes();
    }
    operations += ops.size();
    Messages.line("  %d operations; weights %s, results %s, scratch %s", ops.size(), bytes(size.weights()),
        bytes(size.activations()), bytes(size.scratch()));
    networks.put(name, Map.of("weights_bytes", size.weights(), "results_bytes", size.activations(), "scratch_bytes",
        size.scratch(), "operations", listed));
  }

  private void line(PlannedOp op) {
    String name = op.node().output().name();
    if (wide) {
      Messages.line(WIDE, name, op.node().op().label(), op.node().output().shape(), op.node().output().dtype(),
          op.weightLayout(), op.offset(), op.bytes(), op.weightBytes(), op.implementation());
      return;
    }
    // of a path, the end tells more
    String end = name.length() <= NAME ? name : "..." + name.substring(name.length() - NAME + 3);
    Messages.line(NARROW, end, shortened(op.node().op().label()), shortened(op.node().output().shape().toString()
        .replace(" ", "")), bytes(op.bytes()), op.weightBytes() == 0 ? "" : bytes(op.weightBytes()));
  }

  private static String shortened(String text) {
    return text.length() <= 17 ? text : text.substring(0, 14) + "...";
  }

  private static Map<String, Object> fields(PlannedOp op) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("layer", op.node().output().name());
    fields.put("op", op.node().op().label());
    fields.put("shape", op.node().output().shape().dims());
    fields.put("dtype", op.node().output().dtype().toString());
    fields.put("offset", op.offset());
    fields.put("bytes", op.bytes());
    fields.put("weight_bytes", op.weightBytes());
    fields.put("weight_layout", op.weightLayout());
    fields.put("implementation", op.implementation());
    return fields;
  }

  /**
   * Ends the table.
   *
   * @param peak most memory that all hold at a time, pictures and noise included
   */
  void end(long peak) {
    Messages.line("%d operations, weights %s, at most %s at a time", operations, bytes(weights), bytes(peak));
    Output.result("networks", networks);
    Output.result("operations", operations);
    Output.result("weights_bytes", weights);
    Output.result("peak_bytes", peak);
  }

  private String bytes(long bytes) {
    if (wide) {
      return Long.toString(bytes);
    }
    String units = "KMGT";
    double value = bytes;
    int unit = -1;
    while (value >= 1000 && unit < units.length() - 1) {
      value /= 1024;
      unit++;
    }
    return unit < 0 ? Long.toString(bytes)
        : String.format(Locale.ROOT, value < 10 ? "%.1f%c" : "%.0f%c", value, units.charAt(unit));
  }
}
