package dev.langevin.text;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PrintableTest {

  @ParameterizedTest
  @CsvSource(delimiter = '|',
      value = {"001b | escape", "0000 | null", "000d | return", "007f | delete", "009b | C1 control sequence",
          "0085 | C1 next line", "202e | right-to-left override", "2066 | isolate", "200f | mark",
          "2028 | line separator",
          "feff | byte order mark", "00ad | soft hyphen", "d800 | lone surrogate"})
  void shouldMakeVisible(String code, String what) {
    String hidden = "a" + (char) Integer.parseInt(code, 16) + "b";
    assertThat(Printable.of(hidden)).as(what).isEqualTo("a\\u" + code + "b");
    assertThat(Printable.lines(hidden)).as(what).isEqualTo("a\\u" + code + "b");
  }

  @Test
  void shouldKeepALineOneLine() {
    assertThat(Printable.of("a\nlangevin: b\t")).isEqualTo("a\\nlangevin: b\\t");
    assertThat(Printable.lines("a\n\tb")).isEqualTo("a\n\tb");
    assertThat(Printable.of("tag \udb40\udc41")).isEqualTo("tag \\u{e0041}");
  }

  @Test
  void shouldLeaveTextAlone() {
    String text = "Übergröße, 漢字, עברית, \ud83d\udc69\u200d\ud83d\ude80 \\u";
    assertThat(Printable.of(text)).isSameAs(text);
  }
}
