package dev.langevin.cli;

import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What makes a shell complete commands, options and their values. */
@Command(name = "completion", header = "Prints what completes commands in a shell.", mixinStandardHelpOptions = true,
    description = "Prints what makes a shell complete commands and options with the Tab key.",
    footer = {"source <(langevin completion bash)",
        "langevin completion bash > ~/.local/share/bash-completion/completions/langevin",
        "langevin completion zsh > ~/.langevin-completion   # sourced by ~/.zshrc"})
final class Completion implements Callable<Integer> {

  /** Shells that read the same script: zsh by its bashcompinit, which the script loads. */
  enum Shell {
    bash,
    zsh
  }

  @Parameters(paramLabel = "SHELL", description = "${COMPLETION-CANDIDATES}.")
  private Shell shell;

  @Spec
  private CommandSpec spec;

  @Override
  public Integer call() {
    CommandSpec program = spec.root();
    lowerCase(program);
    System.out.print(AutoComplete.bash("langevin", program.commandLine()));
    return 0;
  }

  /** Values as the help writes them; they are understood in any case. */
  private static void lowerCase(CommandSpec command) {
    for (OptionSpec option : List.copyOf(command.options())) {
      if (option.type().isEnum() && option.converters().length == 0) {
        command.remove(option);
        command.addOption(OptionSpec.builder(option).completionCandidates(Stream.of(option.type().getEnumConstants())
            .map(value -> value.toString().toLowerCase(Locale.ROOT)).toList()).build());
      }
    }
    command.subcommands().values().forEach(each -> lowerCase(each.getCommandSpec()));
  }
}
