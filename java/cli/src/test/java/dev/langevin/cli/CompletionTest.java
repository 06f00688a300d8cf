package dev.langevin.cli;

import static dev.langevin.cli.Outcome.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The script of {@code langevin completion}, read by real shells. */
class CompletionTest {

  @TempDir
  private static Path folder;

  private static Path script;

  @BeforeAll
  static void write() throws IOException {
    script = Files.writeString(folder.resolve("langevin-completion"), run("completion", "bash").out());
  }

  private static boolean has(String shell) throws InterruptedException {
    try {
      return new ProcessBuilder(shell, "-c", "exit 0").start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  private static List<String> say(String shell, String commands) throws Exception {
    Path out = folder.resolve("out");
    Process process = new ProcessBuilder(shell, "-c", commands).redirectErrorStream(true).redirectOutput(out.toFile())
        .start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(Files.readString(out)).isZero();
    return Files.readString(out, StandardCharsets.UTF_8).lines().map(String::strip).toList();
  }

  /** What bash offers behind some words, of which the last is begun; compopt is for a line that is being typed. */
  private static List<String> completed(String... words) throws Exception {
    String line = String.join(" ", words);
    return say("bash",
        "compopt() { :; }; source '" + script + "'; COMP_WORDS=(" + line
            + (words[words.length - 1].isEmpty() ? "''" : "")
            + "); COMP_CWORD=" + (words.length - 1) + "; COMP_LINE='" + line + "'; COMP_POINT=" + line.length()
            + "; f=$(complete -p langevin | sed 's/.*-F \\([^ ]*\\).*/\\1/'); \"$f\" langevin '' ''; printf '%s\\n'"
            + " \"${COMPREPLY[@]}\"");
  }

  @Test
  void shouldCompleteInBash() throws Exception {
    assumeTrue(has("bash"), "there is no bash");
    assertThat(completed("langevin", "gen")).containsExactly("generate");
    assertThat(completed("langevin", "bench", "mod")).containsExactly("model");
    assertThat(completed("langevin", "generate", "--hires-s")).containsExactlyInAnyOrder("--hires-scale",
        "--hires-strength", "--hires-steps");
    assertThat(completed("langevin", "generate", "--bat")).as("a former name").containsExactly("");
    assertThat(completed("langevin", "generate", "--precision", "i").stream().map(String::toLowerCase)).as("values")
        .containsExactly("int8");
    assertThat(completed("langevin", "completion", "z")).containsExactly("zsh");
  }

  @Test
  void shouldBeReadByZsh() throws Exception {
    assumeTrue(has("zsh"), "there is no zsh");
    assertThat(say("zsh", "autoload -U compinit && compinit -u; source '" + script + "'; whence -w _complete_langevin"))
        .last().asString().contains("function");
  }
}
