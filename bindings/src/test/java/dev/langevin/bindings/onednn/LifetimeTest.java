package dev.langevin.bindings.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class LifetimeTest extends PrimitiveTestBase {

  private Primitive affine(MemorySegment data) {
    MemoryDesc x = dense(16);
    return primitive(PrimitiveDesc.eltwise(engine, Eltwise.LINEAR, 2, 1, x, attr()), argument(Primitive.SRC, x, data),
        argument(Primitive.DST, x, data));
  }

  private static void assertClosed(ThrowingCallable call, String what) {
    assertThatThrownBy(call).isInstanceOf(IllegalStateException.class).hasMessage("this " + what + " is closed");
  }

  @Test
  void shouldTellWhatIsClosedWhenItIsUsedAfterwards() {
    MemoryDesc desc = dense(16);
    PrimitiveAttr attr = attr();
    PrimitiveDesc eltwise = own(PrimitiveDesc.eltwise(engine, Eltwise.RELU, 0, 0, desc, attr));
    desc.close();
    attr.close();
    eltwise.close();

    assertClosed(desc::size, "MemoryDesc");
    assertClosed(() -> attr.eltwise(Eltwise.RELU, 0, 0), "PrimitiveAttr");
    assertClosed(eltwise::implementation, "PrimitiveDesc");
    desc.close(); // once more is nothing
    attr.close();
  }

  @Test
  void shouldNotExecuteWhatIsClosed() {
    Primitive primitive = affine(arena.allocate(64));
    primitive.close();

    assertClosed(primitive::execute, "Primitive");
  }

  @Test
  void shouldNotExecuteOnAStreamOrEngineThatIsClosed() {
    Primitive primitive = affine(arena.allocate(64));
    stream.close();
    assertClosed(primitive::execute, "Stream");
    engine.close();
    assertClosed(primitive::execute, "Engine");
  }

  @Test
  void shouldNotExecuteOnMemoryThatIsFreed() {
    Primitive primitive;
    try (Arena data = Arena.ofConfined()) {
      primitive = affine(data.allocate(64));
      primitive.execute();
    }

    assertThatThrownBy(primitive::execute).isInstanceOf(IllegalStateException.class)
        .hasMessage("the arena of memory that is still in use is closed");
  }

  /** One argument too few, or unknown, must not become a crash. */
  @Test
  void shouldFailWhenAnArgumentIsMissing() {
    MemoryDesc x = dense(16);
    try (PrimitiveDesc desc = PrimitiveDesc.eltwise(engine, Eltwise.RELU, 0, 0, x, attr());
        Primitive primitive = new Primitive("relu of nothing", engine, stream, desc,
            List.of(argument(Primitive.DST, x, arena.allocate(64))), MemorySegment.NULL)) {
      assertThatThrownBy(primitive::execute).isInstanceOf(dev.langevin.bindings.NativeException.class)
          .hasMessage("dnnl_primitive_execute(relu of nothing): invalid_arguments (2)");
    }
  }

  @Test
  void shouldAllocateNothingInAnExecution() {
    Primitive primitive = affine(arena.allocate(64));
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long allocated = Long.MAX_VALUE;
    for (int round = 0; round < 100 && allocated > 0; round++) { // until it is compiled, which takes its time on a busy
                                                                 // machine
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < 2000; i++) {
        primitive.execute();
      }
      allocated = threads.getCurrentThreadAllocatedBytes() - before;
    }
    assertThat(allocated).isZero();
  }
}
