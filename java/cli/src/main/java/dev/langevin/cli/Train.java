package dev.langevin.cli;

import dev.langevin.backend.Backend;
import dev.langevin.backend.BackendOptions;
import dev.langevin.image.ImageFileException;
import dev.langevin.training.TrainingConfig;
import dev.langevin.training.TrainingLog;
import dev.langevin.training.TrainingRun;
import dev.langevin.training.evaluation.LossChart;
import dev.langevin.training.evaluation.SampleGrid;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Trains a network as a file says. */
@Command(name = "train", header = "Trains a network as a file says.",
    footer = {"langevin train docs/training/fashion-mnist.yaml",
        "langevin train docs/training/fashion-mnist.yaml --resume"},
    mixinStandardHelpOptions = true,
    description = "Trains a network as a YAML file says; the result is a diffusers folder. Ctrl-C saves a checkpoint"
        + " and ends the run.")
final class Train implements Callable<Integer> {

  /** Steps whose mean the progress bar shows. */
  private static final int RECENT = 50;

  @Parameters(paramLabel = "CONFIG.yaml", description = "The file of settings: docs/training.md tells of each.")
  private Path file;

  @Option(names = "--resume", description = "Goes on from the newest checkpoint, where there is one.")
  private boolean resume;

  @Option(names = {"--device", "--backend"}, paramLabel = "NAME", defaultValue = DeviceName.USUAL,
      converter = DeviceName.class, description = DeviceName.HELP)
  private String backend;

  @Mixin
  private PolicyOption policy = new PolicyOption();

  private boolean logFailed;

  @Override
  public Integer call() throws Exception {
    TrainingConfig config = TrainingConfig.read(file, policy.findings(), HubPaths::local);
    try (Backend opened = Backend.open(backend, BackendOptions.usual());
        TrainingRun run = new TrainingRun(config, opened, resume, Messages::warn, Messages::note)) {
      System.out.printf(Locale.ROOT, "%,d weights to train, %.2f GB%s%n", run.learner().parameters().count(),
          run.learner().bytes() * 1e-9, run.step() > 0 ? ", from step " + run.step() : "");
      Output.result("weights", run.learner().parameters().count());
      Output.result("bytes", run.learner().bytes());
      Output.result("from_step", run.step());
      if (run.note() != null) {
        Messages.line("%s", run.note());
      }
      boolean whole = interruptible(config, run);
      results(run);
      if (whole) {
        Output.file(run.model());
      }
    }
    return 0;
  }

  private static void results(TrainingRun run) {
    Output.result("step", run.step());
    if (run.log().curve("loss").length > 0) {
      Output.result("loss", run.log().recent("loss", RECENT));
    }
  }

  /** A signal that ends the program waits until the run is saved; the exit code is the signal's, 130 for Ctrl-C. */
  private boolean interruptible(TrainingConfig config, TrainingRun run) {
    CountDownLatch saved = new CountDownLatch(1);
    Thread hook = new Thread(() -> {
      run.stop();
      try {
        saved.await();
      } catch (InterruptedException e) {
        return; // nothing interrupts this thread
      }
      System.out.println("\nstopped at step " + run.step() + " of " + config.steps().count() + "; --resume goes on");
      System.out.flush();
      results(run);
      Output.end();
    }, "langevin-save");
    Runtime.getRuntime().addShutdownHook(hook);
    boolean done = false;
    try {
      boolean whole = run(config, run);
      drawChart(config, run);
      done = true;
      return whole;
    } finally {
      if (done) {
        saved.countDown();
      }
      try {
        Runtime.getRuntime().removeShutdownHook(hook);
      } catch (IllegalStateException e) {
        saved.countDown(); // the program is ending already, and the hook waits
      }
    }
  }

  private boolean run(TrainingConfig config, TrainingRun run) {
    try (StepLog table = new StepLog(config.output(), "tensorboard".equals(config.log()));
        Progress bar = Progress.of(Progress.TRAINING, "steps", run.step(), config.steps().count())) {
      return run.run(new TrainingRun.Listener() {
        @Override
        public void step(long step, TrainingLog log) {
          writeLine(table, step, log);
          bar.stepTo(step);
          double seconds = log.recent("seconds", RECENT);
          bar.message(String.format(Locale.ROOT, "loss %.4f, %.3g images/s", log.recent("loss", RECENT),
              config.steps().batchSize() * (config.steps().accumulate() == null ? 1 : config.steps().accumulate())
                  / seconds));
        }

        @Override
        public void checkpoint(long step, TrainingLog log) {
          optional(() -> drawChart(config, run));
        }

        @Override
        public void warning(String text) {
          Messages.warn(text);
        }

        @Override
        public void samples(long step, List<BufferedImage> pictures) {
          if (!pictures.isEmpty()) {
            int columns = (int) Math.ceil(Math.sqrt(pictures.size()));
            // the folder is there: the model that made them lay in it
            Path file = config.output().resolve("samples").resolve(String.format("step-%06d.png", step));
            optional(() -> SampleGrid.of(pictures, columns).write(file));
          }
        }
      });
    }
  }

  private void writeLine(StepLog table, long step, TrainingLog log) {
    try {
      table.step(step, log);
    } catch (IOException e) { // the next step tries again
      table.close();
      if (!logFailed) {
        Messages.warn("log.csv cannot be written: " + e.getMessage() + "; the run goes on");
      }
      logFailed = true;
    }
  }

  private static void drawChart(TrainingConfig config, TrainingRun run) {
    float[] loss = run.log().curve("loss");
    if (loss.length < 2) {
      return;
    }
    double[] steps = new double[loss.length];
    Arrays.setAll(steps, i -> i + 1);
    double[] values = new double[loss.length];
    Arrays.setAll(values, i -> loss[i]);
    LossChart.of("loss").with(config.task().name(), steps, values).write(config.output().resolve("loss.png"));
  }

  /** What is only looked at does not end a run: its numbers are in the next checkpoint too. */
  private static void optional(Runnable write) {
    try {
      write.run();
    } catch (ImageFileException e) {
      Messages.warn(e.getMessage() + "; the run goes on");
    }
  }
}
