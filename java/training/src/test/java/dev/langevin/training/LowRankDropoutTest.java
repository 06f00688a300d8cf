package dev.langevin.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

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
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Dropout is on what A sees, x for every layer anew, and nowhere else: y = W x + alpha / rank B A dropout(x), as peft
 * computes it. With A and B of ones on their diagonals, y less W x shows what was dropped.
 */
class LowRankDropoutTest {

  private static final int WIDTH = 8;
  private static final int ROWS = 500;
  private static final double DROPOUT = 0.3;
  private static final LowRank LORA =
      new LowRank(WIDTH, WIDTH * 2.0, null, List.of("to_q", "to_k", "halves", "conv"), DROPOUT);

  private static Graph network() {
    GraphBuilder b = new GraphBuilder();
    Value x = b.input("x", DType.F32, ROWS, 1, 1, WIDTH);
    b.output("joined", b.linear("qk", List.of("to_q", "to_k"), x, WIDTH, false));
    b.output("first", b.linearRows("halves", x, 0, WIDTH / 2, WIDTH, false));
    b.output("second", b.linearRows("halves", x, WIDTH / 2, WIDTH / 2, WIDTH, false));
    b.output("conv", b.conv2d("conv", x, WIDTH, 1, 1, Padding.of(0), false));
    return b.build();
  }

  /** W is 0, A and B are the identity. */
  private static TensorSource identity(Map<String, Shape> shapes) {
    return name -> {
      Shape shape = shapes.get(name);
      float[] values = new float[(int) shape.elements()];
      for (int i = 0; LowRank.isUpdate(name) && i < WIDTH; i++) {
        values[i * WIDTH + i] = 1;
      }
      return new Tensor(DType.F32, shape, MemorySegment.ofArray(values));
    };
  }

