package dev.langevin.bindings.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.bindings.NativeException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class LayoutTest extends PrimitiveTestBase {

  private void reorder(MemoryDesc from, MemorySegment src, MemoryDesc to, MemorySegment dst) {
    run(PrimitiveDesc.reorder(engine, from, to, attr()), argument(Primitive.SRC, from, src),
        argument(Primitive.DST, to, dst));
  }

  @Test
  void shouldConvertTypes() {
    MemoryDesc f32 = dense(4);
    MemoryDesc bf16 = own(MemoryDesc.dense(DataType.BF16, 4));
    MemorySegment narrow = room(bf16);
    reorder(f32, floats(1, -2, 0.5f, 1.00390625f), bf16, narrow); // the last lies between two, goes to the even one

    assertThat(narrow.toArray(ValueLayout.JAVA_SHORT))
        .containsExactly((short) 0x3f80, (short) 0xc000, (short) 0x3f00, (short) 0x3f80);
    assertThat(bf16).hasToString("bf16 [4] plain");
    assertThat(bf16.size()).isEqualTo(8);
  }

  @Test
  void shouldSeeAPartOfAPicture() {
    MemoryDesc whole = channelsLast(1, 1, 3, 3);
    MemoryDesc part = own(whole.part(new long[] {1, 1, 2, 2}, new long[] {0, 0, 1, 1}));
    MemoryDesc dst = dense(1, 1, 2, 2);
    MemorySegment got = room(dst);
    reorder(part, floats(1, 2, 3, 4, 5, 6, 7, 8, 9), dst, got);

    assertThat(read(got)).containsExactly(5, 6, 8, 9);
  }

  @Test
  void shouldRefuseMemoryThatIsTooSmall() {
    MemoryDesc rows = own(MemoryDesc.strided(new long[] {2, 2}, new long[] {4, 1})); // 6 elements, not 8
    MemoryDesc dense = dense(2, 2);
    MemorySegment dst = room(dense);
    reorder(rows, floats(1, 2, 0, 0, 3, 4), dense, dst);
    assertThat(read(dst)).containsExactly(1, 2, 3, 4);

    assertThatThrownBy(() -> reorder(rows, floats(1, 2, 0, 0, 3), dense, dst)).isInstanceOf(NativeException.class)
        .hasMessageStartingWith("test: f32 [2, 2] plain takes 24 bytes of native memory, not ");
  }
}
