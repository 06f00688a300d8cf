package dev.langevin.training;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langevin.config.Field;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** docs/training.md says what the settings are; with -Dlangevin.documents=write it is made to. */
class TrainingDocumentTest {

  private static final Path ROOT = Path.of("../..").toAbsolutePath().normalize();
  private static final Path FILE = ROOT.resolve("docs/training.md");
  private static final String BEGIN = "<!-- made of the table of settings; a test compares -->\n";

  @Test
  void shouldListEveryKey() throws IOException {
    String text = Files.readString(FILE);
    String written = text.substring(0, text.indexOf(BEGIN) + BEGIN.length()) + tables();
    if ("write".equals(System.getProperty("langevin.documents"))) {
      Files.writeString(FILE, written);
    }
    assertThat(text).as("run with -Dlangevin.documents=write").isEqualTo(written);
  }

  static Stream<Path> examples() throws IOException {
    try (Stream<Path> files = Files.list(ROOT.resolve("docs/training"))) {
      return files.filter(file -> file.toString().endsWith(".yaml")).sorted().toList().stream();
    }
  }

  /** Catches a table that lacks a key which the project's own runs have. */
  @ParameterizedTest
  @MethodSource("examples")
  void shouldTakeTheProjectsOwnRuns(Path file) {
    assertThat(TrainingConfig.read(file).written()).isNotEmpty();
  }

  private static String tables() {
    StringBuilder out = new StringBuilder();
    Map<String, List<Setting>> groups = Settings.all().stream()
        .collect(Collectors.groupingBy(Setting::group, LinkedHashMap::new, Collectors.toList()));
    groups.forEach((group, settings) -> {
      out.append("\n## ").append(group.isEmpty() ? "The run" : "`" + group + "`").append("\n\n")
          .append("| key | must be | left out | read in | |\n| --- | --- | --- | --- | --- |\n");
      settings.forEach(setting -> out.append(row(setting)));
    });
    out.append(
        "\n## Networks and samplers\n\nThe keys of published configurations that are read; beside them those that"
            + " such files carry along, and any that begins with `_`.\n");
    for (NetworkKeys network : NetworkKeys.values()) {
      if (!network.fields().isEmpty()) {
        out.append("\n### ").append(network.title()).append("\n\n| key | must be | left out |\n| --- | --- | --- |\n");
        network.fields().forEach(field -> out.append(row(field)));
        out.append("\nCarried along: ").append(network.names().stream()
            .filter(name -> network.fields().stream().noneMatch(field -> field.name().equals(name)))
            .map(name -> "`" + name + "`").collect(Collectors.joining(", "))).append(".\n");
      }
    }
    return out.toString().replace("Carried along: .\n", "Carried along: none.\n");
  }

  private static String row(Setting setting) {
    String allowed = setting.network() == null ? setting.type().allowed()
        : "the configuration of " + setting.network().title();
    String tasks = setting.tasks().size() == TrainingConfig.Kind.values().length ? "all"
        : setting.tasks().stream().map(Enum::name).collect(Collectors.joining(", "));
    return "| `" + setting.name() + "` | " + allowed + " | " + setting.absent() + " | " + tasks + " | "
        + setting.meaning() + " |\n";
  }

  private static String row(Field field) {
    String absent = switch (field.presence()) {
      case REQUIRED -> "required";
      case BY_CLASS -> "by class or other keys";
      default -> field.absent() == null ? "none" : String.valueOf(field.absent());
    };
    return "| `" + field.name() + "` | " + field.type().allowed().replace("|", "or") + " | " + absent + " |\n";
  }

  /** Catches a refusal of settings that lack a key by an exception other than the one that is told. */
  @Test
  void shouldHaveOneEntryForAKeyAndTask() {
    for (TrainingConfig.Kind kind : TrainingConfig.Kind.values()) {
      List<String> paths = Settings.all().stream().filter(setting -> setting.tasks().contains(kind)).map(Setting::path)
          .toList();
      assertThat(paths).doesNotHaveDuplicates();
    }
    assertThat(Arrays.stream(NetworkKeys.values()).map(NetworkKeys::title)).doesNotHaveDuplicates();
  }
}
