package dev.langevin.pipeline;

import dev.langevin.backend.DeviceTensor;
import dev.langevin.diffusion.Denoiser;
import dev.langevin.plan.Plan;

/** A plan whose sample is the input of that name. */
record PlanDenoiser(Plan plan, String sample) implements Denoiser {
  @Override
  public DeviceTensor input() {
    return plan.in(sample);
  }

  @Override
  public DeviceTensor output() {
    return plan.out("out");
  }

  @Override
  public void predict(double timestep) {
    plan.in("timestep").fill(timestep);
    plan.run();
  }
}
