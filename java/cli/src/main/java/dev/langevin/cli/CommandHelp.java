package dev.langevin.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/**
 * What the help of all commands has in common, so that none can lack it: 80 columns, options in sections, examples, and
 * the exit codes. An example is a line of a command's {@code footer}.
 */
final class CommandHelp {

  /** Columns of every page of help. */
  static final int WIDTH = 80;

  /** Codes by which a script tells how a command has ended, the same of all commands. */
  static final Map<String, String> EXIT_CODES = new LinkedHashMap<>();

  static {
    EXIT_CODES.put("0", "All is done.");
    EXIT_CODES.put("1", "It failed; one sentence on standard error says why, and what to do.");
    EXIT_CODES.put("2", "The arguments are not understood; nothing was done.");
    EXIT_CODES.put("130", "Interrupted by Ctrl-C (143 by SIGTERM, 129 by SIGHUP).");
  }

  private CommandHelp() {}

  /** Completes the help of a command and of those below it. */
  static void complete(CommandSpec command) {
    hideFormerNames(command);
    UsageMessageSpec usage = command.usageMessage();
    usage.width(WIDTH).sortOptions(false).parameterListHeading("%nArguments:%n").commandListHeading("%nCommands:%n");
    usage.customSynopsis(synopsis(command));
    usage.sectionMap().put(UsageMessageSpec.SECTION_KEY_OPTION_LIST, new OptionSections());
    usage.sectionMap().remove(UsageMessageSpec.SECTION_KEY_OPTION_LIST_HEADING); // each section has its own
    usage.exitCodeListHeading("%nExit codes:%n");
    if (usage.exitCodeList().isEmpty()) {
      usage.exitCodeList(EXIT_CODES);
    }
    if (usage.footer().length > 0) {
      usage.footerHeading("%nExamples:%n");
      List<String> examples = new ArrayList<>();
      for (String example : usage.footer()) {
        examples.add("  " + example);
      }
      usage.footer(examples.toArray(String[]::new));
    }
    command.subcommands().values().forEach(each -> complete(each.getCommandSpec()));
  }

  /** An option's first name is its name; the others are those that it had before, and are read as if they were it. */
  private static void hideFormerNames(CommandSpec command) {
    for (OptionSpec option : List.copyOf(command.options())) {
      String[] names = option.names();
      if (names.length > 1 && names[0].startsWith("--")) {
        command.remove(option);
        command.addOption(OptionSpec.builder(option).names(names[0]).build());
        command.addOption(OptionSpec.builder(names[1], Arrays.copyOfRange(names, 2, names.length)).hidden(true)
            .type(String.class).arity("1")
            .parameterConsumer((arguments, former, line) -> arguments.push(names[0] + "=" + arguments.pop())).build());
      }
    }
  }

  /** The command with what it requires; the options, of which some commands have dozens, are listed below it. */
  private static String synopsis(CommandSpec command) {
    StringBuilder synopsis = new StringBuilder(command.qualifiedName());
    for (OptionSpec option : command.options()) {
      if (option.required() && option.group() == null) {
        synopsis.append(' ').append(option.longestName()).append('=').append(option.paramLabel());
      }
    }
    synopsis.append(" [OPTIONS]");
    for (PositionalParamSpec parameter : command.positionalParameters()) {
      String label = parameter.paramLabel() + (parameter.arity().max() > 1 ? "..." : "");
      synopsis.append(' ').append(parameter.arity().min() == 0 ? "[" + label + "]" : label);
    }
    return synopsis.append(command.subcommands().isEmpty() ? "" : " COMMAND").toString();
  }
}
