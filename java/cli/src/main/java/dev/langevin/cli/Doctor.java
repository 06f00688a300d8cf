package dev.langevin.cli;

import dev.langevin.backend.Backend;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

@Command(name = "doctor", mixinStandardHelpOptions = true, description = "Shows what this machine offers the engine.")
final class Doctor implements Callable<Integer> {

  @Override
  public Integer call() {
    System.out.println("java      " + Runtime.version());
    System.out.println("threads   " + Runtime.getRuntime().availableProcessors());
    System.out.println("backend   " + Backend.named("onednn").description());
    return 0;
  }
}
