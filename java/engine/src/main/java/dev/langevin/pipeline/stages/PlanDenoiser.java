package dev.langevin.pipeline.stages;

import dev.langevin.diffusion.Denoiser;
import dev.langevin.plan.Plan;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Tensor;
import java.lang.foreign.ValueLayout;

/**
 * A plan as a reverse chain sees it: memory to write, memory to read, and a run between.
 *
 */
public record PlanDenoiser(Plan plan, Tensor input, Tensor output, Tensor timestep) implements Denoiser {

  public PlanDenoiser(Plan plan, String sample) {
    this(plan, plan.input(sample), plan.output("out"), plan.input("timestep"));
  }

  @Override
  public void predict(double time) {
    for (long n = 0; n < timestep.shape().elements(); n++) {
      if (timestep.dtype() == DType.I64) {
        timestep.data().setAtIndex(ValueLayout.JAVA_LONG, n, (long) time);
      } else {
        timestep.data().setAtIndex(ValueLayout.JAVA_FLOAT, n, (float) time);
      }
    }
    plan.run();
  }
}
