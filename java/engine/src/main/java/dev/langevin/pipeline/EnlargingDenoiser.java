package dev.langevin.pipeline;

import dev.langevin.diffusion.Denoiser;
import dev.langevin.plan.Plan;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/** Two networks in turn that see the small picture, enlarged, beside the sample. */
final class EnlargingDenoiser implements Denoiser {

  private final Plan first;
  private final Plan end;
  private final int last;
  private final Tensor shown;
  private final Tensor input;
  private int calls;

  EnlargingDenoiser(Plan first, Plan end, int last, Tensor shown) {
    this.first = first;
    this.end = end;
    this.last = last;
    this.shown = shown;
    this.input = Tensor.allocate(DType.F32, shown.shape());
  }

  @Override
  public Tensor input() {
    return input;
  }

  @Override
  public Tensor output() {
    return first.output("out");
  }

  @Override
  public void predict(double timestep) {
    Plan plan = calls++ == last ? end : first;
    long half = 4 * input.shape().elements() / input.shape().dim(0);
    for (long n = 0; n < input.shape().dim(0); n++) {
      MemorySegment both = plan.input("sample").row(n).data();
      both.asSlice(0, half).copyFrom(input.row(n).data());
      both.asSlice(half).copyFrom(shown.row(n).data());
    }
    Rows.fill(plan.input("timestep"), timestep);
    plan.run();
    if (plan == end) {
      output().data().copyFrom(end.output("out").data());
    }
  }
}
