package dev.langevin.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langevin.backend.Backend;
import dev.langevin.backend.BackendProvider;
import dev.langevin.backend.Precision;
import dev.langevin.backend.UnsupportedOpException;
import dev.langevin.bindings.NativeException;
import dev.langevin.graph.GradientOp;
import dev.langevin.graph.Op;
import dev.langevin.plan.Plan;
import dev.langevin.plan.Planner;
import dev.langevin.reference.Closeness;
import dev.langevin.reference.Deviations;
import dev.langevin.reference.Ports;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Tensor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Every operation on every backend that is found, in every precision, against the plain-Java reference: a kernel that
 * is wrong at a tail, an odd size or a broadcast fails here by its operation and shapes.
 */
class OpConformanceTest {

  private static final String REFERENCE = "reference";

  /** The one backend that is tested, or all of them. */
  private static final String ONLY = System.getProperty("langevin.conformance", "");

  /** Results below this are what is left of larger numbers that cancel: inputs are of unit size. */
  private static final double LEAST_SCALE = 0.01;

  private static final List<OpCase> CASES =
      Stream.concat(ForwardCases.all().stream(), GradientCases.all().stream()).toList();

  /** Of a case with its numbers as they are drawn, which are of f32, and rounded. */
  private final Map<DType, Map<OpCase, List<float[]>>> expected =
      Map.of(DType.F32, new HashMap<>(), DType.F16, new HashMap<>(), DType.BF16, new HashMap<>());

  @Test
  void shouldHaveACaseOfEveryOperation() {
    Set<String> tested = CASES.stream().map(c -> c.op().getClass().getName())
        .collect(Collectors.toCollection(TreeSet::new));
    assertThat(tested).as("operations with a case in ForwardCases or GradientCases").isEqualTo(operations(Op.class));
  }

  /** Names of the records below a sealed interface. */
  private static Set<String> operations(Class<?> type) {
    Set<String> names = new TreeSet<>();
    for (Class<?> permitted : type.getPermittedSubclasses()) {
      if (permitted.isSealed()) {
        names.addAll(operations(permitted));
      } else {
        names.add(permitted.getName());
      }
    }
    return names;
  }

  @TestFactory
  Stream<DynamicNode> shouldComputeWhatTheReferenceComputes() {
    List<DynamicNode> backends = new ArrayList<>();
    for (BackendProvider provider : ServiceLoader.load(BackendProvider.class)) {
      if (!provider.name().equals(REFERENCE) && (ONLY.isEmpty() || provider.name().equals(ONLY))) {
        backends.add(DynamicContainer.dynamicContainer(
            provider.name(), Stream.of(Precision.values()).map(precision -> cases(provider.name(), precision))));
      }
    }
    assertThat(backends).as("backends beside " + REFERENCE).isNotEmpty();
    return backends.stream();
  }

  private DynamicNode cases(String backend, Precision precision) {
    return DynamicContainer.dynamicContainer(precision.name(), CASES.stream()
        .filter(c -> precision == Precision.F32 || hasPrecisions(c.op())
            || stored(backend, precision) != DType.F32 && !(c.op() instanceof GradientOp))
        .map(c -> DynamicTest.dynamicTest(backend + " " + precision + " " + c, () -> check(backend, precision, c))));
  }

  /** Whatever else there is keeps f32 in every precision. */
  private static boolean hasPrecisions(Op op) {
    return op instanceof Op.Conv2d || op instanceof Op.Linear || op instanceof Op.Attention;
  }

  /** In which type values between layers lie. */
  private static DType stored(String backend, Precision precision) {
    return !backend.equals("cuda") ? DType.F32 : switch (precision) {
      case F32, TF32 -> DType.F32;
      case F16, INT8 -> DType.F16;
      case BF16 -> DType.BF16;
    };
  }

  /**
   * What comes of halves is compared on numbers that are halves: a difference of two of them may be all that counts.
   */
  private void check(String backend, Precision precision, OpCase c) {
    DType stored = stored(backend, precision);
    List<float[]> wanted =
        expected.get(stored).computeIfAbsent(c, each -> compute(REFERENCE, Precision.F32, each, stored));
    List<float[]> got = computeIfOffered(backend, precision, c);
    Deviations.of(backend + " " + precision + " " + c.op().getClass().getSimpleName());
    double scale = LEAST_SCALE;
    for (float[] values : wanted) {
      for (float value : values) {
        scale = Math.max(scale, Math.abs(value));
      }
    }
    for (int i = 0; i < wanted.size(); i++) {
      String what = backend + " " + precision + " " + c + ": " + OpCase.result(i);
      Closeness.assertClose(what, got.get(i), wanted.get(i), c.length() == 0 ? 0 : scale * relativeBound(precision, c));
      if (stored != DType.F32 && liesInHalves(c)) {
        assertThat(got.get(i)).as("%s lies in %s", what, stored).containsExactly(rounded(got.get(i), stored));
      }
    }
  }

