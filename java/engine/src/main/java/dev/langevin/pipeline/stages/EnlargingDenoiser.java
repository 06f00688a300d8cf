package dev.langevin.pipeline.stages;

import dev.langevin.diffusion.Denoiser;
import dev.langevin.pipeline.engine.Lease;
import dev.langevin.plan.Plan;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.function.Supplier;

/** Two networks in turn that see the small picture, enlarged, beside the sample. */
public final class EnlargingDenoiser implements Denoiser, AutoCloseable {

  private final Supplier<Lease> second;
  private final int last;
  private final Tensor shown;
  private final Tensor input;
  private final Tensor output;
  private Lease network;
  private int calls;

  /**
   * @param first belongs to this from now on
   * @param second asked for when the first was closed
   * @param last the call, from 0 on, that the second network answers
   * @param shown (N, 3, S, S)
   */
  public EnlargingDenoiser(Lease first, Supplier<Lease> second, int last, Tensor shown) {
    this.network = first;
    this.second = second;
    this.last = last;
    this.shown = shown;
    this.input = Tensor.allocate(DType.F32, shown.shape());
    this.output = Tensor.allocate(DType.F32, first.plan().output("out").shape());
    first.enter();
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
      network.close();
      network = second.get();
      network.enter();
      network.prepare();
    }
    network.enter();
    Plan plan = network.plan();
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
    network.close();
  }
}
