package dev.langevin.pipeline;

import dev.langevin.diffusion.Denoiser;
import dev.langevin.plan.Plan;
import dev.langevin.tensor.Tensor;

/** A plan whose sample is the input of that name. */
record PlanDenoiser(Plan plan, String sample) implements Denoiser {
  @Override
  public Tensor input() {
    return plan.input(sample);
  }

  @Override
  public Tensor output() {
    return plan.output("out");
  }

  @Override
  public void predict(double timestep) {
    Rows.fill(plan.input("timestep"), timestep);
    plan.run();
  }
}
