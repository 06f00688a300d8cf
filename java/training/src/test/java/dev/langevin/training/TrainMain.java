package dev.langevin.training;

import dev.langevin.backend.Backend;
import java.nio.file.Path;

/**
 * A run in a process of its own, so that it can be killed: resumes what there is and prints a line when it is ready, at
 * each step, and when it is done.
 */
final class TrainMain {

  static final String READY = "ready";
  static final String DONE = "done";
  static final String STEP = "step ";

  private TrainMain() {}

  public static void main(String[] arguments) {
    try (TrainingRun run = new TrainingRun(TrainingConfig.read(Path.of(arguments[0])), Backend.named("onednn"), true)) {
      System.out.println(READY);
      System.out.println(run.run(new TrainingRun.Listener() {
        @Override
        public void step(long step, TrainingLog log) {
          System.out.println(STEP + step);
        }
      }) ? DONE : "");
    } catch (TrainingException e) {
      System.out.println(e.getMessage());
      System.exit(1);
    }
  }

  /** Starts one. */
  static Process start(Path config, String... shell) throws java.io.IOException {
    return starter(config, shell).start();
  }

  /** Starts one of a network so small that a second thread would only wait, for long where others use its core. */
  static Process startAlone(Path config) throws java.io.IOException {
    ProcessBuilder starter = starter(config);
    starter.environment().put("OMP_NUM_THREADS", "1");
    return starter.start();
  }

  private static ProcessBuilder starter(Path config, String... shell) {
    java.util.List<String> command = new java.util.ArrayList<>(java.util.List.of(shell));
    command.addAll(java.util.List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "--enable-native-access=ALL-UNNAMED",
        "-Xmx256m", "-XX:-UsePerfData", "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path"),
        TrainMain.class.getName(),
        config.toString()));
    return new ProcessBuilder(command).redirectErrorStream(true);
  }
}
