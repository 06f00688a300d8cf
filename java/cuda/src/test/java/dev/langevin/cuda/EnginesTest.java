package dev.langevin.cuda;

import static dev.langevin.cuda.EmulatedDriver.control;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import dev.langevin.backend.Backend;
import dev.langevin.backend.BackendOptions;
import dev.langevin.backend.DeviceLostException;
import dev.langevin.backend.Precision;
import dev.langevin.backend.PreparedOp;
import dev.langevin.backend.SharedDevice;
import dev.langevin.bindings.LiveHandles;
import dev.langevin.bindings.cuda.CudaDevice;
import dev.langevin.bindings.cudnn.DataType;
import dev.langevin.graph.Activation;
import dev.langevin.graph.Node;
import dev.langevin.graph.Op;
import dev.langevin.graph.PostOp;
import dev.langevin.graph.Value;
import dev.langevin.graph.Value.WeightPart;
import dev.langevin.plan.PlannedOp;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The choice among a library's engines, whose part emulated ones take: those of cuDNN run on a device alone. */
class EnginesTest {

  private static final Op.Padding ASYMMETRIC = new Op.Padding(0, 1, 1, 0);

  @TempDir
  private Path folder;

  private final Map<LiveHandles.Kind, Long> before = LiveHandles.counts();
  private Session session;

  @BeforeAll
  static void requireDriver() {
    EmulatedDriver.require();
  }

  @BeforeEach
  void open() {
    control("reset");
    session = new Session(CudaDevice.of(0));
  }

  /** Catches an engine or memory of a trial that nobody ends. */
  @AfterEach
  void close() {
    session.close();
    control("reset");
    assertThat(LiveHandles.counts()).isEqualTo(before);
  }

  private static Value weight(int id, long... dims) {
    return new Value(id, "w" + id, DType.F32, Shape.of(dims),
        List.of(new WeightPart("w" + id, Shape.of(dims), 0, dims[0])));
  }

  private static Value value(int id, long... dims) {
    return new Value(id, "v" + id, DType.F32, Shape.of(dims), List.of());
  }

  private static Node linear() {
    return new Node(
        new Op.Linear(true, List.of(new PostOp.Activate(Activation.GELU), new PostOp.MultiplyInput(3),
            new PostOp.Multiply(0.5))),
        List.of(value(0, 2, 5, 24), weight(1, 40, 24), weight(2, 40), value(3, 2, 5, 40)), value(4, 2, 5, 40));
  }

  /** One of each kind that networks have, at odd sizes. */
  private static List<Node> layers() {
    List<Node> layers = new ArrayList<>(List.of(linear()));
    for (Activation function : Activation.values()) {
      if (function != Activation.LEAKY_RELU) {
        layers.add(new Node(new Op.Linear(true, List.of(new PostOp.Activate(function))),
            List.of(value(0, 3, 16), weight(1, 8, 16), weight(2, 8)), value(3, 3, 8)));
      }
    }
    layers.add(new Node(new Op.Conv2d(2, ASYMMETRIC, true, List.of(new PostOp.AddInput(3))),
        List.of(value(0, 2, 8, 6, 5), weight(1, 7, 5, 3, 3), weight(2, 7), value(3, 2, 3, 2, 7)),
        value(4, 2, 3, 2, 7)));
    layers.add(new Node(
        new Op.Conv2d(1, Op.Padding.of(1), true,
            List.of(new PostOp.AddInput(3), new PostOp.Activate(Activation.SILU), new PostOp.AddInput(4))),
        List.of(value(0, 2, 4, 6, 8), weight(1, 16, 8, 3, 3), weight(2, 16), value(3, 2, 16), value(4, 1, 4, 6, 16)),
        value(5, 2, 4, 6, 16)));
    layers.add(new Node(new Op.Conv2d(1, Op.Padding.of(0), false, List.of()),
        List.of(value(0, 1, 4, 4, 8), weight(1, 16, 8, 1, 1)), value(2, 1, 4, 4, 16)));
    layers.add(new Node(new Op.Attention(2, 0.35, Op.Packing.QKV, false, false), List.of(value(0, 2, 9, 48)),
        value(1, 2, 9, 16)));
    layers.add(new Node(new Op.Attention(2, 0.35, Op.Packing.Q_KV, false, false),
        List.of(value(0, 2, 9, 16), value(1, 2, 5, 32)), value(2, 2, 9, 16)));
    return layers;
  }

