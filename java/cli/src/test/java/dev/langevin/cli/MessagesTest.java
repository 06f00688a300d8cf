package dev.langevin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What a file holds does not steer the terminal that it is named on. */
class MessagesTest {

  private static final String TITLE = "\\u001b]0;x\\u0007\\u009b31m\\u202e\\nlangevin: done";

  @TempDir
  private Path folder;

  private String said(String... arguments) {
    StringWriter err = new StringWriter();
    CommandLine line = Langevin.commandLine().setErr(new PrintWriter(err, true));
    assertThat(line.execute(arguments)).isEqualTo(1);
    return err.toString();
  }

  @Test
  void shouldShowControlCharactersOfAClassName() throws Exception {
    Files.writeString(folder.resolve("model_index.json"), "{\"_class_name\": \"" + TITLE + "\"}");
    String said = said("generate", "--model", folder.toString(), "--out", folder.resolve("o.png").toString());
    assertThat(said).contains("\\u001b]0;x\\u0007\\u009b31m\\u202e\\nlangevin: done").doesNotContain("\u001b", "\u009b",
        "\u202e");
    assertThat(said.strip().lines()).hasSize(1);
  }

  @Test
  void shouldShowControlCharactersOfAKeyWithATrace() throws Exception {
    Files.writeString(folder.resolve("model_index.json"),
        "{\"_class_name\": \"StableDiffusionPipeline\", \"" + TITLE + "\": [\"diffusers\", \"X\"]}");
    String said =
        said("generate", "a cat", "--model", folder.toString(), "--out", folder.resolve("o.png").toString(), "--debug");
    assertThat(said).contains("\\u001b]0;x").contains("\tat ").doesNotContain("\u001b", "\u009b", "\u202e");
  }
}
