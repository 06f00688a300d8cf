package dev.langevin.cli;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The program: exit code 0 for success, 1 for a failure, 2 for wrong arguments. */
@Command(
    name = "langevin",
    mixinStandardHelpOptions = true,
    version = "langevin 0.1.0",
    description = "Diffusion models on the JVM: from noise to a picture.",
    subcommands = {Generate.class, Vary.class, Interpolate.class, Grid.class, Upscale.class, Forward.class, Train.class,
        Evaluate.class,
        Chart.class, Dataset.class, Convert.class, PlanCommand.class, Inspect.class, Bench.class,
        Doctor.class, Pull.class, Models.class})
public final class Langevin {

  @Option(names = "--debug", scope = CommandLine.ScopeType.INHERIT, description = {
      "Show the stack trace of an error, and where a picture's numbers were lost."})
  private boolean debug;

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
    System.exit(run(arguments));
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
    CommandLine line = commandLine();
    try {
      return line.execute(arguments);
    } catch (OutOfMemoryError e) { // requests tell theirs by what they take
      line.getErr().println("langevin: out of memory (" + e.getMessage() + "); the Java heap may take "
          + Runtime.getRuntime().maxMemory()
          + " bytes, which JDK_JAVA_OPTIONS=-Xmx... changes; smaller pictures, batches or models take less");
      return 1;
    }
  }

  static CommandLine commandLine() {
    Langevin program = new Langevin();
    CommandLine line = new CommandLine(program).setCaseInsensitiveEnumValuesAllowed(true);
    line.setExpandAtFiles(false); // a prompt may begin with @, and a text must never name a file to read
    line.setAllowOptionsAsOptionParameters(true); // nor be taken for an option where it stands for a value
    line.setParameterExceptionHandler((error, arguments) -> WrongArguments.tell(error));
    line.setExecutionStrategy(parsed -> {
      HubPaths.resolve(parsed);
      return new CommandLine.RunLast().execute(parsed);
    });
    line.registerConverter(Size.class, new Size.Converter());
    line.registerConverter(ByteCount.class, new ByteCount.Converter());
    line.setExecutionExceptionHandler((error, command, parsed) -> {
      Messages.fail(command.getErr(), error, program.debug);
      return 1;
    });
    return line;
  }
}
