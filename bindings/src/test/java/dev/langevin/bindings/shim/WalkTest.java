package dev.langevin.bindings.shim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import dev.langevin.bindings.NativeException;
import dev.langevin.bindings.onednn.Eltwise;
import dev.langevin.bindings.onednn.Engine;
import dev.langevin.bindings.onednn.MemoryDesc;
import dev.langevin.bindings.onednn.Primitive;
import dev.langevin.bindings.onednn.Primitive.Argument;
import dev.langevin.bindings.onednn.PrimitiveAttr;
import dev.langevin.bindings.onednn.PrimitiveDesc;
import dev.langevin.bindings.onednn.Stream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class WalkTest {

  private final Arena arena = Arena.ofConfined();
  private final Engine engine = Engine.cpu();
  private final Stream stream = new Stream(engine);
  private final MemorySegment a = arena.allocateFrom(ValueLayout.JAVA_FLOAT, 1, 2, 3, 4);
  private final MemorySegment b = arena.allocate(16);
  private final MemorySegment c = arena.allocate(16);

  /** b = the transpose of a. */
  private final KernelCall transpose = new KernelCall(Kernel.TRANSPOSE, arena)
      .pointer("src", a).pointer("dst", b).integer("batch", 1).integer("rows", 2).integer("columns", 2);

  /** c = 2 * b + 1. */
  private final Primitive affine = affine();

  private Primitive affine() {
    try (MemoryDesc four = MemoryDesc.dense(4); PrimitiveAttr attr = new PrimitiveAttr();
        PrimitiveDesc desc = PrimitiveDesc.eltwise(engine, Eltwise.LINEAR, 2, 1, four, attr)) {
      return new Primitive("affine", engine, stream, desc,
          List.of(new Argument(Primitive.SRC, four, b), new Argument(Primitive.DST, four, c)), MemorySegment.NULL);
    }
  }

  @AfterEach
  void close() {
    affine.close();
    stream.close();
    engine.close();
    arena.close();
  }

  @Test
  void shouldRunKernelsAndPrimitivesInOrder() {
    Walk walk = new Walk.Builder().add(transpose).add(affine).build(arena);

    walk.execute();

    assertThat(c.toArray(ValueLayout.JAVA_FLOAT)).containsExactly(3, 7, 5, 9);
  }

  @Test
  void shouldTimeEachCommandOnlyWhenAsked() {
    Walk walk = new Walk.Builder().add(transpose).add(affine).build(arena);
    walk.execute();
    assertThat(walk.nanoseconds(0)).isZero();

    walk.executeTimed();

    assertThat(List.of(walk.nanoseconds(0), walk.nanoseconds(1))).allMatch(time -> time > 0 && time < 1_000_000_000);
    assertThatThrownBy(() -> walk.nanoseconds(2)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void shouldNameTheCommandThatFailsAndStopThere() {
    transpose.pointer("dst", null);
    Walk walk = new Walk.Builder().add(transpose).add(affine).build(arena);

    assertThatThrownBy(walk::execute).isInstanceOf(NativeException.class)
        .hasMessageMatching("lgv_walk: command 0 of 2, lgv_transpose\\(src=0x[0-9a-f]+, dst=null, batch=1, rows=2,"
            + " columns=2\\): a required pointer is null \\(1\\)");
    assertThat(c.toArray(ValueLayout.JAVA_FLOAT)).containsOnly(0);
  }

  /** The shim knows the status only; the words are oneDNN's. */
  @Test
  void shouldNameThePrimitiveThatFails() {
    try (MemoryDesc four = MemoryDesc.dense(4); PrimitiveAttr attr = new PrimitiveAttr();
        PrimitiveDesc desc = PrimitiveDesc.eltwise(engine, Eltwise.RELU, 0, 0, four, attr);
        Primitive sourceless = new Primitive("relu of nothing", engine, stream, desc,
            List.of(new Argument(Primitive.DST, four, c)), MemorySegment.NULL)) {
      Walk walk = new Walk.Builder().add(transpose).add(sourceless).build(arena);

      assertThatThrownBy(walk::execute).isInstanceOf(NativeException.class).hasMessage(
          "lgv_walk: command 1 of 2, relu of nothing: dnnl_primitive_execute: invalid_arguments (2)");
    }
  }

  @Test
  void shouldNotRunWhatIsClosed() {
    Walk walk = new Walk.Builder().add(transpose).add(affine).build(arena);
    affine.close();

    assertThatThrownBy(walk::execute).isInstanceOf(IllegalStateException.class).hasMessage("this Primitive is closed");
    assertThat(b.toArray(ValueLayout.JAVA_FLOAT)).containsOnly(0);
  }

  @Test
  void shouldAllocateNothingInAnExecution() {
    Walk walk = new Walk.Builder().add(transpose).add(affine).build(arena);
    for (int i = 0; i < 20_000; i++) {
      walk.execute(); // until it is compiled
    }
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long least = Long.MAX_VALUE; // of several rounds: the compiler may change a method's code once more
    for (int round = 0; round < 5; round++) {
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < 1000; i++) {
        walk.execute();
      }
      least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
    }
    assertThat(least).isZero();
  }
}
