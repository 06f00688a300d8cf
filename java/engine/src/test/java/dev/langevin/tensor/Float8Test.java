package dev.langevin.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class Float8Test {

  /**
   * Every code against the formats' definition, in digits: (-1)^sign * 2^(exponent - bias) * 1.mantissa, below it 2^(1
   * - bias) * 0.mantissa.
   */
  @ParameterizedTest
  @CsvSource({"F8_E4M3, 3, 7, 127, false", "F8_E5M2, 2, 15, 124, true", "F8_E4M3FNUZ, 3, 8, 128, false",
      "F8_E5M2FNUZ, 2, 16, 128, false"})
  void shouldDecodeEveryCode(Float8 format, int mantissaBits, int bias, int beyond, boolean infinities) {
    float[] decoded = decode(format);
    for (int code = 0; code < 256; code++) {
      String bits = "%8s".formatted(Integer.toBinaryString(code)).replace(' ', '0');
      int exponent = Integer.parseInt(bits.substring(1, 8 - mantissaBits), 2);
      double fraction = Integer.parseInt(bits.substring(8 - mantissaBits), 2) / Math.pow(2, mantissaBits);
      double magnitude =
          exponent == 0 ? fraction * Math.pow(2, 1 - bias) : (1 + fraction) * Math.pow(2, exponent - bias);
      double value = bits.charAt(0) == '1' ? -magnitude : magnitude;
      if (code % 128 == beyond && infinities) {
        value = Math.copySign(Double.POSITIVE_INFINITY, value);
      } else if (code % 128 >= beyond || code == beyond) {
        value = Double.NaN;
      }
      assertThat((Object) decoded[code]).as(format + " " + bits).isEqualTo((float) value);
    }
  }

  @Test
  void shouldDecodePowersOfTwo() {
    float[] decoded = decode(Float8.F8_E8M0);
    for (int code = 0; code < 255; code++) {
      assertThat(decoded[code]).isEqualTo((float) Math.pow(2, code - 127));
    }
    assertThat(decoded[255]).isNaN();
  }

  /** The largest numbers and the smallest, as the formats' papers give them. */
  @Test
  void shouldHaveThePublishedRanges() {
    assertThat(Float8.F8_E4M3.value((byte) 0x7e)).isEqualTo(448);
    assertThat(Float8.F8_E4M3.value((byte) 1)).isEqualTo(0x1p-9f);
    assertThat(Float8.F8_E5M2.value((byte) 0x7b)).isEqualTo(57344);
    assertThat(Float8.F8_E5M2.value((byte) 1)).isEqualTo(0x1p-16f);
    assertThat(Float8.F8_E4M3FNUZ.value((byte) 0x7f)).isEqualTo(240);
    assertThat(Float8.F8_E5M2FNUZ.value((byte) 0x7f)).isEqualTo(57344);
  }

  /** Catches a check that lets one of the codes through that are no numbers, wherever in the array. */
  @ParameterizedTest
  @EnumSource
  void shouldFindEveryNumberThatIsNotFinite(Float8 format) {
    float[] decoded = decode(format);
    byte[] codes = new byte[40_000];
    for (int code = 0; code < 256; code++) {
      codes[(code * 157) % codes.length] = (byte) code;
      assertThat(new Tensor(format, Shape.of(codes.length), MemorySegment.ofArray(codes)).isFinite())
          .as(format + " " + code).isEqualTo(Float.isFinite(decoded[code]));
      codes[(code * 157) % codes.length] = 0;
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F8_E4M3", "F8_E5M2"})
  void shouldRoundEveryNumberToItself(Float8 format) {
    for (int code = 0; code < 256; code++) {
      float value = format.value((byte) code);
      assertThat(
          Float.isNaN(value) ? Float.isNaN(format.value(format.round(value))) : format.round(value) == (byte) code)
              .isTrue();
    }
  }

  @Test
  void shouldRoundWhatIsTooLargeAsTorchDoes() {
    for (float value : new float[] {465, 480, 1e9f, Float.POSITIVE_INFINITY}) {
      assertThat(Float8.F8_E4M3.value(Float8.F8_E4M3.round(value))).isEqualTo(448);
      assertThat(Float8.F8_E4M3.value(Float8.F8_E4M3.round(-value))).isEqualTo(-448);
    }
    assertThat(Float8.F8_E5M2.value(Float8.F8_E5M2.round(61439))).isEqualTo(57344);
    assertThat(Float8.F8_E5M2.value(Float8.F8_E5M2.round(61440))).isEqualTo(Float.POSITIVE_INFINITY);
    assertThat(Float8.F8_E5M2.value(Float8.F8_E5M2.round(Float.NEGATIVE_INFINITY))).isEqualTo(Float.NEGATIVE_INFINITY);
  }

  /** Against all numbers there are: none is nearer, and of two as near the even one is taken. */
  @Property
  void shouldRoundToTheNearest(@ForAll float value) {
    for (Float8 format : new Float8[] {Float8.F8_E4M3, Float8.F8_E5M2}) {
      byte rounded = format.round(value);
      if (Math.abs(value) >= (format == Float8.F8_E4M3 ? 464 : 61440)) {
        continue; // too large
      }
      double distance = Math.abs((double) value - format.value(rounded));
      for (int code = 0; code < 256; code++) {
        double other = Math.abs((double) value - format.value((byte) code));
        assertThat(other < distance
            || other == distance && (rounded & 1) == 1 && format.value((byte) code) != format.value(rounded))
                .as(value + " to " + format.value(rounded) + ", not " + format.value((byte) code)).isFalse();
      }
    }
  }

  @Test
  void shouldNotBeTakenForAPlainType() {
    Tensor tensor = new Tensor(Float8.F8_E4M3, Shape.of(3), MemorySegment.ofArray(new byte[3]));
    assertThatThrownBy(tensor::dtype).hasMessageContaining("F8_E4M3").hasMessageContaining("toFloats");
    assertThatThrownBy(tensor::toLongs).hasMessageContaining("does not hold integers");
    assertThatThrownBy(() -> new Tensor(Float8.F8_E4M3, Shape.of(4), MemorySegment.ofArray(new byte[3])))
        .hasMessageContaining("takes 4 bytes, not 3");
    assertThatThrownBy(() -> Float8.F8_E8M0.round(1)).hasMessageContaining("not to F8_E8M0");
  }

  private static float[] decode(Float8 format) {
    byte[] codes = new byte[256];
    for (int code = 0; code < 256; code++) {
      codes[code] = (byte) code;
    }
    return new Tensor(format, Shape.of(16, 16), MemorySegment.ofArray(codes)).toFloats();
  }
}
