package dev.langevin.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.backend.Backend;
import dev.langevin.backend.BackendOptions;
import dev.langevin.backend.Precision;
import dev.langevin.backend.SharedDevice;
import dev.langevin.graph.Activation;
import dev.langevin.graph.Graph;
import dev.langevin.graph.GraphBuilder;
import dev.langevin.graph.Op.Padding;
import dev.langevin.graph.Value;
import dev.langevin.plan.Plan;
import dev.langevin.plan.PlanSize;
import dev.langevin.plan.PlannedOp;
import dev.langevin.plan.Planner;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.NotFiniteException;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.EnumSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Values between layers in 16 bits: which do, what that saves, and what it costs. */
class HalfValuesTest {

  /** Of a difference from f32, which nothing that is rounded is below, and which roundings of so many bits make up. */
  static final Map<Precision, Double> LEAST = Map.of(Precision.F16, 1e-5, Precision.BF16, 1e-4, Precision.INT8, 1e-4);

  static final Map<Precision, Double> MOST = Map.of(Precision.TF32, 1e-5, Precision.F16, 0.02 / 8, Precision.BF16,
      0.02, Precision.INT8, 0.02);

  @BeforeAll
  static void requireDriver() {
    EmulatedDriver.require();
  }

  @BeforeEach
  @AfterEach
  void reset() {
    EmulatedDriver.control("reset");
  }

  /** What a U-Net has between its ends, whose first layer is a skip connection to the last but one. */
  private static Graph graph() {
    GraphBuilder b = new GraphBuilder();
    Value text = b.steadyInput("text", DType.F32, 2, 9, 12);
    Value time = b.input("time", DType.F32, 2);
    Value first = b.conv2d("first", b.toChannelsLast("last", b.input("in", DType.F32, 2, 4, 8, 6)), 16, 3, 1,
        Padding.of(1));
    Value row = b.linear("row", b.timeEmbedding("embedding", time, 8, true, 0), 16, true);
    Value x = b.activate("silu", b.groupNorm("norm", b.add("timed", first, row), 2, 1e-5), Activation.SILU);
    x = b.add("sum", b.conv2d("residual", b.activate("relu", b.conv2d("wide", x, 24, 3, 1, Padding.of(1)),
        Activation.RELU), 16, 3, 1, Padding.of(1)), first);
    x = b.averagePool("half", x, 2);
    Value rows = b.reshape("rows", x, 2, 12, 16);
    rows = b.add("seen", b.linear("out", b.attention("self",
        b.linear("qkv", b.layerNorm("rows_norm", rows, 1e-5), 48, false), 2), 16, true), rows);
    rows = b.attention("cross", b.linear("q", rows, 16, false), b.linear("kv", text, 32, false), 2);
    x = b.upsampleNearest("double", b.reshape("picture", rows, 2, 4, 3, 16), 2);
    x = b.conv2d("narrow", b.concat("skip", x, first), 16, 1, 1, Padding.of(0));
    b.output("answer", b.toChannelsFirst("channels_first", b.conv2d("final", x, 4, 3, 1, Padding.of(1))));
    return b.build();
  }

  /** The same numbers for the same name. */
  private static Tensor noise(String name, Shape shape, double deviation) {
    Random random = new Random(name.hashCode());
    float[] values = new float[Math.toIntExact(shape.elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextGaussian() * deviation);
    }
    return Tensor.ofFloats(values, shape.dims());
  }

  private static Plan plan(Backend backend, Precision precision) {
    Graph graph = graph();
    Map<String, Shape> stored = graph.storedWeights();
    Plan plan = new Planner(backend, precision).plan(graph, name -> {
      Shape shape = stored.get(name);
      return noise(name, shape, shape.rank() == 1 ? 0.5 : Math.sqrt((double) shape.dim(0) / shape.elements()));
    });
    for (String name : List.of("in", "text")) {
      plan.in(name).write(noise(name, plan.in(name).shape(), 1));
    }
    plan.in("time").fill(7);
    plan.prepare();
    return plan;
  }

  private static List<float[]> answers(Backend backend, Precision precision, int runs) {
    return backend.call(() -> {
      try (Plan plan = plan(backend, precision)) {
        List<float[]> answers = new ArrayList<>();
        for (int run = 0; run < runs; run++) {
          plan.run();
          answers.add(plan.out("answer").toFloats());
        }
        return answers;
      }
    });
  }

  /** Root mean square, relative to that of what is expected. */
  static double difference(float[] got, float[] expected) {
    double difference = 0;
    double size = 0;
    for (int i = 0; i < got.length; i++) {
      difference += Math.pow((double) got[i] - expected[i], 2);
      size += Math.pow(expected[i], 2);
    }
    return Math.sqrt(difference / size);
  }

  /**
   * The ends, the time's row and what a kernel knows in f32 alone are not among them; a reshape is as what it names.
   */
  @ParameterizedTest
  @EnumSource(names = {"F32", "TF32", "F16", "BF16", "INT8"})
  void shouldKeepValuesBetweenLayersInHalves(Precision precision) {
    try (Backend backend = Backend.open("cuda", BackendOptions.usual())) {
      try (Plan plan = plan(backend, precision)) {
        DType between = Stored.between(precision);
        Map<DType, List<PlannedOp>> types =
            plan.ops().stream().collect(Collectors.groupingBy(op -> op.node().output().dtype()));
        assertThat(types.keySet()).isEqualTo(EnumSet.of(DType.F32, between));
        List<String> halves = between == DType.F32 ? List.of()
            : types.get(between).stream().map(op -> op.node().output().name()).toList();
        assertThat(halves).containsExactlyInAnyOrder(between == DType.F32 ? new String[0]
            : new String[] {"silu", "relu", "sum", "half", "rows_norm", "qkv", "self", "seen", "q", "kv", "cross",
                "double", "skip"});
        assertThat(plan.ops()).allMatch(op -> op.bytes() == op.node().output().shape().elements()
            * (halves.contains(op.node().output().name()) ? 2 : 4));
      }
    }
  }

