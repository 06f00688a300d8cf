package dev.langevin.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.backend.Backend;
import dev.langevin.backend.CompiledOp;
import dev.langevin.backend.Precision;
import dev.langevin.backend.PreparedOp;
import dev.langevin.bindings.LiveHandles;
import dev.langevin.bindings.LiveHandles.Kind;
import dev.langevin.graph.GradientOp;
import dev.langevin.graph.Graph;
import dev.langevin.graph.Node;
import dev.langevin.graph.Op;
import dev.langevin.graph.Value;
import dev.langevin.models.UNet2D;
import dev.langevin.models.UNet2DConfig;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import dev.langevin.tensor.TensorSource;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Planning that ends in any way leaves no native handle and no block of memory behind. */
class LiveHandlesTest {

  private static final UNet2DConfig CONFIG = UNet2DConfig.of(Map.of(
      "sample_size", 8, "in_channels", 3, "out_channels", 3, "block_out_channels", List.of(32, 64),
      "down_block_types", List.of("DownBlock2D", "AttnDownBlock2D"),
      "up_block_types", List.of("AttnUpBlock2D", "UpBlock2D"), "layers_per_block", 1));

  private final Backend backend = Backend.named("onednn");
  private final Graph graph = UNet2D.graph(CONFIG, 1, 16, 16);
  private final Graph larger = UNet2D.graph(CONFIG, 1, 24, 24);
  private Map<Kind, Long> before;

  @BeforeEach
  void count() {
    new Planner(backend).size(graph); // whatever the backend keeps for ever
    before = LiveHandles.counts();
  }

  private void assertNothingLeft() {
    assertThat(LiveHandles.counts()).isEqualTo(before);
  }

  private static TensorSource zeros(Graph graph) {
    Map<String, Shape> stored = graph.storedWeights();
    return name -> Tensor.allocate(DType.F32, stored.get(name));
  }

  /** Catches descriptors that live until an op is bound, which those of a sizing never are, nor kernels put aside. */
  @Test
  void shouldHoldNothingOfAThousandSizings() {
    Planner planner = new Planner(backend);
    for (int i = 0; i < 1000; i++) {
      planner.size(graph, i % 2 == 0 ? Long.MAX_VALUE : 1);
    }
    assertNothingLeft();
  }

  /** Catches kernels of one precision that hold on, also where the processor lacks them and a layer is refused. */
  @ParameterizedTest
  @EnumSource(Precision.class)
  void shouldHoldNothingInAnyPrecision(Precision precision) {
    try {
      Planner planner = new Planner(backend, precision);
      planner.size(graph);
      assertNothingLeft();
      planner.plan(graph, zeros(graph)).close();
    } catch (PlanException e) { // GPUs' precisions, and on processors without such kernels
      assertThat(precision).isIn(Precision.TF32, Precision.F16, Precision.BF16);
    }
    assertNothingLeft();
  }

  /** Catches what a replaced plan leaves to the next one, and so on: the hundredth holds what the first held. */
  @Test
  void shouldHoldNoMoreAfterAHundredAlternationsOfTwoSizes() {
    Planner planner = new Planner(backend);
    Plan plan = planner.plan(graph, zeros(graph));
    Map<Kind, Long> first = LiveHandles.counts();
    for (int i = 0; i < 100; i++) {
      plan = planner.beside(List.of(plan), larger, zeros(larger), Long.MAX_VALUE, plan::close);
      plan = planner.beside(List.of(plan), graph, zeros(graph), Long.MAX_VALUE, plan::close);
    }
    assertThat(LiveHandles.counts()).isEqualTo(first);
    plan.close();
    plan.close(); // once more is nothing
    assertNothingLeft();
  }

