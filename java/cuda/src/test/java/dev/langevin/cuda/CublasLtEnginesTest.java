package dev.langevin.cuda;

import static dev.langevin.cuda.EmulatedDriver.control;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.langevin.backend.Backend;
import dev.langevin.backend.BackendOptions;
import dev.langevin.backend.DeviceLostException;
import dev.langevin.backend.Precision;
import dev.langevin.backend.PreparedOp;
import dev.langevin.backend.SharedDevice;
import dev.langevin.bindings.LiveHandles;
import dev.langevin.bindings.NativeException;
import dev.langevin.bindings.abi.NativeFunction;
import dev.langevin.bindings.cublaslt.CublasLtHandle;
import dev.langevin.bindings.cuda.CudaDevice;
import dev.langevin.bindings.cuda.CudaLibrary;
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
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Linear layers by cuBLASLt, whose part the one on the processor takes: native/cuda/driver/cublaslt.cpp. */
class CublasLtEnginesTest {

  private static final String LIBRARIES = "langevin.cuda.libraries";
  private static final NativeFunction LIVE = new NativeFunction("lgcCublasLtLive", "l=", "cuBLASLt on the processor",
      CudaLibrary.CUBLASLT::symbols);

  @TempDir
  private Path folder;

  private final Map<LiveHandles.Kind, Long> before = LiveHandles.counts();
  private Session session;

  @BeforeAll
  static void requireLibrary() {
    EmulatedDriver.require();
    Path driver = Path.of(CudaLibrary.DRIVER.path());
    System.setProperty(LIBRARIES,
        driver.getParent().resolveSibling("cublaslt") + ":" + System.getProperty(LIBRARIES, ""));
    boolean there;
    try {
      there = CudaLibrary.CUBLASLT.symbols().find("lgcCublasLtLive").isPresent();
    } catch (NativeException e) {
      there = false;
    }
    assumeTrue(there, "cuBLASLt on the processor is not loaded: the build puts it beside the driver on the processor");
  }

  @BeforeEach
  void open() {
    control("reset");
    session = new Session(CudaDevice.of(0));
  }

  /** Catches an engine, a description, a handle or memory that nobody ends. */
  @AfterEach
  void close() {
    session.close();
    control("reset");
    assertThat(LiveHandles.counts()).isEqualTo(before);
    assertThat(LIVE.invoke().longValue()).isZero();
  }

  private static CublasLtLibrary library(Session session) {
    return new CublasLtLibrary(session, CudaDevice.of(0), session.make("cuBLASLt", CublasLtHandle::create));
  }

  private static Value weight(int id, long... dims) {
    return new Value(id, "w" + id, DType.F32, Shape.of(dims),
        List.of(new WeightPart("w" + id, Shape.of(dims), 0, dims[0])));
  }

  private static Value value(int id, long... dims) {
    return new Value(id, "v" + id, DType.F32, Shape.of(dims), List.of());
  }

  /** Of so many rows, with a bias, and inputs 3 and 4 of the result's shape. */
  private static Node linear(long rows, PostOp... posts) {
    return new Node(new Op.Linear(true, List.of(posts)),
        List.of(value(0, rows, 24), weight(1, 72, 24), weight(2, 72), value(3, rows, 72), value(4, rows, 72)),
        value(5, rows, 72));
  }

  private static List<Node> layers() {
    List<Node> layers = new ArrayList<>(List.of(linear(3), linear(1), linear(3, new PostOp.AddInput(3)),
        linear(3, new PostOp.AddInput(3), new PostOp.AddInput(4)),
        linear(3, new PostOp.Activate(Activation.GELU_TANH), new PostOp.AddInput(3)),
        linear(1, new PostOp.AddInput(3), new PostOp.Activate(Activation.RELU)),
        linear(3, new PostOp.Activate(Activation.GELU), new PostOp.MultiplyInput(3), new PostOp.Multiply(0.5)),
        linear(3, new PostOp.Multiply(2)),
        new Node(new Op.Linear(false, List.of()), List.of(value(0, 2, 5, 24), weight(1, 8, 24)), value(2, 2, 5, 8)),
        new Node(new Op.Linear(false, List.of(new PostOp.Activate(Activation.RELU))),
            List.of(value(0, 3, 24), weight(1, 8, 24)), value(2, 3, 8))));
    for (Activation function : Activation.values()) {
      if (function != Activation.LEAKY_RELU) {
        layers.add(linear(2, new PostOp.Activate(function)));
      }
    }
    return layers;
  }

