package dev.langevin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class WrongArgumentsTest {

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = """
      genrate a cat | there is no command 'genrate' (did you mean generate?); see langevin --help
      bench laod | there is no command 'laod' (did you mean load?); see langevin bench --help
      bench something-else | there is no command 'something-else'; see langevin bench --help
      generate --setps=3 | there is no option '--setps=3' (did you mean --steps?); a text that begins with '-' goes last
      generate --no-such-option | there is no option '--no-such-option'; a text that begins with '-' goes last
      """)
  void shouldNameWhatWasMeant(String arguments, String sentence) {
    StringWriter err = new StringWriter();
    CommandLine line = Langevin.commandLine().setErr(new PrintWriter(err, true));
    assertThat(line.execute(arguments.split(" "))).isEqualTo(2);
    assertThat(err.toString()).startsWith("langevin: " + sentence).hasLineCount(1);
  }
}