  /** Catches a wrong stride, padding, order of steps, conversion or place in memory of every kind of graph. */
  @ParameterizedTest
  @EnumSource(value = Arithmetic.class, mode = EnumSource.Mode.EXCLUDE, names = "F8")
  void shouldDescribeLayersAsTheSimpleKernelComputesThem(Arithmetic arithmetic) {
    EmulatedEngines library = new EmulatedEngines(session, "right");
    int graphs = 0;
    Set<DataType> results = EnumSet.of(DataType.F32, arithmetic == Arithmetic.S8 ? DataType.F16 : arithmetic.values);
    for (DataType result : results) {
      for (Node layer : layers()) {
        LayerGraph graph = LayerGraph.of(layer, arithmetic, result);
        if (graph != null) {
          graphs++;
          try (Trial trial = new Trial(session, layer, graph); Engine engine = library.candidates(graph).next()) {
            assertThat(trial.of(engine).difference()).as(graph.toString()).isLessThan(trial.bound());
          }
        }
      }
    }
    boolean none = arithmetic.values == DataType.F32 || arithmetic.scaled();
    int attention = none ? 2 : 0; // which those have none of
    assertThat(graphs).isEqualTo(results.size() * (layers().size() - attention));
    assertThat(library.live()).isZero();
  }

  /** Catches a layer whose values lie as its engine reads and gives them, and are converted all the same. */
  @ParameterizedTest
  @EnumSource(names = {"F16", "BF16"})
  void shouldConvertWhatLiesInAnotherTypeAlone(Precision precision) {
    try (Engines engines = engines(new EmulatedEngines(session, "right"), 1)) {
      EngineKernels kernels = new EngineKernels(each -> engines);
      for (Node layer : layers()) {
        try (PreparedOp op = kernels.prepare(session, halves(layer, Stored.between(precision)), precision);
            PreparedOp wide = kernels.prepare(session, layer, precision)) {
          assertThat(op.scratchBytes()).as(layer.toString()).isEqualTo(64); // the engine's own
          assertThat(wide.scratchBytes()).as(layer.toString()).isGreaterThan(64);
        }
      }
    }
  }

  /** Catches attention without an engine in int8, and layers that the simple kernel gets for want of one of bytes. */
  @Test
  void shouldMultiplyBytesWhereTheLibraryDoesAndHalvesElsewhere() {
    try (Engines engines = engines(new EmulatedEngines(session, "right"), 1)) {
      for (Node layer : layers()) {
        String expected = layer.op() instanceof Op.Attention ? "emulated:f16:right" : "emulated:s8:right";
        try (PreparedOp op =
            new EngineKernels(each -> engines).prepare(session, halves(layer, DType.F16), Precision.INT8)) {
          assertThat(op.implementation()).as(layer.toString()).isEqualTo(expected);
        }
      }
    }
    try (Engines engines = engines(new EmulatedEngines(session, "halves"), 1);
        PreparedOp op = new EngineKernels(each -> engines).prepare(session, linear(), Precision.INT8)) {
      assertThat(op.implementation()).isEqualTo("emulated:f16:halves");
    }
  }

  private static Node halves(Node layer, DType half) {
    return new Node(layer.op(),
        layer.inputs().stream().map(each -> each.isWeight() ? each : each.as(half)).toList(),
        layer.output().as(half));
  }

