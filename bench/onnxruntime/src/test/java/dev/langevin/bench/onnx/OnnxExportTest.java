package dev.langevin.bench.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OrtSession;
import dev.langevin.backend.Backend;
import dev.langevin.cli.BenchNetwork;
import dev.langevin.graph.Graph;
import dev.langevin.plan.Plan;
import dev.langevin.plan.Planner;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import dev.langevin.tensor.TensorSource;
import java.lang.foreign.MemorySegment;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OnnxExportTest {

  @TempDir
  private Path folder;

  /** Catches a network that is another one than ours: its time would say nothing. */
  @ParameterizedTest
  @CsvSource({"tiny, out", "cifar, out", "clip, last_hidden_state"})
  void shouldBeTheSameNetwork(BenchNetwork network, String output) throws Exception {
    Graph graph = network.graph(2, 64);
    TensorSource weights = name -> random(name, graph.storedWeights().get(name));
    OnnxExport.write(graph, weights, folder.resolve("model.onnx"));
    try (OnnxSession session = new OnnxSession(folder.resolve("model.onnx"), graph, 2);
        Plan plan = new Planner(Backend.named("onednn")).plan(graph, weights)) {
      graph.inputs().forEach((name, value) -> {
        if (value.dtype() == DType.F32) {
          plan.in(name).write(random(name, value.shape()));
        }
        if (session.input(name) != null) {
          MemorySegment.ofBuffer(session.input(name)).copyFrom(plan.in(name).read().data());
        }
      });
      plan.run();
      float[] ours = plan.out(output).toFloats();
      float[] theirs = new float[ours.length];
      try (OrtSession.Result result = session.run()) {
        FloatBuffer buffer = ((ai.onnxruntime.OnnxTensor) result.get(output).orElseThrow()).getFloatBuffer();
        buffer.get(theirs);
      }
      double difference = 0;
      double size = 0;
      for (int i = 0; i < ours.length; i++) {
        difference += Math.pow(ours[i] - theirs[i], 2);
        size += Math.pow(theirs[i], 2);
      }
      assertThat(size).isPositive();
      assertThat(Math.sqrt(difference / size)).isLessThan(1e-4);
    }
  }

  private static Tensor random(String name, Shape shape) {
    Random random = new Random(name.hashCode());
    float[] values = new float[Math.toIntExact(shape.elements())];
    double deviation = shape.rank() == 1 ? 1 : Math.sqrt((double) shape.dim(0) / shape.elements());
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextGaussian() * deviation);
    }
    return Tensor.ofFloats(values, shape.dims());
  }
}