  /**
   * Catches kernels and weights of a plan that a cancelled request leaves half made, and others' that it takes along.
   */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 25, 60, 100})
  void shouldHoldNothingOfAPlanThatIsGivenUp(int advances) {
    backend.call(() -> {
      Plan other = new Planner(backend).plan(graph, zeros(graph));
      Map<Kind, Long> first = LiveHandles.counts();
      Planning planning =
          new Planner(backend, Precision.INT8).begin(List.of(other), larger, zeros(larger), Long.MAX_VALUE, () -> {});
      for (int i = 0; i < advances; i++) {
        assertThat(planning.advance()).isTrue();
      }
      assertThatThrownBy(planning::plan).isInstanceOf(IllegalStateException.class);
      planning.close();
      planning.close(); // once more is nothing
      assertThat(LiveHandles.counts()).isEqualTo(first);
      other.run();
      other.close();
      return null;
    });
    assertNothingLeft();
  }

  @Test
  void shouldHoldNothingOfARefusedPlan() {
    assertThatThrownBy(() -> new Planner(backend).plan(graph, zeros(graph), 1000)).isInstanceOf(PlanException.class);
    assertNothingLeft();
  }

  /** Catches weights, layouts and, of {@code beside}, the earlier plan that outlive a weight which cannot be read. */
  @ParameterizedTest
  @ValueSource(ints = {0, 7, 20})
  void shouldHoldNothingOfAPlanWhoseWeightCannotBeRead(int good) {
    AtomicInteger read = new AtomicInteger();
    TensorSource failing = name -> {
      if (read.getAndIncrement() == good) {
        throw new IllegalStateException(name + " is torn");
      }
      return zeros(graph).tensor(name);
    };
    Planner planner = new Planner(backend);
    assertThatThrownBy(() -> planner.plan(graph, failing)).hasMessageContaining("is torn");
    assertNothingLeft();
    read.set(good);
    Plan earlier = new Planner(backend, Precision.INT8).plan(graph, zeros(graph)); // some lie otherwise and are read
                                                                                   // again
    assertThatThrownBy(() -> planner.beside(List.of(earlier), graph, failing, Long.MAX_VALUE, earlier::close))
        .hasMessageContaining("is torn");
    assertNothingLeft();
  }

  /** Catches ops that came before the one that fails, and a close that throws and keeps the rest open. */
  @ParameterizedTest
  @CsvSource({"prepare, 0", "prepare, 30", "compact, 3", "scratchBytes, 30", "bind, 0", "bind, 30", "close, 30",
      "bound, 30"})
  void shouldHoldNothingWhenAnOpFails(String method, int op) {
    Backend failing = failing(method, op);
    if (method.equals("bound")) { // that what it is bound to cannot be closed is seen at the plan's end
      Plan plan = new Planner(failing).plan(graph, zeros(graph));
      assertThatThrownBy(plan::close).hasMessage("failed on purpose");
    } else {
      assertThatThrownBy(() -> new Planner(failing).beside(List.of(), graph, zeros(graph), 1, () -> {}))
          .hasMessage("failed on purpose");
    }
    assertNothingLeft();
  }

  /** The backend, where a method of the op with that number throws when it has done its work. */
  private Backend failing(String method, int op) {
    AtomicInteger count = new AtomicInteger();
    return proxy(Backend.class, backend, (name, result) -> {
      boolean chosen = name.equals("prepare") && count.getAndIncrement() == op;
      if (chosen && method.equals("prepare")) {
        ((PreparedOp) result).close();
        throw new IllegalStateException("failed on purpose");
      }
      return !chosen ? result : proxy(PreparedOp.class, (PreparedOp) result, (called, answer) -> {
        if (called.equals(method)) {
          if (answer instanceof AutoCloseable lost) {
            lost.close();
          }
          throw new IllegalStateException("failed on purpose");
        }
        return !called.equals("bind") || !method.equals("bound") ? answer
            : proxy(CompiledOp.class, (CompiledOp) answer, (last, nothing) -> {
              throw new IllegalStateException("failed on purpose");
            });
      });
    });
  }

  /** What becomes of a call's result. */
  private interface After {
    Object result(String method, Object result) throws Exception;
  }

  private static <T> T proxy(Class<T> type, T target, After after) {
    return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (self, method, arguments) -> {
      try {
        return after.result(method.getName(), method.invoke(target, arguments));
      } catch (InvocationTargetException e) {
        throw e.getCause();
      }
    }));
  }

  /** Catches the mask's numbers, which belong to neither the descriptors nor the primitives. */
  @Test
  void shouldHoldNothingOfAnOpWithNumbersOfItsOwn() {
    Value qkv = new Value(0, "qkv", DType.F32, Shape.of(1, 8, 48), List.of());
    Value y = new Value(1, "y", DType.F32, Shape.of(1, 8, 16), List.of());
    Value dy = new Value(2, "dy", DType.F32, Shape.of(1, 8, 16), List.of());
    Value gradient = new Value(3, "gradient", DType.F32, Shape.of(1, 8, 48), List.of());
    Op.Attention attention = new Op.Attention(2, 0.3, Op.Packing.QKV, true, false);
    Node node = new Node(new GradientOp.AttentionInputs(attention), List.of(qkv, y, dy), gradient);
    backend.call(() -> {
      backend.prepare(node).close();
      assertNothingLeft();
      try (Arena arena = Arena.ofConfined()) {
        PreparedOp prepared = backend.prepare(node);
        List<MemorySegment> inputs = List.of(arena.allocate(qkv.bytes(), 64), arena.allocate(y.bytes(), 64),
            arena.allocate(dy.bytes(), 64));
        CompiledOp bound = prepared.bind(inputs, List.of(arena.allocate(gradient.bytes(), 64)),
            arena.allocate(prepared.scratchBytes(), 64));
        prepared.close();
        bound.execute(); // with numbers that are still there
        bound.close();
      }
      return null;
    });
    assertNothingLeft();
  }
}