  private static float[] x() {
    Random random = new Random(4);
    float[] x = new float[ROWS * WIDTH];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) (1 + random.nextDouble());
    }
    return x;
  }

  private static float[] run(Graph graph, String backend, long key, String output) {
    try (Plan plan = new Planner(Backend.named(backend)).plan(graph, identity(graph.storedWeights()))) {
      plan.in("x").write(x());
      plan.in("unet." + LowRank.DROPOUT_KEY).write(new long[] {key});
      plan.run();
      return plan.out(output).toFloats();
    }
  }

  /** Columns {@code from} to {@code from + width - 1} of rows of {@code all}. */
  private static float[] columns(float[] values, int all, int from, int width) {
    float[] part = new float[values.length / all * width];
    for (int i = 0; i < part.length; i++) {
      part[i] = values[i / width * all + from + i % width];
    }
    return part;
  }

  @Test
  void shouldDropWhatEachLayersUpdateSees() {
    Graph graph = LORA.insert(network(), "unet.").graph();
    float[] joined = run(graph, "onednn", 7, "joined");
    float[] q = columns(joined, 2 * WIDTH, 0, WIDTH);
    float[] k = columns(joined, 2 * WIDTH, WIDTH, WIDTH);
    float[] conv = run(graph, "onednn", 7, "conv");
    float[] x = x();
    for (float[] dropped : List.of(q, k, conv)) {
      int zeros = 0;
      for (int i = 0; i < x.length; i++) {
        zeros += dropped[i] == 0 ? 1 : 0;
        assertThat(dropped[i] == 0 ? 0 : dropped[i] / x[i]).isCloseTo(dropped[i] == 0 ? 0 : 2 / (1 - (float) DROPOUT),
            within(1e-5f));
      }
      // five deviations of a binomial
      assertThat(zeros / (double) x.length).isCloseTo(DROPOUT,
          within(5 * Math.sqrt(DROPOUT * (1 - DROPOUT) / x.length)));
    }
    assertThat(q).isNotEqualTo(k).isNotEqualTo(conv);
    assertThat(columns(run(graph, "reference", 7, "joined"), 2 * WIDTH, 0, WIDTH)).isEqualTo(q);
    assertThat(run(graph, "onednn", 8, "conv")).isNotEqualTo(conv);
    Graph other = LORA.insert(network(), "other.").graph(); // a second text encoder has layers of the same names
    try (Plan plan = new Planner(Backend.named("onednn")).plan(other, identity(other.storedWeights()))) {
      plan.in("x").write(x);
      plan.in("other." + LowRank.DROPOUT_KEY).write(new long[] {7});
      plan.run();
      assertThat(plan.out("conv").toFloats()).isNotEqualTo(conv);
    }
  }

  /** Rows of one layer that are read in two products: what the second half's rows see is what the first half's see. */
  @Test
  void shouldDropTheSameForAllRowsOfALayer() {
    Graph graph = LORA.insert(network(), "unet.").graph();
    float[] first = run(graph, "onednn", 7, "first"); // columns 0 to 3 of the dropped x
    float[] second = run(graph, "onednn", 7, "second");
    float[] whole = new float[ROWS * WIDTH];
    for (int i = 0; i < first.length; i++) {
      whole[i / 4 * WIDTH + i % 4] = first[i];
      whole[i / 4 * WIDTH + 4 + i % 4] = second[i];
    }
    assertThat(java.util.Arrays.copyOf(whole, 40)).contains(0);
    LowRank alone = new LowRank(WIDTH, WIDTH * 2.0, null, List.of("halves"), DROPOUT);
    GraphBuilder b = new GraphBuilder();
    Value x = b.input("x", DType.F32, ROWS, 1, 1, WIDTH);
    b.output("y", b.linear("halves", x, WIDTH, false));
    assertThat(run(alone.insert(b.build(), "unet.").graph(), "onednn", 7, "y")).isEqualTo(whole);
  }

  /** dA = s B' dy dropout(x)', dx = W' dy + s (A' B' dy) where x was kept: a mask that is not that of forward shows. */
  @Test
  void shouldLeadGradientsThroughTheSameMask() {
    GraphBuilder b = new GraphBuilder();
    Value in = b.input("x", DType.F32, ROWS, 1, 1, WIDTH);
    b.output("y", b.linear("to_q", in, WIDTH, false));
    LowRank lora = new LowRank(WIDTH, WIDTH * 2.0, null, List.of("to_q"), DROPOUT);
    Trained trained = Trained.of(lora.insert(b.build(), "unet.").graph(), LowRank::isUpdate);
    GraphExtension extension = new GraphExtension(trained.graph());
    Value y = trained.graph().outputs().get("y");
    Value dy = extension.input("dy", DType.F32, y.shape());
    Graph graph = Autodiff.differentiate(extension.build(), Map.of(y, dy), Map.of("dA",
        trained.graph().inputs().get("to_q.lora_A.weight"), "dx", trained.graph().inputs().get("x")));
    float[] x = x();
    Random random = new Random(9);
    float[] slopes = new float[x.length];
    for (int i = 0; i < slopes.length; i++) {
      slopes[i] = (float) random.nextGaussian();
    }
    float[] identity = new float[WIDTH * WIDTH];
    for (int i = 0; i < WIDTH; i++) {
      identity[i * WIDTH + i] = 1;
    }
    try (Plan plan = new Planner(Backend.named("onednn")).plan(graph,
        name -> new Tensor(DType.F32, Shape.of(WIDTH, WIDTH), MemorySegment.ofArray(new float[WIDTH * WIDTH])))) {
      plan.in("x").write(x);
      plan.in("dy").write(slopes);
      plan.in("unet." + LowRank.DROPOUT_KEY).write(new long[] {7});
      plan.in("to_q.lora_A.weight").write(identity);
      plan.in("to_q.lora_B.weight").write(identity);
      plan.run();
      float[] dropped = plan.out("y").toFloats(); // 2 dropout(x)
      float[] dx = plan.out("dx").toFloats();
      float[] da = plan.out("dA").toFloats();
      for (int i = 0; i < x.length; i++) {
        assertThat(dx[i]).isCloseTo(dropped[i] == 0 ? 0 : 2 * slopes[i] / (1 - (float) DROPOUT), within(1e-5f));
      }
      for (int r = 0; r < WIDTH; r++) {
        for (int c = 0; c < WIDTH; c++) {
          double sum = 0;
          for (int n = 0; n < ROWS; n++) {
            sum += (double) slopes[n * WIDTH + r] * dropped[n * WIDTH + c];
          }
          assertThat((double) da[r * WIDTH + c]).isCloseTo(sum, within(1e-3));
        }
      }
    }
  }
}