  /** By own kernels, and by engines that read and give halves: op by op, captured and replayed. */
  @ParameterizedTest
  @CsvSource({"F16,false", "F16,true", "BF16,false", "BF16,true", "TF32,true", "INT8,false", "INT8,true"})
  void shouldComputeCloseToFullPrecision(Precision precision, boolean engines) {
    List<Engines> made = new ArrayList<>();
    EngineKernels library = new EngineKernels(session -> {
      if (made.isEmpty()) {
        made.add(new Engines(session, new EmulatedEngines(session, "right"), new KeptEngines(null), 1));
      }
      return made.getFirst();
    });
    float[] expected;
    try (Backend reference = Backend.open("reference", BackendOptions.usual())) {
      expected = answers(reference, Precision.F32, 1).getFirst();
    }
    SharedDevice<Gpu> gpu = new SharedDevice<>("cuda:0", ignored -> new Gpu(0));
    List<OpKernels> kernels = engines ? List.of(library, new OwnKernels()) : List.of(new OwnKernels());
    try (Backend backend = new CudaBackend(gpu.open(BackendOptions.usual()), kernels)) {
      try {
        List<float[]> answers = answers(backend, precision, 3);
        double difference = difference(answers.getFirst(), expected);
        System.out.printf("values in %s differ by %.2e%s%n", precision, difference, engines ? ", by engines" : "");
        assertThat(difference).isBetween(precision == Precision.TF32 ? 0 : LEAST.get(precision), MOST.get(precision));
        assertThat(answers).allSatisfy(each -> assertThat(each).containsExactly(answers.getFirst()));
      } finally {
        backend.call(() -> {
          made.forEach(Engines::close);
          return null;
        });
      }
    }
  }

  /** Catches a text's values in halves that each run computes again. */
  @ParameterizedTest
  @EnumSource(names = {"F16", "BF16", "INT8"})
  void shouldComputeWhatIsSteadyOnce(Precision precision) {
    try (Backend backend = Backend.open("cuda", BackendOptions.usual())) {
      backend.call(() -> {
        try (Plan plan = plan(backend, precision)) {
          plan.run();
          float[] answer = plan.out("answer").toFloats();
          plan.in("text").fill(1);
          plan.run();
          assertThat(plan.out("answer").toFloats()).containsExactly(answer);
          plan.prepare();
          plan.run();
          assertThat(difference(plan.out("answer").toFloats(), answer)).isGreaterThan(1e-3);
        }
        return null;
      });
    }
  }

  /** Catches a kind of value that is forgotten, and a plan whose bytes are not those of what it holds. */
  @Test
  void shouldHalveTheActivationsOfStableDiffusion() throws IOException {
    Graph graph = ModelLayers.stableDiffusion();
    try (Backend backend = Backend.open("cuda", BackendOptions.usual())) {
      PlanSize full = new Planner(backend, Precision.F32).size(graph);
      PlanSize half = new Planner(backend, Precision.BF16).size(graph);
      assertThat(new Planner(backend, Precision.F16).size(graph)).isEqualTo(half);
      System.out.printf("activations of SD 1.5 at 512 by 512: %,d bytes in f32, %,d in bf16%n", full.activations(),
          half.activations());
      assertThat((double) half.activations() / full.activations()).isBetween(0.5, 0.55);
    }
  }

  /** Catches values of 16 bits at which nobody looks. */
  @ParameterizedTest
  @CsvSource({"F16,300", "BF16,1e30"})
  void shouldTellWhichValueInHalvesIsNotFinite(Precision precision, double large) {
    GraphBuilder b = new GraphBuilder();
    Value x = b.affine("large", b.input("in", DType.F32, 2, 20, 3), large, 0);
    b.output("out", b.affine("small", b.multiply("square", x, x), 0, 1));
    try (Backend backend = Backend.open("cuda", BackendOptions.usual());
        Plan plan = new Planner(backend, precision).plan(b.build(), name -> null)) {
      backend.call(() -> {
        plan.watch(true);
        plan.in("in").fill((float) (1 / large));
        plan.run();
        plan.in("in").fill(1);
        assertThatThrownBy(plan::run).isInstanceOf(NotFiniteException.class).hasMessage(
            "square [2, 20, 3], computed by lgc_pointwise, holds NaN or infinite values");
        return null;
      });
    }
  }

  @Test
  void shouldLeaveInputsOutputsAndWeightsAsTheyAre() {
    Graph graph = graph();
    for (Value value : List.of(graph.inputs().get("in"), graph.outputs().get("answer"), graph.weights().getFirst())) {
      assertThatThrownBy(() -> graph.as(Map.of(value, DType.BF16))).isInstanceOf(IllegalArgumentException.class)
          .hasMessage(value + " is no value between two layers; it keeps F32");
    }
  }
}
