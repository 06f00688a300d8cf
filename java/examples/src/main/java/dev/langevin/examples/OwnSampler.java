package dev.langevin.examples;

import static dev.langevin.diffusion.LinearCombination.PREDICTION;

import dev.langevin.backend.Backend;
import dev.langevin.backend.BackendOptions;
import dev.langevin.diffusion.NoiseSchedule;
import dev.langevin.diffusion.PredictionType;
import dev.langevin.diffusion.ReverseProcess;
import dev.langevin.diffusion.Scheduler;
import dev.langevin.diffusion.Schedulers;
import dev.langevin.diffusion.TorchGenerator;
import dev.langevin.diffusion.Trajectory;
import dev.langevin.diffusion.TrajectoryOptions;
import dev.langevin.diffusion.Transition;
import dev.langevin.diffusion.TransitionBuilder;
import dev.langevin.diffusion.TransitionTable;
import dev.langevin.image.Images;
import dev.langevin.models.UNet2D;
import dev.langevin.models.UNet2DConfig;
import dev.langevin.pipeline.stages.PlanDenoiser;
import dev.langevin.plan.Plan;
import dev.langevin.plan.Planner;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Tensor;
import dev.langevin.weights.ModelFolder;
import dev.langevin.weights.ModelWeights;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A sampler of one's own, and the reverse chain without a pipeline around it: {@code OwnSampler MODEL CLASS OUT}, for a
 * class-conditional model of pixels.
 */
public final class OwnSampler {

  private static final int PICTURES = 8;
  private static final int STEPS = 15;

  private OwnSampler() {}

  /**
   * DDIM without noise (Song et al., arXiv:2010.02502, equation 12) at times that lie closer together where little
   * noise is left: the i-th of n is T (i / n)^2 (the "quadratic" choice of its appendix D).
   */
  record QuadraticDdim(NoiseSchedule schedule) implements Scheduler {

    @Override
    public String className() {
      return "QuadraticDdim";
    }

    @Override
    public int trainTimesteps() {
      return schedule.steps();
    }

    @Override
    public Trajectory trajectory(TrajectoryOptions options) {
      int n = options.steps();
      double[] times = new double[n];
      Arrays.setAll(times, i -> Math.round((schedule.steps() - 1) * Math.pow((n - i) / (double) n, 2)));
      List<Transition> transitions = new ArrayList<>();
      for (int i = 0; i < n; i++) {
        double alphaBarT = schedule.alphaBar((int) times[i]);
        double alphaBarS = i + 1 < n ? schedule.alphaBar((int) times[i + 1]) : 1; // the last step ends in the picture
        double signal = Math.sqrt(alphaBarT);
        double noise = Math.sqrt(1 - alphaBarT);
        transitions.add(TransitionBuilder.at(times[i])
            .predict(PredictionType.EPSILON.x0(signal, noise), new Transition.Nonlinearity.Clip(1))
            .next(PREDICTION.times(Math.sqrt(alphaBarS))
                .plus(PredictionType.EPSILON.eps(signal, noise).times(Math.sqrt(1 - alphaBarS)))));
      }
      return TransitionTable.of(times, options).transitions(transitions).noiseLevelsOf(schedule).build();
    }
  }

  public static void main(String... arguments) {
    ModelFolder folder = new ModelFolder(Path.of(arguments[0]));
    UNet2DConfig config = UNet2DConfig.of(folder.config("unet"));
    NoiseSchedule schedule = Schedulers.fromConfig(folder.schedulerConfig()).noiseSchedule().orElseThrow();
    Trajectory trajectory = new QuadraticDdim(schedule).trajectory(TrajectoryOptions.steps(STEPS));
    int side = config.sampleSize();
    try (Backend backend = Backend.open("onednn", BackendOptions.usual());
        ModelWeights weights = folder.weights("unet");
        Plan plan = new Planner(backend).plan(UNet2D.graph(config, PICTURES, side, side), weights)) {
      Tensor made = backend.call(() -> { // kernels and the chain run on the backend's thread
        long[] classes = new long[PICTURES];
        Arrays.fill(classes, Long.parseLong(arguments[1]));
        if (plan.in("class_labels").dtype() == DType.I64) {
          plan.in("class_labels").write(classes);
        } else {
          plan.in("class_labels").fill(classes[0]);
        }
        try (ReverseProcess chain = new ReverseProcess(trajectory, new PlanDenoiser(plan, "sample"), backend)) {
          return chain.sample(new TorchGenerator(1), ReverseProcess.StepListener.NONE);
        }
      });
      List<BufferedImage> pictures = new ArrayList<>();
      for (int k = 0; k < PICTURES; k++) {
        pictures.add(Images.fromSignedUnit(made.row(k)));
      }
      Images.writePng(Images.grid(pictures, PICTURES, 2), Path.of(arguments[2]));
    }
  }
}
