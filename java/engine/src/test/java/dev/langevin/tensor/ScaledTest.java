package dev.langevin.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class ScaledTest {

  /**
   * Blocks that are cut at the edges, parts that begin and end anywhere, rows as tensors of their own, pieces larger
   * than a chunk.
   */
  @Property
  void shouldScaleEachElementByItsBlocksFactor(@ForAll @IntRange(min = 1, max = 70) int rows,
      @ForAll @IntRange(min = 1, max = 400) int columns,
      @ForAll @IntRange(min = 1, max = 80) int blockRows, @ForAll @IntRange(min = 1, max = 500) int blockColumns,
      @ForAll long seed) {
    Random random = new Random(seed);
    byte[] codes = new byte[rows * columns];
    random.nextBytes(codes);
    int across = Math.ceilDiv(columns, blockColumns);
    float[] factors = new float[Math.ceilDiv(rows, blockRows) * across];
    for (int i = 0; i < factors.length; i++) {
      factors[i] = random.nextFloat();
    }
    Tensor tensor =
        new Tensor(Scaled.of(Float8.F8_E5M2, factors, rows, columns, blockRows, blockColumns), Shape.of(rows, columns),
            MemorySegment.ofArray(codes));
    float[] expected = new float[codes.length];
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        int i = row * columns + column;
        expected[i] = Float8.F8_E5M2.value(codes[i]) * factors[row / blockRows * across + column / blockColumns];
      }
    }
    assertThat(tensor.toFloats()).isEqualTo(expected);
    int first = random.nextInt(codes.length);
    float[] part = new float[random.nextInt(codes.length - first) + 1];
    tensor.copyFloats(first, part.length, MemorySegment.ofArray(part));
    assertThat(part).isEqualTo(java.util.Arrays.copyOfRange(expected, first, first + part.length));
    int row = random.nextInt(rows);
    assertThat(tensor.row(row).toFloats())
        .isEqualTo(java.util.Arrays.copyOfRange(expected, row * columns, (row + 1) * columns));
    assertThat(tensor.reshape(1, codes.length).row(0).toFloats()).isEqualTo(expected);
  }

  @Test
  void shouldSayHowItIsScaled() {
    assertThat(Scaled.of(Float8.F8_E4M3, new float[1], 1, 12, 1, 12).name()).isEqualTo("F8_E4M3 scaled");
    assertThat(Scaled.of(Float8.F8_E4M3, new float[3], 3, 4, 1, 4).name()).isEqualTo("F8_E4M3 scaled by row");
    assertThat(Scaled.of(DType.BF16, new float[4], 130, 140, 128, 128).name())
        .isEqualTo("BF16 scaled by blocks of 128 x 128");
    assertThatThrownBy(() -> Scaled.of(Float8.F8_E4M3, new float[3], 2, 4, 1, 4))
        .hasMessageContaining("2 blocks of 1 x 4, not 3");
  }

  /** Catches a check of the codes alone: the product may be what neither factor is. */
  @Test
  void shouldTellThatAProductIsNotFinite() {
    assertThat(scaled(1e36f).isFinite()).isTrue();
    assertThat(scaled(1e37f).isFinite()).isFalse();
    assertThat(scaled(Float.NaN).isFinite()).isFalse();
  }

  private static Tensor scaled(float factor) {
    return new Tensor(Scaled.of(Float8.F8_E4M3, new float[] {1, factor}, 2, 1, 1, 1), Shape.of(2, 1),
        MemorySegment.ofArray(new byte[] {0, Float8.F8_E4M3.round(40)}));
  }
}
