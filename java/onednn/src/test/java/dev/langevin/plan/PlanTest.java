package dev.langevin.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import dev.langevin.backend.Backend;
import dev.langevin.backend.Block;
import dev.langevin.graph.Graph;
import dev.langevin.graph.GraphBuilder;
import dev.langevin.graph.Op;
import dev.langevin.graph.Value;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PlanTest {

  private static Plan plan(String backend) {
    GraphBuilder b = new GraphBuilder();
    Value changing = b.input("changing", DType.F32, 1, 4);
    Value steady = b.steadyInput("steady", DType.F32, 1, 4);
    Value doubled = b.affine("doubled", steady, 2, 0);
    Value x = changing;
    for (int i = 0; i < 4; i++) { // results that would overwrite the steady one if its memory were taken for free
      x = b.affine("x" + i, x, 1, 1);
    }
    b.output("out", b.add("sum", x, doubled));
    Graph graph = b.build();
    return new Planner(Backend.named(backend)).plan(graph, name -> {
      throw new AssertionError(name);
    });
  }

  private static void write(Plan plan, String input, float value) {
    plan.in(input).write(new float[] {value, value, value, value});
  }

  /**
   * Catches steady results that are computed anew in each run, and those whose memory another result takes between
   * runs.
   */
  @ParameterizedTest
  @ValueSource(strings = {"onednn", "reference", "far"})
  void shouldComputeWhatDependsOnSteadyInputsOnceForManyRuns(String backend) {
    try (Plan plan = plan(backend)) {
      write(plan, "steady", 10);
      plan.prepare();
      write(plan, "steady", 99);
      for (int run = 0; run < 3; run++) {
        write(plan, "changing", run);
        plan.run();
        assertThat(plan.out("out").toFloats()[3]).isEqualTo(run + 4 + 20);
      }
      plan.prepare();
      plan.run();
      assertThat(plan.out("out").toFloats()).containsOnly(2 + 4 + 198);
    }
  }

  /**
   * Catches a steady block that lacks something that runs read, or lies apart: a run would go on with another's prompt.
   */
  @ParameterizedTest
  @ValueSource(strings = {"onednn", "reference", "far"})
  void shouldGoOnWithAnotherRunsSteadyValues(String backend) {
    try (Plan plan = plan(backend); Block own = Backend.named(backend).memory().allocate(plan.steadyBlock().bytes())) {
      write(plan, "changing", 1);
      write(plan, "steady", 10);
      plan.prepare();
      own.copyFrom(plan.steadyBlock());
      write(plan, "steady", 99);
      plan.prepare();
      plan.run();
      assertThat(plan.out("out").toFloats()).containsOnly(1 + 4 + 198);
      plan.steadyBlock().copyFrom(own);
      plan.run();
      assertThat(plan.out("out").toFloats()).containsOnly(1 + 4 + 20);
    }
  }

  /** Catches slices that leave an op out or run one twice, and programs that cannot be stopped half-way. */
  @ParameterizedTest
  @ValueSource(strings = {"onednn", "far"})
  void shouldComputeTheSameInSlices(String backend) {
    GraphBuilder b = new GraphBuilder();
    Value x = b.input("in", DType.F32, 1, 64, 64, 32);
    for (int i = 0; i < 12; i++) { // 0.9 GFLOP
      x = b.conv2d("conv" + i, x, 32, 3, 1, Op.Padding.of(1));
    }
    b.output("out", x);
    Graph graph = b.build();
    try (Plan plan = new Planner(Backend.named(backend)).plan(graph, name -> noise(graph.storedWeights().get(name)))) {
      plan.in("in").write(noise(plan.in("in").shape()));
      plan.run();
      float[] whole = plan.out("out").toFloats();
      plan.in("in").fill(0);
      plan.run();
      plan.in("in").write(noise(plan.in("in").shape()));
      assertThat(plan.slices()).isBetween(4, 12);
      for (int slice = 0; slice < plan.slices(); slice++) {
        plan.run(slice);
      }
      assertThat(plan.out("out").toFloats()).containsExactly(whole);
    }
    try (Plan small = plan("onednn")) {
      assertThat(small.slices()).as("slices of what is done in a moment").isEqualTo(1);
    }
  }

  /** Catches a value written where its shape or type does not belong. */
  @Test
  void shouldRefuseWhatDoesNotFitItsPort() {
    try (Plan plan = plan("onednn")) {
      assertThatThrownBy(() -> plan.in("steady").write(new float[3])).hasMessage("steady: 3 values do not fit [1, 4]");
      assertThatThrownBy(() -> plan.in("steady").write(new long[4]))
          .hasMessage("steady: values of I64 cannot be written to F32");
      assertThatThrownBy(() -> plan.in("steady").writeRows(Tensor.ofFloats(new float[8], 2, 4), 0, 2))
          .hasMessage("steady: rows of [2, 4] do not fit rows 0 to 1 of [1, 4]");
      assertThatThrownBy(() -> plan.in("stead"))
          .hasMessageContaining("no input is named 'stead'; there are [changing, steady]");
    }
  }

  /** Catches a run on memory that nobody wrote. */
  @ParameterizedTest
  @ValueSource(strings = {"onednn", "reference", "far"})
  void shouldRefuseToRunUnprepared(String backend) {
    try (Plan plan = plan(backend)) {
      assertThatIllegalStateException().isThrownBy(plan::run).withMessageContaining("call prepare()");
    }
  }

  /** Catches a size that is told before planning and is not what planning takes. */
  @ParameterizedTest
  @ValueSource(strings = {"onednn", "reference", "far"})
  void shouldTellTheSizeBeforePlanning(String backend) {
    Graph graph = linear(3);
    Planner planner = new Planner(Backend.named(backend));
    try (Plan plan = planner.plan(graph, name -> ones(graph.storedWeights().get(name)))) {
      assertThat(planner.size(graph)).isEqualTo(plan.size());
      assertThat(plan.size().weights()).isGreaterThanOrEqualTo((8 * 16 + 16) * 4);
    }
  }

  /** Catches a plan of another size that reads its weights anew, and one that loses those that it took over. */
  @ParameterizedTest
  @ValueSource(strings = {"onednn", "reference", "far"})
  void shouldTakeOverThePackedWeightsOfAnEarlierPlan(String backend) {
    Planner planner = new Planner(Backend.named(backend));
    AtomicInteger read = new AtomicInteger();
    Graph small = linear(3);
    Plan plan = planner.plan(small, name -> {
      read.incrementAndGet();
      return ones(small.storedWeights().get(name));
    });
    for (int rows : new int[] {5, 2}) {
      plan = planner.beside(List.of(plan), linear(rows), name -> {
        throw new AssertionError(name + " is read again");
      }, Long.MAX_VALUE, plan::close);
    }
    try (Plan last = plan) {
      assertThat(read).hasValue(2);
      last.in("in").write(ones(last.in("in").shape()));
      last.run();
      assertThat(last.out("out").toFloats()).containsOnly(9);
    }
  }

  /** Catches a limit that fast kernels' weights do not heed, and one that changes results. */
  @Test
  void shouldPreferSmallerWeightsToMoreMemoryThanAllowed() {
    GraphBuilder b = new GraphBuilder();
    Value x = b.input("in", DType.F32, 1, 32, 32, 64);
    for (int i = 0; i < 3; i++) {
      x = b.conv2d("conv" + i, x, i == 1 ? 128 : 64, 3, 1, Op.Padding.of(1));
    }
    b.output("out", x);
    Graph graph = b.build();
    Planner planner = new Planner(Backend.named("onednn"));
    long fastest = planner.size(graph).bytes();
    long limit = fastest - 100_000;
    long smallest = planner.size(graph, 1).bytes();
    assertThat(planner.size(graph, limit).bytes()).isLessThanOrEqualTo(limit).isGreaterThan(smallest);
    assertThat(smallest).isLessThan(fastest - (64 * 64 + 2 * 64 * 128) * (36 - 9) * 4 + 100_000);
    float[] expected = result(planner, graph, Long.MAX_VALUE);
    float[] got = result(planner, graph, limit);
    for (int i = 0; i < expected.length; i++) {
      assertThat(got[i]).isCloseTo(expected[i], offset(1e-4f));
    }
    assertThatThrownBy(() -> planner.plan(graph, name -> noise(graph.storedWeights().get(name)), smallest - 1))
        .isInstanceOf(PlanException.class)
        .hasMessageContaining("the limit is " + (smallest - 1));
  }

  private static float[] result(Planner planner, Graph graph, long limit) {
    try (Plan plan = planner.plan(graph, name -> noise(graph.storedWeights().get(name)), limit)) {
      plan.in("in").write(noise(plan.in("in").shape()));
      plan.run();
      return plan.out("out").toFloats();
    }
  }

  private static Tensor noise(Shape shape) {
    Random random = new Random(3);
    float[] values = new float[(int) shape.elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian() * 0.05f;
    }
    return Tensor.ofFloats(values, shape.dims());
  }

  private static Graph linear(int rows) {
    GraphBuilder b = new GraphBuilder();
    b.output("out", b.linear("layer", b.input("in", DType.F32, rows, 8), 16, true));
    return b.build();
  }

  private static Tensor ones(Shape shape) {
    float[] values = new float[(int) shape.elements()];
    java.util.Arrays.fill(values, 1);
    return Tensor.ofFloats(values, shape.dims());
  }
}
