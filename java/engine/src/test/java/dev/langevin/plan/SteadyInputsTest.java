package dev.langevin.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.langevin.backend.Backend;
import dev.langevin.graph.Graph;
import dev.langevin.graph.GraphBuilder;
import dev.langevin.graph.Value;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SteadyInputsTest {

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
    plan.input(input).data().copyFrom(MemorySegment.ofArray(new float[] {value, value, value, value}));
  }

  /** Catches steady results that are computed anew in each run, and those whose memory another result takes between runs. */
  @ParameterizedTest
  @ValueSource(strings = {"onednn", "reference"})
  void shouldComputeWhatDependsOnSteadyInputsOnceForManyRuns(String backend) {
    try (Plan plan = plan(backend)) {
      write(plan, "steady", 10);
      plan.prepare();
      write(plan, "steady", 99);
      for (int run = 0; run < 3; run++) {
        write(plan, "changing", run);
        plan.run();
        assertThat(plan.output("out").data().getAtIndex(ValueLayout.JAVA_FLOAT, 3)).isEqualTo(run + 4 + 20);
      }
      plan.prepare();
      plan.run();
      assertThat(plan.output("out").toFloats()).containsOnly(2 + 4 + 198);
    }
  }

  /** Catches a run on memory that nobody wrote. */
  @ParameterizedTest
  @ValueSource(strings = {"onednn", "reference"})
  void shouldRefuseToRunUnprepared(String backend) {
    try (Plan plan = plan(backend)) {
      assertThatIllegalStateException().isThrownBy(plan::run).withMessageContaining("call prepare()");
    }
  }

  /** Catches a size that is told before planning and is not what planning takes. */
  @ParameterizedTest
  @ValueSource(strings = {"onednn", "reference"})
  void shouldTellTheSizeBeforePlanning(String backend) {
    GraphBuilder b = new GraphBuilder();
    b.output("out", b.linear("layer", b.input("in", DType.F32, 3, 8), 16, true));
    Graph graph = b.build();
    Planner planner = new Planner(Backend.named(backend));
    try (Plan plan = planner.plan(graph, name -> Tensor.allocate(DType.F32, graph.storedWeights().get(name)))) {
      assertThat(planner.size(graph)).isEqualTo(plan.size());
      assertThat(plan.size().weights()).isGreaterThanOrEqualTo((8 * 16 + 16) * 4);
    }
  }
}
