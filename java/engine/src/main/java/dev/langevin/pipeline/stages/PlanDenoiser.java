package dev.langevin.pipeline.stages;

import dev.langevin.backend.DeviceTensor;
import dev.langevin.diffusion.Denoiser;
import dev.langevin.plan.Plan;
import dev.langevin.tensor.DType;
import java.util.Arrays;

/** A plan as a reverse chain sees it: memory to write, memory to read, and a run between. */
public final class PlanDenoiser implements Denoiser {

  private final Plan plan;
  private final DeviceTensor input;
  private final DeviceTensor output;
  private final DeviceTensor timestep;
  private final long[] times; // where the network takes integers

  /**
   * Finds the sample, {@code timestep} and {@code out} among a plan's inputs and outputs; the plan stays the caller's.
   *
   * @param sample name of the input that is the sample
   */
  public PlanDenoiser(Plan plan, String sample) {
    this.plan = plan;
    this.input = plan.in(sample);
    this.output = plan.out("out");
    this.timestep = plan.in("timestep");
    this.times = timestep.dtype() == DType.I64 ? new long[Math.toIntExact(timestep.shape().elements())] : null;
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
    if (times == null) {
      timestep.fill(time);
    } else {
      Arrays.fill(times, (long) time);
      timestep.write(times);
    }
  }
}
