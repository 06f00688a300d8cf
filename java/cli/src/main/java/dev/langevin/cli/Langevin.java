package dev.langevin.cli;

import dev.langevin.bindings.ProcessExit;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** The program. Its exit codes are those of {@link CommandHelp}. */
@Command(
    name = "langevin",
    mixinStandardHelpOptions = true,
    version = "langevin 0.2.0",
    header = "Diffusion models on the JVM: from noise to a picture.",
    description = "'langevin help COMMAND' tells of each command; 'langevin completion bash' completes them.",
    footer = {"langevin generate \"a red apple\"", "langevin help generate"})
public final class Langevin {

  private static final List<Class<?>> COMMANDS = List.of(Generate.class, Vary.class, Interpolate.class, Grid.class,
      Upscale.class, Serve.class, Forward.class, Train.class, Evaluate.class, Chart.class, Dataset.class, Convert.class,
      PlanCommand.class, Inspect.class, Bench.class, Doctor.class, Pull.class, Models.class, Bulk.class,
      Completion.class, Help.class);

  @Option(names = "--debug", scope = CommandLine.ScopeType.INHERIT, description = {
      "Show the stack trace of an error, and where a picture's numbers were lost."})
  private boolean debug;

  @Option(names = "--quiet", scope = CommandLine.ScopeType.INHERIT,
      description = "No progress and no notes: results, warnings and errors alone.")
  private boolean quiet;

  @Option(names = "--json", scope = CommandLine.ScopeType.INHERIT,
      description = "One JSON object on standard output: results, files, seed, seconds, warnings, or the error.")
  private boolean json;

  /** Made by picocli. */
  public Langevin() {}

  /** Runs one command and ends the process with its exit code. */
  public static void main(String[] arguments) {
    System.setProperty("java.awt.headless", "true");
    if (List.of(arguments).contains("--debug")) {
      System.setProperty("langevin.debug", "true"); // requests whose numbers are lost tell where
    }
    String room = System.getProperty("langevin.room");
    if (room != null) {
      Runtime.getRuntime().addShutdownHook(new Thread(() -> free(Path.of(room))));
    }
    int code = run(arguments);
    if (code == CommandLine.ExitCode.USAGE && System.getProperty("langevin.archive") != null) {
      System.out.flush();
      System.err.flush();
      ProcessExit.now(code); // else the JVM would keep an archive of the few classes that it took to say so
    }
    System.exit(code);
  }

  /**
   * Gives up the room on the disk that the launcher has held for the archive of classes, which the JVM writes after
   * this.
   */
  private static void free(Path room) {
    try (FileChannel file = FileChannel.open(room, StandardOpenOption.WRITE)) {
      file.truncate(0);
    } catch (IOException e) {
      Messages.warn(room + " cannot be freed: " + e);
    }
  }

  static int run(String... arguments) {
    CommandLine line = commandLine(commands(arguments));
    try {
      return line.execute(arguments);
    } catch (OutOfMemoryError e) { // requests tell theirs by what they take
      String message = "out of memory (" + e.getMessage() + "); the Java heap may take "
          + Runtime.getRuntime().maxMemory()
          + " bytes, which JDK_JAVA_OPTIONS=-Xmx... changes; smaller pictures, batches or models take less";
      Output.error("failure", message);
      line.getErr().println("langevin: " + message);
      return CommandLine.ExitCode.SOFTWARE;
    } finally {
      Output.end();
    }
  }

  /** Runs the command that was understood; what it tells goes where its options say. */
  private int begin(ParseResult parsed) {
    ParseResult last = parsed;
    boolean help = false; // which is read, whatever else is asked
    while (true) {
      help |= last.isUsageHelpRequested() || last.isVersionHelpRequested();
      if (!last.hasSubcommand()) {
        break;
      }
      last = last.subcommand();
    }
    Output.begin(name(last.commandSpec()), json && !help, quiet);
    HubPaths.resolve(parsed);
    return new CommandLine.RunLast().execute(parsed);
  }

  private static int tell(ParameterException error, String[] arguments) {
    // nothing is known of arguments that were not understood but how they look
    Output.begin(name(error.getCommandLine().getCommandSpec()), List.of(arguments).contains("--json"), false);
    return WrongArguments.tell(error);
  }

  /** The command's words behind the program's. */
  private static String name(CommandSpec command) {
    return command.qualifiedName().replaceFirst("^langevin ?", "");
  }

  /**
   * The commands to read arguments with: all, or the one that they begin with, as reading all takes a tenth of a
   * second.
   */
  private static List<Class<?>> commands(String... arguments) {
    List<Class<?>> named = COMMANDS.stream().filter(command -> arguments.length > 0
        && command.getAnnotation(Command.class).name().equals(arguments[0])).toList();
    return named.isEmpty() || named.contains(Completion.class) || named.contains(Help.class) ? COMMANDS : named;
  }

  static CommandLine commandLine() {
    return commandLine(COMMANDS);
  }

  private static CommandLine commandLine(List<Class<?>> commands) {
    Langevin program = new Langevin();
    CommandLine line = new CommandLine(program);
    commands.forEach(line::addSubcommand);
    CommandHelp.complete(line.getCommandSpec());
    configured(line);
    line.setParameterExceptionHandler(Langevin::tell);
    line.setExecutionStrategy(program::begin);
    line.setExecutionExceptionHandler((error, command, parsed) -> {
      Messages.fail(command.getErr(), error, program.debug);
      return 1;
    });
    return line;
  }

  /** How arguments are read. */
  static CommandLine configured(CommandLine line) {
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setExpandAtFiles(false); // a prompt may begin with @, and a text must never name a file to read
    line.setAllowOptionsAsOptionParameters(true); // nor be taken for an option where it stands for a value
    line.registerConverter(Size.class, new Size.Converter());
    line.registerConverter(ByteCount.class, new ByteCount.Converter());
    return line;
  }
}
