package dev.langevin.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.langevin.bindings.LiveHandles;
import dev.langevin.bindings.NativeException;
import dev.langevin.bindings.cuda.CudaLibrary;
import dev.langevin.bindings.cudnn.DataType;
import dev.langevin.bindings.cudnn.DeviceDescription;
import dev.langevin.bindings.cudnn.DeviceDescriptions;
import dev.langevin.graph.Node;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * cuDNN plans every layer of SD 1.5, SD XL and their autoencoders for devices that are not there: the profile
 * {@code cuda-plans}. What it needs are NVIDIA's wheels and the driver without a device that the build makes.
 */
@Tag("cuda-plans")
class CudnnModelPlansTest {

  /** A folder with wheels' folders in it, such as site-packages/nvidia. */
  private static final String WHEELS = System.getProperty("langevin.cuda.wheels", "");

  /** How many graphs of a kind, an op with its post-ops, are planned at most. */
  private static final int MOST = Integer.getInteger("langevin.cuda.most", Integer.MAX_VALUE);

  private static final String LIBRARIES = "langevin.cuda.libraries";

  private final Map<LiveHandles.Kind, Long> before = LiveHandles.counts();

  /**
   * How layers are computed.
   *
   * @param results type of what they give
   */
  record Kind(Arithmetic arithmetic, DataType results) {

    static Kind parse(String text) {
      String[] types = text.split(":");
      return new Kind(Arithmetic.valueOf(types[0].toUpperCase(Locale.ROOT)),
          DataType.valueOf(types[1].toUpperCase(Locale.ROOT)));
    }

    @Override
    public String toString() {
      return (arithmetic + ":" + results).toLowerCase(Locale.ROOT);
    }
  }

  /** Plans of one op in one part of a model; their seconds are those of all threads together. */
  private static final class Tally {
    private int layers;
    private int graphs;
    private int planned;
    private long nanoseconds;
    private long workspace;

    synchronized void planned(long took, long needs) {
      planned++;
      nanoseconds += took;
      workspace = Math.max(workspace, needs);
    }
  }

  @BeforeAll
  static void loadLibraries() throws IOException {
    List<String> folders = new ArrayList<>(List.of(System.getProperty(LIBRARIES, "")));
    if (!WHEELS.isEmpty()) {
      try (DirectoryStream<Path> wheels = Files.newDirectoryStream(Path.of(WHEELS))) {
        wheels.forEach(wheel -> folders.add(wheel.resolve("lib").toString()));
      }
    }
    System.setProperty(LIBRARIES, String.join(":", folders));
    try {
      CudaLibrary.DRIVER.symbols(); // compiled code is handed to it
      CudaLibrary.CUDNN.symbols();
    } catch (NativeException e) {
      abort("no plans without cuDNN: -Dlangevin.cuda.wheels names a folder of NVIDIA's wheels; " + e.getMessage());
    }
  }

  @AfterEach
  void requireClosed() {
    assertThat(LiveHandles.counts()).isEqualTo(before);
  }

  static Stream<Integer> targets() {
    return Arrays.stream(System.getProperty("langevin.cuda.targets", "90").split(",")).map(Integer::valueOf);
  }

  static List<Kind> kinds() {
    return Arrays.stream(System.getProperty("langevin.cuda.kinds", "f16:f16").split(",")).map(Kind::parse).toList();
  }

  /**
   * Catches a graph that cuDNN does not take: a wrong stride, an order of steps that it does not fuse. All but the
   * layers that are named have an engine, whose plan can be kept and read again.
   */
  @ParameterizedTest
  @MethodSource("targets")
  void shouldPlanEveryLayer(int target) throws IOException, InterruptedException {
    DeviceDescription device = DeviceDescription.read(DeviceDescriptions.of(target));
    try (CudnnLibrary library = new CudnnLibrary(device, null)) {
      Map<String, List<ModelLayers.Layer>> models = ModelLayers.all();
      for (Kind kind : kinds()) {
        List<String> without = Collections.synchronizedList(new ArrayList<>());
        long begun = System.nanoTime();
        plan(library, target, kind, models, without);
        System.out.printf("sm_%d  %-9s %.0f s%n", target, kind, (System.nanoTime() - begun) * 1e-9);
        without.forEach(each -> System.out.println("no engine: sm_" + target + " " + kind + " " + each));
        assertThat(without).allMatch(each -> expectedWithout(target, kind, each));
      }
    }
  }

  /**
   * cuDNN multiplies matrices on tensor cores alone, and has no attention of f32; that of bytes is asked for by nobody.
   * Devices of the generation of sm_80 do not multiply numbers of 8 bits.
   */
  private static boolean expectedWithout(int target, Kind kind, String layer) {
    boolean exact = kind.arithmetic == Arithmetic.F32 || layer.startsWith("f32 ");
    return exact && !layer.contains(": conv2d")
        || (kind.arithmetic.values == DataType.F32 || kind.arithmetic.scaled()) && layer.contains(": attention")
        || kind.arithmetic == Arithmetic.F8 && target < 89;
  }

  private static void plan(CudnnLibrary library, int target, Kind kind, Map<String, List<ModelLayers.Layer>> models,
      List<String> without) throws InterruptedException {
    Set<String> seen = new HashSet<>();
    Map<String, Integer> ofKind = new HashMap<>();
    for (Map.Entry<String, List<ModelLayers.Layer>> model : models.entrySet()) {
      Map<String, Tally> tallies = new TreeMap<>();
      try (ExecutorService threads = Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors())) {
        List<Callable<Boolean>> work = new ArrayList<>();
        for (ModelLayers.Layer layer : model.getValue()) {
          Node node = layer.node();
          Tally tally = tallies.computeIfAbsent(node.op().label(), op -> new Tally());
          tally.layers++;
          LayerGraph graph = layer.sensitive() ? LayerGraph.of(node, Arithmetic.F32, DataType.F32)
              : LayerGraph.of(node, kind.arithmetic, kind.results);
          if (seen.add(graph == null ? node.op() + " " + node.inputs() : graph.toString())
              && ofKind.merge(node.op().toString().replaceFirst("scale=[^,]*", ""), 1, Integer::sum) <= MOST) {
            tally.graphs++;
            work.add(() -> graph != null && planned(library, graph, tally)
                || without.add((layer.sensitive() ? "f32 " : "") + model.getKey() + ": " + node));
          }
        }
        threads.invokeAll(work).forEach(Future::resultNow); // throws what a thread has thrown
      }
      tallies.forEach((op, t) -> System.out.printf(
          "sm_%d  %-9s %-12s %-9s %3d layers, %2d new graphs, %2d planned, %5.1f s, workspace %,d bytes%n", target,
          kind, model.getKey(), op, t.layers, t.graphs, t.planned, t.nanoseconds * 1e-9, t.workspace));
    }
  }

  /** Plans a graph, keeps the plan and reads it again. @return whether an engine serves */
  private static boolean planned(CudnnLibrary library, LayerGraph graph, Tally tally) {
    long begun = System.nanoTime();
    try (EngineLibrary.Candidates candidates = library.candidates(graph); Engine engine = candidates.next()) {
      if (engine == null) {
        return false;
      }
      long workspace = engine.workspaceBytes();
      try (Engine again = library.read(graph, engine.kept())) {
        assertThat(again.name()).isEqualTo(engine.name());
        assertThat(again.workspaceBytes()).as(graph.toString()).isEqualTo(workspace);
      }
      tally.planned(System.nanoTime() - begun, workspace);
      return true;
    }
  }
}