  /** Catches a wrong matrix, epilogue, type, step behind the product or place in the workspace, of every engine. */
  @ParameterizedTest
  @EnumSource(value = Arithmetic.class, mode = EnumSource.Mode.EXCLUDE, names = {"S8", "F8"})
  void shouldComputeLayersAsTheSimpleKernelDoes(Arithmetic arithmetic) {
    CublasLtLibrary library = library(session);
    TreeSet<String> names = new TreeSet<>();
    for (DataType result : EnumSet.of(DataType.F32, arithmetic.values)) {
      for (Node layer : layers()) {
        LayerGraph graph = LayerGraph.of(layer, arithmetic, result);
        int engines = 0;
        try (Trial trial = new Trial(session, layer, graph);
            EngineLibrary.Candidates candidates = library.candidates(graph)) {
          for (Engine next = candidates.next(); next != null; next = candidates.next()) {
            try (Engine engine = next) {
              assertThat(trial.of(engine).difference()).as(engine.name() + " of " + graph).isLessThan(trial.bound());
              names.add(engine.name());
              engines++;
            }
          }
        }
        assertThat(engines).as(graph.toString()).isIn(2, 4);
      }
    }
    assertThat(names).containsExactly("sums0", "sums1", "whole0", "whole1");
  }

  /** Convolutions and attention are not its business, nor are steps for which a kernel has no room. */
  @Test
  void shouldHaveNoEngineForOtherGraphs() {
    Node convolution = new Node(new Op.Conv2d(1, Op.Padding.of(0), false, List.of()),
        List.of(value(0, 1, 4, 4, 8), weight(1, 16, 8, 1, 1)), value(2, 1, 4, 4, 16));
    Node attention = new Node(new Op.Attention(2, 0.35, Op.Packing.QKV, false, false), List.of(value(0, 2, 9, 48)),
        value(1, 2, 9, 16));
    Node tooLong = linear(2, new PostOp.Activate(Activation.SILU), new PostOp.Multiply(2), new PostOp.Multiply(3),
        new PostOp.Multiply(4), new PostOp.Multiply(5));
    for (Node node : List.of(convolution, attention, tooLong)) {
      LayerGraph graph = LayerGraph.of(node, Arithmetic.BF16, DataType.BF16);
      try (EngineLibrary.Candidates candidates = library(session).candidates(graph)) {
        assertThat(candidates.next()).as(node.toString()).isNull();
      }
    }
  }

  /** An engine that nobody asks for is ended with the others that were found. */
  @Test
  void shouldEndEnginesThatWereNotTaken() {
    LayerGraph graph = LayerGraph.of(linear(2), Arithmetic.F32, DataType.F32);
    try (EngineLibrary.Candidates candidates = library(session).candidates(graph)) {
      candidates.next().close();
    }
  }

  private Engines engines(EngineLibrary... libraries) {
    return new Engines(session, List.of(libraries), new KeptEngines(folder), 1);
  }

  private PreparedOp prepared(Engines engines, Node node) {
    return new EngineKernels(each -> engines).prepare(session, node, Precision.F32);
  }

