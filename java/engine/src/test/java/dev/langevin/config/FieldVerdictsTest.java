package dev.langevin.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.policy.Findings;
import dev.langevin.policy.Policy;
import dev.langevin.policy.RefusedException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Each declared field of a configuration, and what becomes of it ({@code verdicts.txt}): a reader asks for it by its
 * name, or anything but the one value that is declared is refused. A field without a verdict fails the test. What is
 * not declared is told of.
 */
class FieldVerdictsTest {

  private static final String READ = "read";
  private static final String REFUSED = "refused";

  private static Map<String, String> verdicts() throws IOException {
    Map<String, String> verdicts = new LinkedHashMap<>();
    String section = "";
    String text = new String(FieldVerdictsTest.class.getResourceAsStream("verdicts.txt").readAllBytes(),
        StandardCharsets.UTF_8);
    for (String line : text.lines().filter(each -> !each.isBlank() && !each.startsWith("#")).toList()) {
      if (line.startsWith("[")) {
        section = line.substring(1, line.length() - 1);
      } else {
        verdicts.put(section + ": " + line.substring(0, line.indexOf(' ')), line.substring(line.indexOf(' ') + 1));
      }
    }
    return verdicts;
  }

  @Test
  void shouldHaveAVerdictForEachField() throws IOException {
    List<String> declared = new ArrayList<>();
    Configurations.all()
        .forEach(section -> section.fields().forEach(field -> declared.add(section.name() + ": " + field.name())));
    assertThat(verdicts().keySet()).containsExactlyInAnyOrderElementsOf(declared);
    assertThat(verdicts().values()).containsOnly(READ, REFUSED);
  }

  /** Catches a field that is declared and that nobody asks for. */
  @Test
  void shouldReadByNameOutsideOfThisPackage() throws IOException {
    StringBuilder sources = new StringBuilder();
    try (Stream<Path> files = Files.walk(Path.of("src/main/java"))) {
      for (Path file : files.filter(each -> each.toString().endsWith(".java")
          && !each.getParent().endsWith("config")).toList()) {
        sources.append(Files.readString(file));
      }
    }
    Map<String, String> verdicts = verdicts();
    for (Section section : Configurations.all()) {
      for (Field field : section.fields()) {
        String verdict = verdicts.get(section.name() + ": " + field.name());
        assertThat(sources.indexOf('"' + field.name() + '"') >= 0).as("%s of %s is %s", field.name(), section.name(),
            verdict).isEqualTo(verdict.equals(READ));
      }
    }
  }

  /** Catches a field that any value passes and that nobody asks for. */
  @Test
  void shouldRefuseOtherValuesOfWhatIsNotRead() throws IOException {
    Map<String, String> verdicts = verdicts();
    for (Section section : Configurations.all()) {
      for (Field field : section.fields()) {
        if (verdicts.get(section.name() + ": " + field.name()).equals(REFUSED)) {
          Map<String, Object> json = new LinkedHashMap<>();
          json.put(field.name(), "another value");
          assertThatThrownBy(() -> ConfigValues.of(section, json)).as(field.name())
              .hasMessageContaining(field.name() + " is another value, must be ");
        }
      }
    }
  }

  @Test
  void shouldTellOfFieldsThatAreNotDeclared() {
    Map<String, Object> json = new LinkedHashMap<>(Map.of("_diffusers_version", "0.40.0", "act_fn", "silu", "dropout",
        0.1, "upcast_attention", true, "reversed_flow", true, "no_flow", false, "gaps", List.of(), "twist", 2.5));
    json.put("nothing", null);
    List<String> said = new ArrayList<>();
    UnreadFields.tell(Configurations.UNET_CONDITION, "m: unet", json, new Findings(Policy.USUAL, said::add));
    assertThat(said).containsExactly(
        "m: unet: not read are its fields reversed_flow (true), twist (2.5);"
            + " pictures differ where they mean something");
    assertThatThrownBy(() -> UnreadFields.tell(Configurations.UNET_CONDITION, "m: unet", json,
        new Findings(Policy.STRICT, said::add))).isInstanceOf(RefusedException.class).hasMessage(said.getFirst());
    json.keySet().removeAll(List.of("reversed_flow", "twist"));
    UnreadFields.tell(Configurations.UNET_CONDITION, "m: unet", json, new Findings(Policy.STRICT, said::add));
    assertThat(said).hasSize(1);
  }
}
