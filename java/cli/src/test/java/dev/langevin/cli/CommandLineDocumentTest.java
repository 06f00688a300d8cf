package dev.langevin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** docs/cli.md shows the help of every command; with -Dlangevin.documents=write it is made to. */
class CommandLineDocumentTest {

  private static final Path FILE = Path.of("../../docs/cli.md");
  private static final String BEGIN = "<!-- made of the commands; a test compares -->\n";

  @Test
  void shouldShowTheHelpOfEveryCommand() throws IOException {
    String text = Files.readString(FILE);
    StringBuilder written = new StringBuilder(text.substring(0, text.indexOf(BEGIN) + BEGIN.length()));
    show(Langevin.commandLine(), written);
    if ("write".equals(System.getProperty("langevin.documents"))) {
      Files.writeString(FILE, written);
    }
    assertThat(text).as("run with -Dlangevin.documents=write").isEqualTo(written.toString());
  }

  /** The table of codes is what the pages say. */
  @Test
  void shouldTellTheSameExitCodes() throws IOException {
    String text = Files.readString(FILE);
    for (Map.Entry<String, String> code : CommandHelp.EXIT_CODES.entrySet()) {
      assertThat(text).containsPattern("\\| " + code.getKey() + " \\| " + code.getValue().split("[ ;]")[0]);
    }
  }

  private static void show(CommandLine command, StringBuilder out) {
    out.append("\n### ").append(command.getCommandSpec().qualifiedName()).append("\n\n```\n")
        .append(command.getUsageMessage().replace(System.lineSeparator(), "\n")).append("```\n");
    command.getSubcommands().values().forEach(each -> show(each, out));
  }
}
