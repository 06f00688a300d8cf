package dev.langevin.toy;

import dev.langevin.backend.Backend;
import dev.langevin.backend.BackendOptions;
import dev.langevin.diffusion.NoiseSource;
import dev.langevin.diffusion.TorchGenerator;
import dev.langevin.graph.Graph;
import dev.langevin.graph.GraphBuilder;
import dev.langevin.graph.Value;
import dev.langevin.pipeline.engine.Model;
import dev.langevin.pipeline.engine.Need;
import dev.langevin.pipeline.engine.Network;
import dev.langevin.pipeline.engine.Stage;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.LoadOptions;
import dev.langevin.request.ModelFacts;
import dev.langevin.request.Setting;
import dev.langevin.tensor.DType;
import java.util.List;
import java.util.Set;

/** A network of one op, and pictures of 8x8. */
final class ToyModel implements Model {

  static final int SIDE = 8;

  private final Backend backend;
  private final Network network;

  ToyModel(LoadOptions options) {
    backend = Backend.open(options.backend(), BackendOptions.usual());
    network = new Network("toy", backend, options.precision(), null, name -> {
      throw new IllegalStateException("a toy has no weights");
    });
  }

  private static Graph graph(int samples) {
    GraphBuilder b = new GraphBuilder();
    Value sample = b.input("sample", DType.F32, samples, 3, SIDE, SIDE);
    b.input("timestep", DType.F32, samples);
    b.output("out", b.affine("half", sample, 0.5, 0));
    return b.build();
  }

  Need need(int samples) {
    return new Need("toy", network, samples, () -> graph(samples));
  }

  @Override
  public Backend backend() {
    return backend;
  }

  @Override
  public ModelFacts facts() {
    return new ModelFacts("toy", SIDE, SIDE, SIDE, "DDIMScheduler", false, false, false);
  }

  @Override
  public Set<Setting> honours() {
    return Set.of();
  }

  @Override
  public GenerationRequest complete(GenerationRequest request) {
    return request.toBuilder().steps(request.steps() == null ? 5 : request.steps()).build();
  }

  @Override
  public List<Stage> stages(GenerationRequest request) {
    return List.of(new ToyStage(this, request));
  }

  @Override
  public long bytesBeside(GenerationRequest request) {
    return 16L * request.samples() * 3 * SIDE * SIDE * Float.BYTES;
  }

  @Override
  public NoiseSource noise(GenerationRequest request) {
    return new TorchGenerator(request.seed());
  }

  @Override
  public void close() {
    backend.call(() -> {
      network.close();
      return null;
    });
    backend.close();
  }
}
