package dev.langevin.bindings.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.bindings.NativeException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class LayoutTest extends PrimitiveTestBase {

  /** What a convolution asks for: padded and blocked. */
  private MemoryDesc packed() {
    MemoryDesc x = channelsLast(1, 16, 8, 8);
    PrimitiveDesc desc = own(PrimitiveDesc.convolution(engine, x, own(MemoryDesc.any(16, 16, 3, 3)), null, x, 1,
        new long[] {1, 1}, new long[] {1, 1}, attr()));
    return own(desc.weightsDesc());
  }

  private void reorder(MemoryDesc from, MemorySegment src, MemoryDesc to, MemorySegment dst) {
    run(PrimitiveDesc.reorder(engine, from, to, attr()), argument(Primitive.SRC, from, src),
        argument(Primitive.DST, to, dst));
  }

  /** As it is for packed weights that a cache keeps from run to run. */
  @Test
  void shouldReadBackWhatWasPackedIntoALayoutThatWasStoredAsBytes() {
    MemoryDesc plain = dense(16, 16, 3, 3);
    MemoryDesc packed = packed();
    float[] values = uniform(16 * 16 * 9);
    MemorySegment inside = room(packed);
    reorder(plain, floats(values), packed, inside);
    assertThat(Arrays.copyOf(read(inside), values.length)).isNotEqualTo(values);

    MemoryDesc restored = own(MemoryDesc.ofBlob(packed.blob()));
    MemorySegment back = room(plain);
    reorder(restored, inside, plain, back);

    assertThat(read(back)).isEqualTo(values);
    assertThat(restored).hasToString(packed.toString());
    assertThat(restored.size()).isEqualTo(packed.size());
  }

  @Test
  void shouldRefuseALayoutOfAnotherLength() {
    byte[] half = Arrays.copyOf(dense(2).blob(), 100);

    assertThatThrownBy(() -> MemoryDesc.ofBlob(half)).isInstanceOf(NativeException.class)
        .hasMessageMatching("a layout takes \\d+ bytes with oneDNN 3\\.13\\.\\d+, not 100;"
            + " was it stored by another version\\?");
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
