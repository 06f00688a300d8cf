package dev.langevin.pipeline;

import dev.langevin.diffusion.Denoiser;
import dev.langevin.plan.Plan;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.function.Supplier;

/** Two networks in turn that see the small picture, enlarged, beside the sample. The second comes when the first is freed. */
final class EnlargingDenoiser implements Denoiser, AutoCloseable {

  private final Supplier<Plan> second;
  private final int last;
  private final Tensor shown;
  private final Tensor input;
  private final Tensor output;
  private Plan plan;
  private int calls;

  /**
   * @param first belongs to this from now on
   * @param last the call, from 0 on, that the second network answers
   * @param shown (N, 3, S, S)
   */
  EnlargingDenoiser(Plan first, Supplier<Plan> second, int last, Tensor shown) {
    this.plan = first;
    this.second = second;
    this.last = last;
    this.shown = shown;
    this.input = Tensor.allocate(DType.F32, shown.shape());
    this.output = Tensor.allocate(DType.F32, first.output("out").shape());
    first.prepare();
  }

  @Override
  public Tensor input() {
    return input;
  }

  @Override
  public Tensor output() {
    return output;
  }

  @Override
  public void predict(double timestep) {
    if (calls++ == last) {
      plan.close();
      plan = second.get();
      plan.prepare();
    }
    long half = 4 * input.shape().elements() / input.shape().dim(0);
    for (long n = 0; n < input.shape().dim(0); n++) {
      MemorySegment both = plan.input("sample").row(n).data();
      both.asSlice(0, half).copyFrom(input.row(n).data());
      both.asSlice(half).copyFrom(shown.row(n).data());
    }
    Rows.fill(plan.input("timestep"), timestep);
    plan.run();
    output.data().copyFrom(plan.output("out").data());
  }

  @Override
  public void close() {
    plan.close();
  }
}
