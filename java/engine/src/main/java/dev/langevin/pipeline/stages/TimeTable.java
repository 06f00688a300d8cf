package dev.langevin.pipeline.stages;

import dev.langevin.backend.Block;
import dev.langevin.backend.DeviceTensor;
import dev.langevin.diffusion.Trajectory;
import dev.langevin.plan.Plan;
import dev.langevin.plan.TimesAhead;
import dev.langevin.tensor.DType;
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
  private final int first; // of these
  private final double[] held; // in the table's rows; null without a table
  private final long[] integers; // where the network takes such, without a table

  /** Chooses the run's first calls: to be written, and the plan prepared. */
  TimeTable(Plan plan, Trajectory trajectory) {
    this(plan, trajectory.timesteps(), trajectory.startIndex());
  }

  /** Of a plan without a table. */
  TimeTable(Plan plan) {
    this(plan, new double[1], 0);
  }

  private TimeTable(Plan plan, double[] all, int first) {
    this.plan = plan;
    this.all = all;
    this.first = first;
    this.held = plan.hasInput(TimesAhead.ROW) ? new double[plan.out(TimesAhead.TABLE).shape().intDim(0)] : null;
    DeviceTensor times = plan.in(TIMES);
    this.integers = times.dtype() == DType.I64 ? new long[Math.toIntExact(times.shape().elements())] : null;
    if (held != null) {
      fill(all[first], first);
    }
  }

  private int row(double time) {
    int row = 0;
    while (row < held.length && held[row] != time) {
      row++;
    }
    return row < held.length ? row : -1;
  }

  /**
   * Has the table hold a call, and, where it does not, those behind it, too.
   *
   * @param call of the run, from 0
   * @return whether it is to be written, and the plan prepared, before the call is shown
   */
  boolean choose(double time, int call) {
    if (held == null || row(time) >= 0) {
      return false;
    }
    fill(time, first + call);
    return true;
  }

  private void fill(double time, int call) {
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
    if (held != null) {
      Block row = plan.in(TimesAhead.ROW).block();
      row.copyFrom(plan.out(TimesAhead.TABLE).block().slice(row(time) * row.bytes(), row.bytes()));
    } else if (integers != null) {
      Arrays.fill(integers, (long) time);
      plan.in(TIMES).write(integers);
    } else {
      plan.in(TIMES).fill(time);
    }
  }
}
