package dev.langevin.training;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langevin.backend.Backend;
import dev.langevin.graph.Graph;
import dev.langevin.graph.GraphBuilder;
import dev.langevin.graph.Op.Padding;
import dev.langevin.graph.Value;
import dev.langevin.plan.Plan;
import dev.langevin.plan.Planner;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import dev.langevin.tensor.TensorSource;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Updates in a graph are what their product adds to the stored weights, wherever a layer's rows are read. */
class LowRankTest {

  private static final int RANK = 2;

  /** Three layers in one matrix, one layer in two halves, a convolution with a stride. */
  private static Graph network() {
    GraphBuilder b = new GraphBuilder();
    Value x = b.input("x", DType.F32, 2, 6, 6, 4);
    Value joined = b.linear("attn.qkv", List.of("attn.to_q", "attn.to_k", "attn.to_v"), x, 5, false);
    b.output("joined", joined);
    b.output("first", b.linearRows("net.proj", x, 0, 3, 6, true));
    b.output("second", b.linearRows("net.proj", x, 3, 3, 6, true));
    b.output("conv", b.conv2d("conv1", x, 7, 3, 2, Padding.of(1)));
    return b.build();
  }

  private static float[] random(String name, Shape shape) {
    Random random = new Random(name.hashCode());
    float[] values = new float[Math.toIntExact(shape.elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian() / 2;
    }
    return values;
  }

  private static TensorSource source(Map<String, Shape> shapes) {
    return name -> tensor(random(name, shapes.get(name)), shapes.get(name));
  }

  private static Tensor tensor(float[] values, Shape shape) {
    return new Tensor(DType.F32, shape, java.lang.foreign.MemorySegment.ofArray(values));
  }

  /** W + scale B A, of layers that have an update. */
  private static TensorSource merged(Map<String, Shape> shapes, double scale) {
    return name -> {
      Shape shape = shapes.get(name);
      float[] values = random(name, shape);
      String layer = name.replaceFirst("\\.weight$", "");
      if (shapes.containsKey(layer + ".lora_A.weight") && name.endsWith(".weight")) {
        float[] a = random(layer + ".lora_A.weight", shapes.get(layer + ".lora_A.weight"));
        float[] b = random(layer + ".lora_B.weight", shapes.get(layer + ".lora_B.weight"));
        int columns = values.length / (int) shape.dim(0);
        for (int i = 0; i < values.length; i++) {
          for (int r = 0; r < RANK; r++) {
            values[i] += (float) (scale * b[i / columns * RANK + r] * a[r * columns + i % columns]);
          }
        }
      }
      return tensor(values, shape);
    };
  }

  private static float[] run(Graph graph, TensorSource weights, String output) {
    Backend backend = Backend.named("onednn");
    try (Plan plan = new Planner(backend).plan(graph, weights)) {
      plan.in("x").write(tensor(random("x", Shape.of(2, 6, 6, 4)), Shape.of(2, 6, 6, 4)));
      plan.run();
      return plan.out(output).toFloats();
    }
  }

  @Test
  void shouldAddTheProductToTheStoredWeights() {
    Graph plain = network();
    List<List<String>> targets = List.of(List.of("to_q", "to_k", "to_v", "net.proj", "conv1"),
        List.of("to_q", "to_v"), List.of("attn.to_k", "proj"), List.of("to_v", "conv1"));
    for (List<String> chosen : targets) {
      for (Double alpha : new Double[] {null, 3.0}) {
        LowRank lora = new LowRank(RANK, alpha, null, chosen, 0);
        LowRank.Updated updated = lora.insert(plain, "unet.");
        assertThat(updated.layers()).hasSameSizeAs(chosen);
        Map<String, Shape> shapes = updated.graph().storedWeights();
        for (String output : List.of("joined", "first", "second", "conv")) {
          float[] expected = run(plain, merged(shapes, lora.scale()), output);
          float[] actual = run(updated.graph(), source(shapes), output);
          for (int i = 0; i < expected.length; i++) {
            assertThat(actual[i]).as("%s of %s, value %d", output, chosen, i).isCloseTo(expected[i],
                org.assertj.core.api.Assertions.within(1e-4f));
          }
        }
      }
    }
  }
}
