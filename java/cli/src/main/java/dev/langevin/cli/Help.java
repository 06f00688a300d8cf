package dev.langevin.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code langevin help bench model}: the help of a command by its words. */
@Command(name = "help", header = "Tells what a command does.", mixinStandardHelpOptions = true,
    description = "Tells what a command does, with its options and examples.",
    footer = {"langevin help generate", "langevin help bench model"})
final class Help implements Callable<Integer> {

  @Parameters(arity = "0..*", paramLabel = "COMMAND",
      description = "The command's words; without any, all commands are listed.")
  private List<String> words = new ArrayList<>();

  @Spec
  private CommandSpec spec;

  @Override
  public Integer call() {
    CommandLine command = spec.parent().commandLine();
    for (String word : words) {
      CommandLine next = command.getSubcommands().get(word);
      if (next == null) {
        throw new ParameterException(command, "there is no command '" + word + "'");
      }
      command = next;
    }
    command.usage(spec.commandLine().getOut());
    return 0;
  }
}
