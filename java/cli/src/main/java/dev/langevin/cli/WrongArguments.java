package dev.langevin.cli;

import dev.langevin.text.NearestName;
import dev.langevin.text.Printable;
import java.util.Set;
import java.util.stream.Collectors;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** What is said of arguments that the program does not understand: one sentence, and where all of them are told of. */
final class WrongArguments {

  private WrongArguments() {}

  /** Prints the sentence and gives the exit code. */
  static int tell(ParameterException error) {
    String command = error.getCommandLine().getCommandSpec().qualifiedName();
    String sentence = sentence(error) + "; see " + command + " --help";
    Output.error("usage", sentence);
    error.getCommandLine().getErr().println("langevin: " + Printable.of(sentence));
    return ExitCode.USAGE;
  }

  private static String sentence(ParameterException error) {
    if (!(error instanceof UnmatchedArgumentException unmatched)) {
      return error.getMessage();
    }
    CommandSpec command = error.getCommandLine().getCommandSpec();
    String first = unmatched.getUnmatched().getFirst();
    if (unmatched.isUnknownOption()) {
      String names = unmatched.getUnmatched().stream().map(each -> "'" + each + "'").collect(Collectors.joining(", "));
      return "there is no option " + names + meant(first.replaceFirst("=.*", ""), command.optionsMap().keySet())
          + "; a text that begins with '-' goes last, after ' -- '";
    }
    return command.subcommands().isEmpty() ? error.getMessage()
        : "there is no command '" + first + "'" + meant(first, command.subcommands().keySet());
  }

  private static String meant(String written, Set<String> known) {
    String nearest = NearestName.find(written, known);
    return nearest == null ? "" : " (did you mean " + nearest + "?)";
  }
}
