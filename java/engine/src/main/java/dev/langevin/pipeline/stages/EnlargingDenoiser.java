package dev.langevin.pipeline.stages;

import dev.langevin.backend.Block;
import dev.langevin.backend.DeviceTensor;
import dev.langevin.backend.Memory;
import dev.langevin.diffusion.Denoiser;
import dev.langevin.diffusion.Trajectory;
import dev.langevin.pipeline.engine.Lease;
import dev.langevin.plan.Plan;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import java.util.function.Supplier;

/** Two networks in turn, of which the second answers the last call; both see the small picture beside the sample. */
public final class EnlargingDenoiser implements Denoiser, AutoCloseable {

  private final Supplier<Lease> second;
  private final Trajectory trajectory;
  private final DeviceTensor shown;
  private final DeviceTensor input;
  private final DeviceTensor output;
  private Lease network;
  private TimeTable times;
  private int calls;

  /**
   * Uploads the small picture, enlarged, and prepares the first network.
   *
   * @param memory of the plans' backend
   * @param first belongs to this from now on
   * @param second asked for when the first was closed
   * @param shown (N, 3, S, S)
   */
  public EnlargingDenoiser(Memory memory, Lease first, Supplier<Lease> second, Trajectory trajectory, Tensor shown) {
    this.second = second;
    this.trajectory = trajectory;
    this.shown = tensor(memory, "shown", shown.shape());
    this.input = tensor(memory, "sample", shown.shape());
    this.output = tensor(memory, "out", first.plan().out("out").shape());
    this.shown.write(shown);
    begin(first);
  }

  private static DeviceTensor tensor(Memory memory, String name, Shape shape) {
    return new DeviceTensor(name, DType.F32, shape, memory.allocate(4 * shape.elements()));
  }

  private void begin(Lease next) {
    network = next;
    network.enter();
    times = new TimeTable(network.plan(), trajectory);
    prepare();
  }

  private void prepare() {
    times.write();
    network.prepare();
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
  public void predict(double timestep) {
    if (calls == trajectory.timesteps().length - 1) {
      network.close();
      begin(second.get());
    }
    network.enter();
    if (times.choose(timestep, calls++)) {
      prepare();
    }
    times.show(timestep);
    Plan plan = network.plan();
    for (long n = 0; n < input.shape().dim(0); n++) {
      Block both = plan.in("sample").row(n).block();
      both.slice(0, both.bytes() / 2).copyFrom(input.row(n).block());
      both.slice(both.bytes() / 2, both.bytes() / 2).copyFrom(shown.row(n).block());
    }
    plan.run();
    output.block().copyFrom(plan.out("out").block());
  }

  @Override
  public void close() {
    network.close();
    for (DeviceTensor each : new DeviceTensor[] {shown, input, output}) {
      each.block().close();
    }
  }
}
