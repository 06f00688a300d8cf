package dev.langevin.cli;

import dev.langevin.diffusion.ForwardProcess;
import dev.langevin.diffusion.Scheduler;
import dev.langevin.diffusion.Schedulers;
import dev.langevin.diffusion.TorchGenerator;
import dev.langevin.image.Images;
import dev.langevin.policy.Findings;
import dev.langevin.policy.Policy;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Tensor;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "forward", header = "Walks the forward Markov chain on a picture.",
    footer = {"langevin forward photo.png", "langevin forward photo.png --schedule cosine --show 6 --out chain.png"},
    mixinStandardHelpOptions = true,
    description = "Walks the forward Markov chain on a picture.")
final class Forward implements Callable<Integer> {

  /** The names of the schedules on the command line, in diffusers' terms. */
  enum Schedule {
    linear("linear"),
    scaled_linear("scaled_linear"),
    cosine("squaredcos_cap_v2");

    final String betas;

    Schedule(String betas) {
      this.betas = betas;
    }
  }

  @Parameters(paramLabel = "IMAGE", description = "A PNG or JPEG picture.")
  private Path image;

  @Option(names = "--schedule", paramLabel = "NAME", defaultValue = "linear",
      description = "${COMPLETION-CANDIDATES} (${DEFAULT-VALUE}).")
  private Schedule schedule;

  @Option(names = "--steps", paramLabel = "N", defaultValue = "1000",
      description = "Length of the chain (${DEFAULT-VALUE}).")
  private int steps;

  @Option(names = "--show", paramLabel = "N", defaultValue = "8", description = "Moments shown (${DEFAULT-VALUE}).")
  private int show;

  @Option(names = "--side", paramLabel = "N", defaultValue = "256",
      description = "Longest side of each cell (${DEFAULT-VALUE}).")
  private int side;

  @Option(names = "--seed", paramLabel = "N", defaultValue = "0",
      description = "Seed of the random numbers (${DEFAULT-VALUE}).")
  private long seed;

  @Mixin
  private PictureOutput output = new PictureOutput();

  @Option(names = "--out", paramLabel = "FILE", defaultValue = "strip.png",
      description = "The strip (${DEFAULT-VALUE}).")
  private Path out;

  @Override
  public Integer call() {
    if (show < 2 || steps < show || side < 1) {
      throw new IllegalArgumentException("--show is " + show + ", --steps " + steps + ", --side " + side
          + "; show must be at least 2, steps at least show, side at least 1");
    }
    output.requireOne(out);
    Map<String, Object> config = new HashMap<>(Map.of("num_train_timesteps", steps, "beta_schedule", schedule.betas));
    Scheduler scheduler = Schedulers.ofClass("DDPMScheduler", config);
    ForwardProcess q = new ForwardProcess(scheduler.noiseSchedule().orElseThrow());
    Tensor x = Images.toSignedUnit(Images.limit(Images.read(image, new Findings(Policy.USUAL, Messages::warn)), side));
    Tensor noise = Tensor.allocate(DType.F32, x.shape());
    TorchGenerator generator = new TorchGenerator(seed);
    List<BufferedImage> moments = new ArrayList<>(List.of(Images.fromSignedUnit(x)));
    System.out.printf("%6s  %12s  %12s%n", "t", "alphaBar_t", "SNR");
    List<Map<String, Object>> shownMoments = new ArrayList<>();
    int shown = 1;
    for (int t = 0; t < steps; t++) {
      generator.fill(noise);
      q.step(x, t, noise, x);
      if (t + 1 == (long) shown * steps / (show - 1)) {
        double signal = q.level(t).signal();
        System.out.printf("%6d  %12.6g  %12.6g%n", t, signal * signal, q.signalToNoise(t));
        shownMoments.add(Map.of("t", t, "alpha_bar", signal * signal, "snr", q.signalToNoise(t)));
        moments.add(Images.fromSignedUnit(x));
        shown++;
      }
    }
    Output.seed(seed);
    Output.result("moments", shownMoments);
    try (PictureFiles files = new PictureFiles(output.quality)) {
      files.write(Images.grid(moments, moments.size(), 2), out);
    }
    return 0;
  }
}