  /** What it has no operation for, and weights that are computed where it wants them in another type or order. */
  @Test
  void shouldLeaveToTheSimpleKernelWhatTheLibraryLacks() {
    Value x = value(0, 2, 5, 24);
    Value w = weight(1, 40, 24);
    Value y = value(9, 2, 5, 40);
    EmulatedEngines library = new EmulatedEngines(session, "right");
    try (Engines engines = engines(library, 1)) {
      for (Node node : List.of(
          new Node(new Op.Linear(false, List.of(new PostOp.Activate(Activation.LEAKY_RELU))), List.of(x, w), y),
          new Node(new Op.Linear(false, List.of(new PostOp.Prelu(2))), List.of(x, w, weight(2, 40)), y),
          new Node(new Op.Linear(false, List.of(new PostOp.MultiplyInput(2))), List.of(x, w, value(2, 2, 40)), y),
          new Node(new Op.Linear(false, List.of()), List.of(x, value(1, 40, 24)), y),
          new Node(new Op.Attention(2, 1, Op.Packing.QKV, true, false), List.of(value(0, 2, 9, 48)),
              value(1, 2, 9, 16)),
          new Node(new Op.Attention(2, 1, Op.Packing.QKV, false, true), List.of(value(0, 2, 9, 48), value(1, 2, 9)),
              value(2, 2, 9, 16)),
          new Node(new Op.Attention(2, 1, Op.Packing.QKV, false, false), List.of(value(0, 2, 9, 60)),
              value(1, 2, 9, 20)),
          new Node(new Op.Zeros(), List.of(), y))) {
        assertThat(new EngineKernels(each -> engines).prepare(session, node, Precision.BF16)).as(node.toString())
            .isNull();
      }
    }
    assertThat(library.made).isEmpty();
  }

  private PreparedOp prepared(Engines engines, Node node) {
    return new EngineKernels(each -> engines).prepare(session, node, Precision.F32);
  }

  private Engines engines(EmulatedEngines library, int timed) {
    return new Engines(session, library, new KeptEngines(folder), timed);
  }

  @Test
  void shouldDropEnginesThatDifferAndNameThem() {
    EmulatedEngines library = new EmulatedEngines(session, "broken", "wrong", "idle", "right", "slow");
    try (Engines engines = engines(library, 1); PreparedOp op = prepared(engines, linear())) {
      assertThat(op.implementation()).isEqualTo("emulated:f32:right");
      assertThat(op.scratchBytes()).isEqualTo(64);
      assertThat(library.made).doesNotContain("slow");
      assertThat(engines.report()).startsWith("emulated engines: engines for 1 of 1 kinds of layers; dropped: ")
          .contains("broken of v4: linear[[2, 5, 24], [40, 24], [40], [2, 5, 40]] -> [2, 5, 40] failed: it is broken")
          .contains("; wrong of v4: ").contains("; idle of v4: ").contains(" differs by NaN, 6.1e-05 is its bound");
    }
    assertThat(library.live()).isZero();
  }

  @Test
  void shouldTakeTheFastestOfThoseThatAreTimed() {
    EmulatedEngines library = new EmulatedEngines(session, "slow", "wrong", "right");
    try (Engines engines = engines(library, 2); PreparedOp op = prepared(engines, linear())) {
      assertThat(op.implementation()).isEqualTo("emulated:f32:right");
    }
    assertThat(library.live()).isZero();
  }