  /** The layers of two rows that keep f32, for which cuDNN has no engine. */
  @Test
  void shouldServeWhatAnotherLibraryHasNoEngineFor() {
    EmulatedEngines none = new EmulatedEngines(session);
    try (Engines engines = engines(none, library(session));
        PreparedOp plain = prepared(engines, linear(2));
        PreparedOp silu = prepared(engines, linear(2, new PostOp.Activate(Activation.SILU)))) {
      assertThat(plain.implementation()).isEqualTo("cublaslt:f32:whole0");
      assertThat(silu.implementation()).isEqualTo("cublaslt:f32:sums0");
      assertThat(engines.title()).isEqualTo("emulated engines, cuBLASLt 13.1.1");
    }
  }

  /** One right engine of each library is timed, and a wrong one does not count. */
  @Test
  void shouldTakeTheFasterLibrary() {
    EmulatedEngines slow = new EmulatedEngines(session, "wrong", "slow", "slow");
    try (Engines engines = engines(slow, library(session)); PreparedOp op = prepared(engines, linear(200))) {
      assertThat(op.implementation()).startsWith("cublaslt:f32:");
      assertThat(slow.made).containsExactly("wrong", "slow");
      assertThat(slow.live()).isZero();
    }
  }

  /** Catches an algorithm that is chosen anew at each start, and one that is read as another library's. */
  @Test
  void shouldKeepWhatWasFound() {
    Node silu = linear(2, new PostOp.Activate(Activation.SILU));
    try (Engines engines = engines(new EmulatedEngines(session), library(session))) {
      prepared(engines, silu).close();
    }
    EmulatedEngines later = new EmulatedEngines(session, "right");
    long kernels = EmulatedDriver.count("kernels");
    try (Engines engines = engines(later, library(session)); PreparedOp op = prepared(engines, silu)) {
      assertThat(op.implementation()).isEqualTo("cublaslt:f32:sums0");
      assertThat(later.made).isEmpty();
      assertThat(EmulatedDriver.count("kernels")).isEqualTo(kernels);
    }
    LayerGraph graph = LayerGraph.of(silu, Arithmetic.F32, DataType.F32);
    CublasLtLibrary library = library(session);
    for (String kept : List.of("", "engine3\n{}", "cublaslt sums0", "cublaslt sums0 00", "cublaslt whole0 00")) {
      assertThatThrownBy(() -> library.read(graph, kept)).as(kept).isInstanceOf(NativeException.class);
    }
  }

  /** What the driver refuses ends the request, and leaves nothing. */
  @Test
  void shouldEndWithTheDevice() {
    try (Engines engines = engines(library(session))) {
      control("fail=kernel@2:719"); // the first is the simple one
      assertThatThrownBy(() -> prepared(engines, linear(2))).isInstanceOf(DeviceLostException.class);
    }
  }

  /** A plan with a layer of cuBLASLt's, launched, captured and replayed. */
  @Test
  void shouldComputeANetwork() {
    List<Engines> made = new ArrayList<>();
    EngineKernels kernels = new EngineKernels(each -> {
      if (made.isEmpty()) {
        made.add(new Engines(each, List.of(library(each)), new KeptEngines(null), 1));
      }
      return made.getFirst();
    });
    float[] expected;
    try (Backend reference = Backend.open("reference", BackendOptions.usual());
        SmallNetwork network = new SmallNetwork(reference)) {
      expected = predicted(network);
    }
    SharedDevice<Gpu> gpu = new SharedDevice<>("cuda:0", ignored -> new Gpu(0));
    try (Backend backend = new CudaBackend(gpu.open(BackendOptions.usual()), List.of(kernels, new OwnKernels()))) {
      backend.call(() -> {
        try (SmallNetwork network = new SmallNetwork(backend)) {
          assertThat(network.plan().ops().stream().map(PlannedOp::implementation))
              .anyMatch("cublaslt:f32:whole0"::equals);
          for (int run = 0; run < 3; run++) {
            assertThat(predicted(network)).containsExactly(expected, offset(1e-4f));
          }
        } finally {
          made.forEach(Engines::close);
        }
        return null;
      });
    }
  }

  private static float[] predicted(SmallNetwork network) {
    network.input().fill(0.5);
    network.predict(3);
    return network.output().read().toFloats();
  }
}
