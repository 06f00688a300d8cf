package dev.langevin.cli;

import dev.langevin.backend.Backend;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

@Command(name = "doctor", mixinStandardHelpOptions = true, description = "Shows what this machine offers the engine.")
final class Doctor implements Callable<Integer> {

  @Override
  public Integer call() {
    print("JDK", Runtime.version() + ", " + System.getProperty("java.home"));
    print("system", System.getProperty("os.name") + " " + System.getProperty("os.version") + ", "
        + System.getProperty("os.arch") + ", " + Runtime.getRuntime().availableProcessors() + " processors");
    Backend.named("onednn").facts().forEach(Doctor::print);
    return 0;
  }

  private static void print(String what, String found) {
    System.out.printf("%-18s %s%n", what, found);
  }
}
