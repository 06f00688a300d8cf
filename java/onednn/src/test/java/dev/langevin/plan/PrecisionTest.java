package dev.langevin.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.langevin.backend.Backend;
import dev.langevin.backend.Precision;
import dev.langevin.bindings.onednn.OneDnn;
import dev.langevin.graph.Activation;
import dev.langevin.graph.Graph;
import dev.langevin.graph.GraphBuilder;
import dev.langevin.graph.Op;
import dev.langevin.graph.Value;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class PrecisionTest {

  /** All that follows a layer in a U-Net, between two ends. */
  private static Graph graph() {
    GraphBuilder b = new GraphBuilder();
    Value x = b.conv2d("first", b.input("in", DType.F32, 1, 16, 16, 4), 32, 3, 1, Op.Padding.of(1));
    Value y = b.activate("silu", b.conv2d("wide", x, 48, 3, 1, Op.Padding.of(1)), Activation.SILU);
    y = b.affine("half", b.add("sum", b.conv2d("residual", y, 32, 3, 1, Op.Padding.of(1)), x), 0.5, 0);
    y = b.conv2d("down", y, 40, 3, 2, Op.Padding.of(1));
    y = b.reshape("rows", y, 1, 64, 40);
    Value gate = b.activate("gelu", b.linear("gate", y, 64, true), Activation.GELU);
    y = b.linear("narrow", b.multiply("gated", b.linear("value", y, 64, true), gate), 24, false);
    b.output("out", b.linear("last", y, 4, true));
    return b.build();
  }

  /**
   * Attention of each kind: of a U-Net's pixels among themselves and to a text, of a text's tokens, and with a mask.
   */
  private static Graph attentionGraph() {
    GraphBuilder b = new GraphBuilder();
    Value pixels = b.input("in", DType.F32, 2, 40, 60);
    Value q = b.input("q", DType.F32, 2, 70, 20);
    Value kv = b.input("kv", DType.F32, 2, 9, 40);
    b.output("self_out", b.attention("self", pixels, 2));
    b.output("cross_out", b.attention("cross", q, kv, 2));
    b.output("causal_out", b.selfAttention("causal", pixels, 2, true, null));
    b.output("masked_out", b.attention("masked", q, kv, 2, b.input("mask", DType.F32, 2, 9)));
    return b.build();
  }

  private static Map<String, float[]> attend(Plan plan) {
    for (String name : List.of("in", "q", "kv", "mask")) {
      plan.in(name).write(noise(name, plan.in(name).shape(), 1));
    }
    plan.run();
    Map<String, float[]> results = new HashMap<>();
    for (String name : List.of("self", "cross", "causal", "masked")) {
      results.put(name, plan.out(name + "_out").toFloats());
    }
    return results;
  }

  private static double relativeDifference(float[] got, float[] expected) {
    double difference = 0;
    double size = 0;
    for (int i = 0; i < got.length; i++) {
      difference += (got[i] - expected[i]) * (got[i] - expected[i]);
      size += expected[i] * expected[i];
    }
    return Math.sqrt(difference / size);
  }

  private static Tensor noise(String name, Shape shape) {
    return noise(name, shape, shape.rank() == 1 ? 0.1 : Math.sqrt((double) shape.dim(0) / shape.elements()));
  }

  private static Tensor noise(String name, Shape shape, double deviation) {
    Random random = new Random(name.hashCode());
    float[] values = new float[(int) shape.elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextGaussian() * deviation);
    }
    return Tensor.ofFloats(values, shape.dims());
  }

  private static Plan plan(String backend, Precision precision) {
    Graph graph = graph();
    return new Planner(Backend.named(backend), precision).plan(graph,
        name -> noise(name, graph.storedWeights().get(name)));
  }

  private static float[] run(Plan plan) {
    Random random = new Random(1);
    float[] values = new float[16 * 16 * 4];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    plan.in("in").write(Tensor.ofFloats(values, 1, 16, 16, 4));
    plan.run();
    return plan.out("out").toFloats();
  }

  @Test
  void shouldKeepTheEndsInFullPrecision() {
    try (Plan plan = plan("onednn", Precision.INT8)) {
      Map<String, String> kernels = new HashMap<>();
      plan.ops()
          .forEach(op -> kernels.merge(op.implementation().startsWith("int8:") ? "int8" : "f32",
              op.node().input(1).parts().getFirst().name(),
              (a, b) -> a + " " + b));
      assertThat(kernels.get("f32").split(" ")).containsExactlyInAnyOrder("first.weight", "last.weight");
      assertThat(kernels.get("int8").split(" ")).containsExactlyInAnyOrder(
          "wide.weight", "residual.weight", "down.weight", "gate.weight", "value.weight", "narrow.weight");
    }
  }

  /**
   * The lower bounds catch a precision that is not used, the upper ones a wrong kernel; tiles of AMX are filled up with
   * zeros.
   */
  @ParameterizedTest
  @CsvSource({"INT8, 1e-4, 0.02, 0.5", "BF16, 1e-4, 0.01, 0.75"})
  void shouldComeCloseToFullPrecisionInLessMemory(Precision precision, double least, double most, double memory) {
    String refusal = Backend.named("onednn").refusal(precision);
    assumeTrue(refusal == null, refusal);
    try (Plan coarse = plan("onednn", precision);
        Plan exact = plan("reference", Precision.F32)) {
      float[] got = run(coarse);
      assertThat(relativeDifference(got, run(exact))).isBetween(least, most);
      assertThat(coarse.size().weights()).isLessThan((long) (memory * exact.size().weights()));
      assertThat(run(coarse)).containsExactly(got);
    }
  }

  /** Not by the first layer that is planned: oneDNN's own message tells neither processor nor remedy. */
  @Test
  void shouldRefuseBf16WhereTheProcessorLacksIt() {
    Backend onednn = Backend.named("onednn");
    String refusal = onednn.refusal(Precision.BF16);
    assumeTrue(refusal != null, "this processor has bf16");
    assertThat(onednn.facts().get("precisions")).isEqualTo("f32, bf16 (not on this processor), int8");
    assertThatThrownBy(() -> new Planner(onednn, Precision.BF16)).isInstanceOf(PlanException.class)
        .hasMessage("precision bf16 needs a processor for which oneDNN has kernels of bfloat16 (avx512_core or newer),"
            + " and this one offers " + OneDnn.effectiveCpuIsa() + "; use f32, or int8, which takes less memory still");
  }

  @ParameterizedTest
  @EnumSource(names = {"TF32", "F16"})
  void shouldRefuseWhatGpusAloneHave(Precision precision) {
    assertThatThrownBy(() -> new Planner(Backend.named("onednn"), precision)).isInstanceOf(PlanException.class)
        .hasMessage("the backend onednn has no precision " + precision.name().toLowerCase(Locale.ROOT)
            + ", which is for GPUs; use f32, bf16 or int8, or the backend cuda");
  }

  @Test
  void shouldHaveEachPrecisionThatItDoesNotRefuse() {
    assertThat(Backend.named("onednn").refusal(Precision.F32)).isNull();
    assertThat(Backend.named("onednn").refusal(Precision.INT8)).isNull();
    assertThat(Backend.named("reference").refusal(Precision.BF16)).isNull();
  }

  @Test
  void shouldAttendInBytesWhereNoMaskForbidsIt() {
    try (Plan coarse = new Planner(Backend.named("onednn"), Precision.INT8).plan(attentionGraph(), name -> null);
        Plan exact = new Planner(Backend.named("reference"), Precision.F32).plan(attentionGraph(), name -> null)) {
      Map<String, String> kernels = new HashMap<>();
      coarse.ops().forEach(op -> kernels.put(op.node().output().name(), op.implementation().split(":")[0]));
      assertThat(kernels).containsOnly(Map.entry("self", "int8_attention"), Map.entry("cross", "int8_attention"),
          Map.entry("causal", "flash_attention"), Map.entry("masked", "flash_attention"));
      Map<String, float[]> got = attend(coarse);
      Map<String, float[]> expected = attend(exact);
      assertThat(relativeDifference(got.get("self"), expected.get("self"))).isBetween(1e-4, 0.02);
      assertThat(relativeDifference(got.get("cross"), expected.get("cross"))).isBetween(1e-4, 0.02);
      assertThat(relativeDifference(got.get("causal"), expected.get("causal"))).isLessThan(1e-6);
      assertThat(relativeDifference(got.get("masked"), expected.get("masked"))).isLessThan(1e-6);
    }
  }
}