  /** Whether the result does: no layer of few rows, which is exact, nor what a table gives. */
  private static boolean liesInHalves(OpCase c) {
    return switch (c.op()) {
      case Op.Conv2d op -> c.rows() >= 16;
      case Op.Linear op -> c.rows() >= 16;
      case Op.TimeEmbedding op -> false;
      case Op.Embedding op -> false;
      case Op.NearestRow op -> false;
      default -> true;
    };
  }

  private static float[] rounded(float[] values, DType half) {
    float[] rounded = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      rounded[i] = half == DType.F16 ? Float.float16ToFloat(Float.floatToFloat16(values[i]))
          : DType.bf16ToFloat(DType.floatToBf16(values[i]));
    }
    return rounded;
  }

  @AfterAll
  static void write() throws IOException {
    Deviations.write();
  }

  /**
   * Roundings of f32 add up as a random walk does, with the root of the sum's length. A coarser type rounds each factor
   * once; these errors grow as the sum itself does, whatever its length, and are told by the type alone. So does a
   * result that lies in it.
   */
  private static double relativeBound(Precision precision, OpCase c) {
    double f32 = 0x1p-23 * (8 + 4 * Math.sqrt(c.length()));
    return switch (precision) {
      case F32 -> f32;
      case TF32, F16 -> f32 + 0x1p-10; // as of bf16, with 11 bits
      case BF16 -> f32 + 0x1p-7; // half a unit of 8 bits, twice, and as much for what follows
      case INT8 -> f32 + 2.0 / 63; // half a step of weights of 7 bits, where the processor takes no more, and of bytes
    };
  }

  /**
   * Every backend that is there computes every operation of inference in f32; one may have no gradients, and a
   * processor may lack a coarser type.
   */
  private static List<float[]> computeIfOffered(String backend, Precision precision, OpCase c) {
    String absence = absence(backend);
    Assumptions.assumeTrue(absence == null, () -> backend + " is not there: " + absence);
    String refusal = Backend.named(backend).refusal(precision);
    Assumptions.assumeTrue(refusal == null, () -> backend + ": " + refusal);
    try {
      return compute(backend, precision, c, stored(backend, precision));
    } catch (UnsupportedOpException e) {
      boolean gradient = c.op() instanceof GradientOp && Backend.named(backend).trainingRefusal() != null;
      Assumptions.assumeTrue(precision == Precision.F32 && !gradient,
          () -> backend + " does not offer " + precision + ": " + e.getMessage());
      throw e;
    }
  }

  /** Why a backend cannot be opened on this machine; null where it can. */
  private static String absence(String backend) {
    if (!backend.equals("cuda")) {
      return null;
    }
    try {
      Backend.named(backend);
      return null;
    } catch (NativeException e) {
      return e.getMessage();
    }
  }

  /** Runs twice on one plan: what adds to its result, or leaves a part unwritten, gives itself away. */
  private static List<float[]> compute(String backend, Precision precision, OpCase c, DType stored) {
    Map<String, Integer> operands = new HashMap<>();
    for (int i = 0; i < c.operands().size(); i++) {
      operands.put(OpCase.operand(i), i);
    }
    try (Plan plan = new Planner(Backend.named(backend), precision)
        .plan(c.graph(precision != Precision.F32), name -> value(c, operands.get(name), stored))) {
      for (int i = 0; i < c.operands().size(); i++) {
        if (c.operands().get(i).kind() == Operand.Kind.INPUT) {
          Ports.write(plan, OpCase.operand(i), value(c, i, stored));
        }
      }
      plan.run();
      plan.run();
      List<float[]> results = new ArrayList<>();
      for (int i = 0; i < c.outputs().size(); i++) {
        results.add(Ports.read(plan, OpCase.result(i)).toFloats());
      }
      return Collections.unmodifiableList(results);
    }
  }

  private static Tensor value(OpCase c, int operand, DType stored) {
    Tensor drawn = c.value(operand);
    return stored != DType.F32 && drawn.dtype() == DType.F32
        ? Tensor.ofFloats(rounded(drawn.toFloats(), stored), drawn.shape().dims()) : drawn;
  }
}
