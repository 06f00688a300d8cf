package dev.langevin.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langevin.backend.Backend;
import dev.langevin.backend.Precision;
import dev.langevin.graph.Graph;
import dev.langevin.graph.GraphBuilder;
import dev.langevin.graph.Op;
import dev.langevin.graph.Value;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AutotunerTest {

  private final Backend backend = Backend.named("onednn");

  @TempDir
  private Path folder;

  /** Two convolutions of one shape and one of another, each of which several kernels can compute. */
  private static Graph graph() {
    GraphBuilder b = new GraphBuilder();
    Value x = b.input("in", DType.F32, 1, 16, 16, 32);
    x = b.conv2d("a", x, 32, 3, 1, Op.Padding.of(1));
    x = b.conv2d("b", x, 32, 3, 1, Op.Padding.of(1));
    b.output("out", b.conv2d("c", x, 8, 3, 1, Op.Padding.of(1)));
    return b.build();
  }

  private List<String> kernels(Tuning tuning) {
    Graph graph = graph();
    List<String> kernels = new ArrayList<>();
    try (Plan plan = new Planner(backend, Precision.F32, tuning).plan(graph, name -> {
      Shape shape = graph.storedWeights().get(name);
      return Tensor.ofFloats(new float[(int) shape.elements()], shape.dims());
    })) {
      plan.ops().forEach(op -> kernels.add(op.implementation()));
    }
    return kernels;
  }

  private int tune(Tuning tuning, Precision precision) throws IOException {
    List<String> findings = new ArrayList<>();
    new Autotuner(backend, tuning).tune(graph(), precision, (done, total, finding) -> findings.add(finding));
    return findings.size();
  }

  /** Catches operations that are measured twice, and findings that are lost. */
  @Test
  void shouldMeasureEachKindOfOperationOnce() throws IOException {
    Tuning tuning = Tuning.in(folder, backend);
    assertThat(tune(tuning, Precision.F32)).isEqualTo(2);
    assertThat(tune(tuning, Precision.F32)).isZero();
    assertThat(tune(Tuning.in(folder, backend), Precision.F32)).isZero();
    assertThat(tune(Tuning.in(folder, backend), Precision.INT8)).as("the layer between the ends, in bytes").isEqualTo(1);
  }

  /** Catches a planner that goes its own way: the file says the opposite of what it would choose. */
  @Test
  void shouldPlanWhatWasFound() throws IOException {
    List<String> usual = kernels(null);
    assertThat(usual.get(0)).startsWith("winograd:");
    assertThat(usual.get(2)).doesNotStartWith("winograd:");
    Tuning tuning = Tuning.in(folder, backend);
    tune(tuning, Precision.F32);
    List<String> lines = new ArrayList<>(Files.readAllLines(tuning.file()));
    for (int i = 1; i < lines.size(); i++) {
      String signature = lines.get(i).split("\t")[1];
      lines.set(i, (signature.contains("w[8, ") ? usual.get(0) : usual.get(2)) + "\t" + signature);
    }
    Files.write(tuning.file(), lines);
    assertThat(kernels(Tuning.in(folder, backend))).containsExactly(usual.get(2), usual.get(2), usual.get(0));
  }

  @Test
  void shouldForgetFindingsOfAnotherMachine() throws IOException {
    Tuning tuning = Tuning.in(folder, backend);
    tune(tuning, Precision.F32);
    List<String> lines = new ArrayList<>(Files.readAllLines(tuning.file()));
    lines.set(0, lines.getFirst() + ", other threads");
    Files.write(tuning.file(), lines);
    assertThat(tune(Tuning.in(folder, backend), Precision.F32)).isEqualTo(2);
  }
}
