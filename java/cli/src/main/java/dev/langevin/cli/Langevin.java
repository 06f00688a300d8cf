package dev.langevin.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The program: exit code 0 for success, 1 for a failure, 2 for wrong arguments. */
@Command(
    name = "langevin",
    mixinStandardHelpOptions = true,
    version = "langevin 0.1.0",
    description = "Diffusion models on the JVM: from noise to a picture.",
    subcommands = {Generate.class, Vary.class, Interpolate.class, Forward.class, Train.class, Evaluate.class, Chart.class, Dataset.class, Convert.class, PlanCommand.class, Inspect.class, Bench.class,
        Doctor.class})
public final class Langevin {

  @Option(names = "--debug", scope = CommandLine.ScopeType.INHERIT, description = "Show the stack trace of an error.")
  private boolean debug;

  /** Made by picocli. */
  public Langevin() {}

  /** Runs one command and ends the process with its exit code. */
  public static void main(String[] arguments) {
    System.setProperty("java.awt.headless", "true");
    System.exit(run(arguments));
  }

  static int run(String... arguments) {
    return commandLine().execute(arguments);
  }

  static CommandLine commandLine() {
    Langevin program = new Langevin();
    CommandLine line = new CommandLine(program).setCaseInsensitiveEnumValuesAllowed(true);
    line.registerConverter(Size.class, new Size.Converter());
    line.registerConverter(ByteCount.class, new ByteCount.Converter());
    line.setExecutionExceptionHandler((error, command, parsed) -> {
      Messages.fail(command.getErr(), error, program.debug);
      return 1;
    });
    return line;
  }
}
