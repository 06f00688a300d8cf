package dev.langevin.bindings.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.bindings.LiveHandles;
import dev.langevin.bindings.LiveHandles.Kind;
import dev.langevin.bindings.NativeException;
import dev.langevin.bindings.shim.Kernel;
import dev.langevin.bindings.shim.KernelCall;
import dev.langevin.bindings.shim.Shim;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The count itself: one that stands still would hide every leak. */
class LiveHandlesTest extends PrimitiveTestBase {

  /** Catches a type that is not counted, and one that is counted twice. */
  @Test
  void shouldCountEachHandleUntilItIsClosed() {
    Map<Kind, Long> before = LiveHandles.counts();
    MemoryDesc x = MemoryDesc.dense(16);
    PrimitiveAttr attr = new PrimitiveAttr();
    PrimitiveDesc desc = PrimitiveDesc.eltwise(engine, Eltwise.RELU, 0, 0, x, attr);
    MemorySegment data = arena.allocate(64);
    Primitive primitive = new Primitive("relu", engine, stream, desc,
        List.of(argument(Primitive.SRC, x, data), argument(Primitive.DST, x, data)), MemorySegment.NULL);
    KernelCall call = new KernelCall(Kernel.SUM_ROWS);
    Arena blocks = Arena.ofConfined();
    Shim.allocate(4 << 20, blocks);

    assertMore(before, Map.of(Kind.MEMORY_DESC, 1, Kind.PRIMITIVE_ATTR, 1, Kind.POST_OPS, 1, Kind.PRIMITIVE_DESC, 1,
        Kind.PRIMITIVE, 1, Kind.MEMORY, 2, Kind.ARENA, 2, Kind.BLOCK, 1));
    blocks.close();
    for (AutoCloseable each : List.<AutoCloseable>of(call, primitive, desc, attr, x, primitive, call)) { // some twice
      assertThat(each).satisfies(AutoCloseable::close);
    }
    assertThat(LiveHandles.counts()).isEqualTo(before);
  }

  private static void assertMore(Map<Kind, Long> before, Map<Kind, Integer> more) {
    LiveHandles.counts().forEach((kind, count) -> assertThat(count - before.get(kind)).as(kind.name())
        .isEqualTo((long) more.getOrDefault(kind, 0)));
  }

  /** Catches what a constructor that throws leaves behind. */
  @Test
  void shouldFreeAPrimitiveWhoseMemoryIsRefused() {
    MemoryDesc x = dense(16);
    PrimitiveDesc desc = own(PrimitiveDesc.eltwise(engine, Eltwise.RELU, 0, 0, x, attr()));
    MemorySegment data = arena.allocate(64);
    Map<Kind, Long> before = LiveHandles.counts();
    assertThatThrownBy(() -> new Primitive("relu", engine, stream, desc,
        List.of(argument(Primitive.SRC, x, data), argument(Primitive.DST, x, arena.allocate(60))), MemorySegment.NULL))
            .isInstanceOf(NativeException.class).hasMessageContaining("takes 64 bytes");
    assertThat(LiveHandles.counts()).isEqualTo(before);
  }
}