  /** Catches a choice that is made anew at each start, and one that is made for another library. */
  @Test
  void shouldKeepWhatWasFound() throws IOException {
    Node wide = new Node(new Op.Linear(false, List.of()), List.of(value(0, 3, 16), weight(1, 9, 16)), value(2, 3, 9));
    try (Engines engines = engines(new EmulatedEngines(session, "wrong", "right"), 1)) {
      assertThat(prepared(engines, linear())).isNotNull();
    }
    try (Engines engines = engines(new EmulatedEngines(session, "wrong"), 1)) {
      assertThat(prepared(engines, wide)).isNull();
    }
    EmulatedEngines later = new EmulatedEngines(session, "idle");
    try (Engines engines = engines(later, 1)) {
      for (int twice = 0; twice < 2; twice++) {
        assertThat(prepared(engines, linear()).implementation()).isEqualTo("emulated:f32:right");
        assertThat(prepared(engines, wide)).isNull();
      }
      assertThat(later.made).containsExactly("right");
    }
    for (Path file : files()) {
      Files.writeString(file, Files.readString(file).replace("kept right", "kept"));
    }
    EmulatedEngines anew = new EmulatedEngines(session, "right");
    try (Engines engines = engines(anew, 1)) {
      assertThat(prepared(engines, linear())).isNotNull();
      assertThat(anew.made).containsExactly("right");
    }
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    }
  }

  @Test
  void shouldUseTheSimpleKernelWhereThereIsNoRoomToTry() throws IOException {
    EmulatedEngines library = new EmulatedEngines(session, "right");
    try (Engines engines = engines(library, 1)) {
      for (int call : new int[] {3, 9}) { // for the simple kernel, and for the engine
        control("fail=cuMemAlloc_v2@" + call + ":2");
        assertThat(prepared(engines, linear())).isNull();
        assertThat(library.live()).isZero();
        assertThat(files()).isEmpty();
      }
      control("reset");
      assertThat(prepared(engines, linear())).isNotNull();
    }
  }

  /** Catches a request that fails at each start for the same engine. */
  @Test
  void shouldNotTryAgainWhatMadeTheDeviceFail() {
    try (Engines engines = engines(new EmulatedEngines(session, "right"), 1)) {
      control("fail=kernel@2:719"); // the first is the simple one
      assertThatThrownBy(() -> prepared(engines, linear())).isInstanceOf(DeviceLostException.class);
    }
    session.close();
    session = new Session(CudaDevice.of(0));
    EmulatedEngines later = new EmulatedEngines(session, "right");
    try (Engines engines = engines(later, 1)) {
      assertThat(prepared(engines, linear())).isNull();
      assertThat(later.made).isEmpty();
    }
  }

  /** No engine of cuDNN's runs there. */
  @Test
  void shouldHaveNoLibraryOnTheDriverOnTheProcessor() {
    assertThat(session.engines()).isNull();
    try (Backend backend = Backend.open("cuda", BackendOptions.usual())) {
      assertThat(backend.build()).endsWith(", own kernels");
      assertThat(backend.facts()).doesNotContainKey("engines");
    }
  }

  /** A plan of engines and simple kernels, launched, captured and replayed. */
  @Test
  void shouldComputeANetworkByEnginesAndKernels() {
    List<Engines> made = new ArrayList<>();
    EngineKernels kernels = new EngineKernels(each -> {
      if (made.isEmpty()) {
        made.add(new Engines(each, new EmulatedEngines(each, "wrong", "right"), new KeptEngines(null), 1));
      }
      return made.getFirst();
    });
    float[] expected;
    try (Backend reference = Backend.open("reference", BackendOptions.usual())) {
      expected = outputs(reference, 1).getFirst();
    }
    SharedDevice<Gpu> gpu = new SharedDevice<>("cuda:0", ignored -> new Gpu(0));
    try (Backend backend = new CudaBackend(gpu.open(BackendOptions.usual()), List.of(kernels, new OwnKernels()))) {
      try {
        for (float[] output : outputs(backend, 3)) {
          assertThat(output).containsExactly(expected, offset(1e-4f));
        }
      } finally {
        backend.call(() -> {
          made.forEach(Engines::close);
          return null;
        });
      }
    }
  }

  private static List<float[]> outputs(Backend backend, int runs) {
    return backend.call(() -> {
      try (SmallNetwork network = new SmallNetwork(backend)) {
        List<float[]> outputs = new ArrayList<>();
        if (backend.name().equals("cuda")) {
          assertThat(network.plan().ops().stream().map(PlannedOp::implementation))
              .anyMatch("emulated:f32:right"::equals)
              .anyMatch("lgc_group_norm"::equals);
        }
        for (int run = 0; run < runs; run++) {
          network.input().fill(0.5);
          network.predict(3);
          outputs.add(network.output().read().toFloats());
        }
        return outputs;
      }
    });
  }
}
