package dev.langevin.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langevin.tensor.Tensor;
import org.assertj.core.data.Offset;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LatentInterpolationTest {

  /** From 2x3 to 3x5 by torch 2.13's interpolate: neither side grows by a whole number. */
  @ParameterizedTest
  @CsvSource({
      "BILINEAR, 1 1.4 2 3.2 4 4.5 -0.1 -7 8.000004 18 8 -1.600001 -16 12.800007 32",
      "BICUBIC, 0.088028 1.765876 3.562501 2.571 1.378111 5.604 -1.761998 -7 7.472004 20.400002 11.119971 -5.289871"
          + " -17.562498 12.373009 39.421886",
      "NEAREST, 1 1 2 2 4 1 1 2 2 4 8 8 -16 -16 32",
      "NEAREST_EXACT, 1 1 2 4 4 8 8 -16 32 32 8 8 -16 32 32"})
  void shouldEnlargeAsTorchDoes(LatentInterpolation interpolation, String expected) {
    float[] actual = interpolation.resize(Tensor.ofFloats(new float[] {1, 2, 4, 8, -16, 32}, 1, 1, 2, 3), 3, 5)
        .toFloats();
    String[] values = expected.split(" ");
    assertThat(actual).hasSize(values.length);
    for (int i = 0; i < values.length; i++) {
      assertThat(actual[i]).as("value " + i).isCloseTo(Float.parseFloat(values[i]),
          Offset.offset(2e-5f));
    }
  }
}
