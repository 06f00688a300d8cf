package dev.langevin.bindings.abi;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class HeaderComparisonTest {

  @Test
  void shouldTellBothSignaturesAndWhatOnlyOneSideHas() {
    assertThat(HeaderComparison.differences(
        List.of("function f i=pi", "constant A 1", "struct s 16", "function same l=p"),
        List.of("function f i=pl", "constant B 1", "struct s 16", "function same l=p")))
            .containsExactly("constant A: bound in Java as 1, not checked by native/abi/abi_check.cpp",
                "constant B: checked by native/abi/abi_check.cpp as 1, not bound in Java",
                "function f: Java has i=pi, C has i=pl");
  }

  /** By hand: an int, padding, a pointer; an array of three; the end rounded up to a pointer's 8 bytes. */
  @Test
  void shouldLayOutFieldsAsCDoes() {
    Struct struct = new Struct("s", "i a", "p b c[3]", "i d");

    assertThat(struct.declaration()).containsExactly(
        "struct s 48", "field s.a 0 i1", "field s.b 8 p1", "field s.c 16 p3", "field s.d 40 i1");
  }
}
