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
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Trains a network as a file says. */
@Command(name = "train", mixinStandardHelpOptions = true,
    description = "Trains a network as a YAML file says; the result is a diffusers folder. Ctrl-C saves a checkpoint"
        + " and ends the run.")
final class Train implements Callable<Integer> {

  /** Steps whose mean the progress bar shows. */
  private static final int RECENT = 50;

  @Parameters(paramLabel = "CONFIG.yaml")
  private Path file;

  @Option(names = "--resume", description = "Goes on from the newest checkpoint, where there is one.")
  private boolean resume;

  @Option(names = "--quiet", description = "No progress bar.")
  private boolean quiet;

  @Option(names = "--backend", defaultValue = "onednn", description = "onednn or reference (${DEFAULT-VALUE}).")
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
      if (run.note() != null) {
        Messages.line("%s", run.note());
      }
      boolean whole = interruptible(config, run);
      if (whole) {
        System.out.println(run.model());
      }
    }
    return 0;
  }

  /** A signal that ends the program ends the run instead: it is saved, and the exit code is 0. */
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
      Runtime.getRuntime().halt(0);
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
    ProgressBarBuilder builder = new ProgressBarBuilder().setTaskName("training").setInitialMax(config.steps().count())
        .setStyle(ProgressBarStyle.ASCII).setUpdateIntervalMillis(quiet ? 3_600_000 : 1000)
        .startsFrom(run.step(), java.time.Duration.ZERO);
    try (StepLog table = new StepLog(config.output(), "tensorboard".equals(config.log()));
        ProgressBar bar = quiet ? null : builder.build()) {
      return run.run(new TrainingRun.Listener() {
        @Override
        public void step(long step, TrainingLog log) {
          writeLine(table, step, log);
          if (bar != null) {
            bar.stepTo(step);
            double seconds = log.recent("seconds", RECENT);
            bar.setExtraMessage(String.format(Locale.ROOT, "loss %.5f, %.1f images/s", log.recent("loss", RECENT),
                config.steps().batchSize() * (config.steps().accumulate() == null ? 1 : config.steps().accumulate())
                    / seconds));
          }
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
