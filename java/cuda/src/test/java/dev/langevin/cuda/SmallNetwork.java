package dev.langevin.cuda;

import dev.langevin.backend.Backend;
import dev.langevin.backend.DeviceTensor;
import dev.langevin.diffusion.Denoiser;
import dev.langevin.graph.Activation;
import dev.langevin.graph.Graph;
import dev.langevin.graph.GraphBuilder;
import dev.langevin.graph.Op.Padding;
import dev.langevin.graph.Value;
import dev.langevin.plan.Plan;
import dev.langevin.plan.Planner;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Tensor;
import java.util.Random;

/** A network of a few layers, which a chain can be walked with. */
final class SmallNetwork implements Denoiser, AutoCloseable {

  private final Plan plan;

  SmallNetwork(Backend backend) {
    this(backend, 1);
  }

  SmallNetwork(Backend backend, int batch) {
    plan = new Planner(backend).plan(graph(batch), SmallNetwork::drawn);
  }

  private static Graph graph(int batch) {
    GraphBuilder g = new GraphBuilder();
    Value sample = g.input("sample", DType.F32, batch, 2, 6, 5);
    Value time = g.input("timestep", DType.F32, batch);
    Value row = g.linear("time", g.timeEmbedding("embedding", time, 8, true, 0), 8, true);
    Value x = g.conv2d("in", g.toChannelsLast("last", sample), 8, 3, 1, Padding.of(1));
    Value y = g.activate("silu", g.groupNorm("norm", g.add("timed", x, row), 2, 1e-5), Activation.SILU);
    g.output("out", g.toChannelsFirst("first", g.conv2d("out", g.add("residual", y, x), 2, 3, 1, Padding.of(1))));
    return g.build();
  }

  /** The same numbers for the same name. */
  private static Tensor drawn(String name) {
    Random random = new Random(name.hashCode());
    long[] dims = switch (name) {
      case "time.weight" -> new long[] {8, 8};
      case "in.weight" -> new long[] {8, 2, 3, 3};
      case "out.weight" -> new long[] {2, 8, 3, 3};
      case "out.bias" -> new long[] {2};
      default -> new long[] {8};
    };
    int elements = 1;
    for (long dim : dims) {
      elements *= (int) dim;
    }
    float[] values = new float[elements];
    for (int i = 0; i < elements; i++) {
      values[i] = (float) random.nextGaussian(0, 0.2);
    }
    return Tensor.ofFloats(values, dims);
  }

  Plan plan() {
    return plan;
  }

  @Override
  public DeviceTensor input() {
    return plan.in("sample");
  }

  @Override
  public DeviceTensor output() {
    return plan.out("out");
  }

  @Override
  public void predict(double timestep) {
    ready(timestep);
    plan.run();
  }

  @Override
  public Plan network() {
    return plan;
  }

  @Override
  public void ready(double timestep) {
    plan.in("timestep").fill(timestep);
  }

  @Override
  public void close() {
    plan.close();
  }
}
