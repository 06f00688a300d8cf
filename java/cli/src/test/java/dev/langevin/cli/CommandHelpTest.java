package dev.langevin.cli;

import static dev.langevin.cli.Outcome.run;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/** The help of every command, whichever there are: a new one without examples, or an option without words, fails. */
class CommandHelpTest {

  /** What says which value counts where an option is not given. */
  private static final Pattern DEFAULT = Pattern.compile("\\([^)]+\\)|[Ww]ithout it|the default");

  /** A word of a command line, or a text in quotes. */
  private static final Pattern WORD = Pattern.compile("\"([^\"]*)\"|(\\S+)");

  private static final CommandLine PROGRAM = Langevin.commandLine();

  static Stream<CommandSpec> commands() {
    return all(PROGRAM);
  }

  private static Stream<CommandSpec> all(CommandLine line) {
    return Stream.concat(Stream.of(line.getCommandSpec()),
        line.getSubcommands().values().stream().flatMap(CommandHelpTest::all));
  }

  private static String help(CommandSpec command) {
    return command.commandLine().getUsageMessage();
  }

  /** Without the program's name. */
  private static List<String> words(String line) {
    List<String> words = new ArrayList<>();
    Matcher matcher = WORD.matcher(line);
    while (matcher.find()) {
      words.add(matcher.group(1) != null ? matcher.group(1) : matcher.group(2));
    }
    return words.subList(1, words.size());
  }

  @ParameterizedTest
  @MethodSource("commands")
  void shouldFitATerminalAndTellExitCodes(CommandSpec command) {
    String help = help(command);
    assertThat(help.lines()).allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(CommandHelp.WIDTH));
    assertThat(help).contains("Usage: " + command.qualifiedName()).contains("Exit codes:")
        .containsPattern("(?m)^  0  ").containsPattern("(?m)^  1  ").containsPattern("(?m)^  2  ")
        .containsPattern("(?m)^  130  ").doesNotContain("=<", "${");
    assertThat(command.usageMessage().header()).as("the line that stands in the list of commands").hasSize(1);
  }

  @ParameterizedTest
  @MethodSource("commands")
  void shouldHaveExamplesThatAreUnderstood(CommandSpec command) {
    String help = help(command);
    List<String> examples = help.substring(help.indexOf("Examples:")).lines().skip(1).map(String::strip)
        .map(line -> line.replaceFirst("^source <\\((.*)\\)$", "$1")).map(line -> line.replaceFirst(" +[>#].*", ""))
        .toList();
    assertThat(examples).isNotEmpty();
    for (String example : examples) {
      assertThat(example).startsWith("langevin");
      ParseResult parsed = PROGRAM.parseArgs(words(example).toArray(String[]::new));
      List<String> understood = new ArrayList<>();
      for (ParseResult each = parsed; each != null; each = each.subcommand()) {
        understood.add(each.commandSpec().qualifiedName());
      }
      assertThat(understood).as(example).contains(command.qualifiedName());
    }
  }

  @ParameterizedTest
  @MethodSource("commands")
  void shouldDescribeEveryOptionAndItsDefault(CommandSpec command) {
    String help = help(command).replaceAll("\\s+", " ");
    for (OptionSpec option : command.options()) {
      if (option.hidden()) {
        continue;
      }
      String words = String.join(" ", option.description()).replace("${DEFAULT-VALUE}", "" + option.defaultValue());
      assertThat(words).as("the description of %s", option.longestName()).matches("(?s).{4,}\\.");
      assertThat(help).contains(option.longestName());
      if (option.arity().max() == 0 || option.required()) {
        continue; // what is off unless it is given, and what must be given
      }
      if (option.defaultValue() != null) {
        assertThat(words).as("the default of %s", option.longestName()).contains("(" + option.defaultValue() + ")");
      } else {
        assertThat(words).as("the default of %s", option.longestName()).containsPattern(DEFAULT);
      }
    }
    command.positionalParameters()
        .forEach(each -> assertThat(String.join(" ", each.description())).as(each.paramLabel()).isNotBlank());
  }

  /** One name for one thing, wherever it stands. */
  @Test
  void shouldUnderstandFormerNamesButShowTheOneName() {
    for (String[] former : new String[][] {{"generate", "--batch=3", "--count"}, {"plan", "--batch=3", "--count"},
        {"bench pipeline dir", "--batch=3", "--count"}, {"bench model tiny", "--batch=3", "--count"},
        {"bench train", "--batch=3", "--count"}, {"convert model --out=x", "--dtype=f32", "--precision"},
        {"bench write-model sd15 --out=x", "--dtype=f32", "--precision"},
        {"bench turns dir --other-size=8x8", "--threads=3", "--clients"}}) {
      ParseResult parsed = PROGRAM.parseArgs((former[0] + " " + former[1]).split(" "));
      while (parsed.hasSubcommand()) {
        parsed = parsed.subcommand();
      }
      Object value = parsed.commandSpec().findOption(former[2]).getValue();
      assertThat(String.valueOf(value)).as(former[0]).isEqualTo(former[1].substring(former[1].indexOf('=') + 1));
      assertThat(help(parsed.commandSpec())).contains(former[2] + "=")
          .doesNotContain(former[1].substring(0, former[1].indexOf('=')));
    }
  }

  @Test
  void shouldHelpByTheWordHelp() {
    assertThat(run("help", "bench", "model").out()).isEqualTo(run("bench", "model", "--help").out());
    assertThat(run("help").out()).isEqualTo(run("--help").out()).contains("generate").contains("doctor");
    Outcome unknown = run("help", "bench", "nothing");
    assertThat(unknown.code()).isEqualTo(2);
    assertThat(unknown.err()).isEqualTo("langevin: there is no command 'nothing'; see langevin bench --help\n");
  }
}
