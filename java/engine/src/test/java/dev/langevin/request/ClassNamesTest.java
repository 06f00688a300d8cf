package dev.langevin.request;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ClassNamesTest {

  private static final ClassNames NAMES = ClassNames.of(
      Map.of("0", "tench, Tinca tinca", "1", "Crane", "2", "crane", "11", "7", "3", "corn, maize", "4", "maize, ear"));

  /** Catches a name in another case that wins over the exact one, and a part that wins over a whole. */
  @Test
  void shouldFindAClassByItsNameOrOneOfItsNames() {
    assertThat(NAMES.label("crane")).isEqualTo(2);
    assertThat(NAMES.label("Crane")).isEqualTo(1);
    assertThat(NAMES.label(" tinca TINCA ")).isZero();
    assertThat(NAMES.label("tench, tinca tinca")).isZero();
  }

  /** Catches a class folder that is called 7 and taken for the eighth class, or the other way round. */
  @Test
  void shouldTakeANumberForANumber() {
    assertThat(NAMES.label("7")).isEqualTo(7);
    assertThat(NAMES.label("-1")).isEqualTo(-1);
    assertThat(ClassNames.NONE.label("12")).isEqualTo(12);
  }

  @Test
  void shouldSayWhatThereIs() {
    assertThatThrownBy(() -> NAMES.label("CRANE")).isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the classes [1, 2] are all called 'CRANE'; give the number of one");
    assertThatThrownBy(() -> NAMES.label("maize")).hasMessageContaining("the classes [3, 4]");
    assertThatThrownBy(() -> NAMES.label("trench")).hasMessageStartingWith(
        "there is no class called 'trench'; there are 0 tench, Tinca tinca; 1 Crane; 2 crane; 3 corn, maize;");
    assertThatThrownBy(() -> ClassNames.NONE.label("boot")).hasMessageEndingWith("the model names none, give a number");
    Map<String, Object> many = new LinkedHashMap<>();
    for (int i = 0; i < 1000; i++) {
      many.put(String.valueOf(i), "class " + i);
    }
    assertThat(ClassNames.of(many).shown()).startsWith("0 class 0; 1 class 1;").endsWith("; and 980 more");
  }

  @Test
  void shouldRefuseWhatIsNoNumberAndName() {
    assertThat(ClassNames.of(null)).isEqualTo(ClassNames.NONE);
    assertThatThrownBy(() -> ClassNames.of(Map.of("boot", "9"))).isInstanceOf(IllegalArgumentException.class)
        .hasMessage("id2label: 'boot' is '9', must be a class's number and its name");
    assertThatThrownBy(() -> ClassNames.of(Map.of("9", 9))).hasMessageContaining("'9' is '9'");
  }
}
