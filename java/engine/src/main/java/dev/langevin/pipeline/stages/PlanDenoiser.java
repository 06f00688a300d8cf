package dev.langevin.pipeline.stages;

import dev.langevin.backend.DeviceTensor;
import dev.langevin.diffusion.Denoiser;
import dev.langevin.diffusion.Trajectory;
import dev.langevin.pipeline.engine.Lease;
import dev.langevin.plan.Plan;

/** A plan as a reverse chain sees it: memory to write, memory to read, and a run between. */
public final class PlanDenoiser implements Denoiser {

  private final Plan plan;
  private final Runnable prepare;
  private final TimeTable times;
  private final DeviceTensor input;
  private final DeviceTensor output;
  private int calls;

  /**
   * Finds the sample, {@code timestep} and {@code out} among a plan's inputs and outputs, and prepares it; the lease
   * stays the caller's, who has entered it.
   *
   * @param sample name of the input that is the sample
   * @param steady writes the steady inputs, now and whenever the plan is to be prepared anew
   */
  public PlanDenoiser(Lease lease, String sample, Trajectory trajectory, Runnable steady) {
    this(lease.plan(), sample, new TimeTable(lease.plan(), trajectory), steady, lease::prepare);
  }

  /**
   * The same of a plan that is the caller's alone and takes the time as it comes. Its steady inputs must have been
   * written; it is prepared here.
   */
  public PlanDenoiser(Plan plan, String sample) {
    this(plan, sample, new TimeTable(plan), () -> {}, plan::prepare);
  }

  private PlanDenoiser(Plan plan, String sample, TimeTable times, Runnable steady, Runnable prepare) {
    this.plan = plan;
    this.times = times;
    this.prepare = () -> {
      steady.run();
      times.write();
      prepare.run();
    };
    this.input = plan.in(sample);
    this.output = plan.out("out");
    this.prepare.run();
  }

  @Override
  public DeviceTensor input() {
    return input;
  }

  @Override
  public DeviceTensor output() {
    return output;
  }

  @Override
  public void predict(double time) {
    ready(time);
    plan.run();
  }

  @Override
  public Plan network() {
    return plan;
  }

  @Override
  public void ready(double time) {
    if (times.choose(time, calls)) {
      prepare.run();
    }
    times.show(time);
    calls++;
  }
}
