package dev.langevin.pipeline.stages;

import dev.langevin.backend.Block;
import dev.langevin.backend.DeviceTensor;
import dev.langevin.diffusion.Trajectory;
import dev.langevin.plan.Plan;
import dev.langevin.plan.TimesAhead;
import java.util.Arrays;

/**
 * How a run tells its network the time: by the input of it, or, where the plan computes the times of many steps ahead
 * ({@link TimesAhead}), by a row of its table, which holds as many of the run's calls as it has rows. On the backend's
 * thread.
 */
final class TimeTable {

  private static final String TIMES = "timestep";

  private final Plan plan;
  private final double[] all; // of the run's calls
  private final double[] held; // in the table's rows; null without a table

  TimeTable(Plan plan, Trajectory trajectory) {
    this.plan = plan;
    this.all = trajectory.timesteps();
    this.held = plan.hasInput(TimesAhead.ROW) ? new double[plan.out(TimesAhead.TABLE).shape().intDim(0)] : null;
    choose(all[trajectory.startIndex()], trajectory.startIndex());
  }

  /** Whether a call of that time can be shown. */
  boolean holds(double time) {
    return held == null || row(time) >= 0;
  }

  private int row(double time) {
    int row = 0;
    while (row < held.length && held[row] != time) {
      row++;
    }
    return row < held.length ? row : -1;
  }

  /** Has the table hold this call and those behind it; to be written, and the plan prepared, before it is shown. */
  void choose(double time, int call) {
    if (held == null) {
      return;
    }
    Arrays.fill(held, time);
    if (call < all.length && all[call] == time) { // adaptive steps are at other times than was expected
      for (int row = 0; row < held.length; row++) {
        held[row] = all[Math.min(call + row, all.length - 1)];
      }
    }
  }

  /** Writes the times that {@link Plan#prepare} makes the table of, if there is one. */
  void write() {
    if (held == null) {
      return;
    }
    DeviceTensor times = plan.in(TIMES);
    float[] values = new float[Math.toIntExact(times.shape().elements())];
    int each = values.length / held.length;
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) held[i / each];
    }
    times.write(values);
  }

  /** Tells the network the time of the call that comes. */
  void show(double time) {
    if (held == null) {
      plan.in(TIMES).fill(time);
      return;
    }
    Block row = plan.in(TimesAhead.ROW).block();
    row.copyFrom(plan.out(TimesAhead.TABLE).block().slice(row(time) * row.bytes(), row.bytes()));
  }
}
