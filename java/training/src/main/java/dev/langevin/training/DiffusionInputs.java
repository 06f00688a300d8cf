package dev.langevin.training;

import dev.langevin.diffusion.ForwardProcess;
import dev.langevin.diffusion.NoiseSchedule;
import dev.langevin.diffusion.PredictionType;
import dev.langevin.diffusion.SchedulerConfig;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;

/** What pixel and latent models have in common: the forward chain, the objective, and random times and noise. */
final class DiffusionInputs {

  /** Signal to noise; below, a float32 sample holds nothing of the picture. */
  private static final double LEAST_SNR = 1e-12;

  private final NoiseSchedule schedule;
  private final Objective objective;
  private final double offsetNoise;
  private Tensor noise;

  DiffusionInputs(TrainingConfig config) {
    Map<String, Object> values = config.model().scheduler();
    if (values == null) {
      throw new TrainingException("model.scheduler is missing; give a DDPMScheduler's configuration");
    }
    try {
      SchedulerConfig scheduler = SchedulerConfig.of("model.scheduler", values);
      schedule = NoiseSchedule.of(scheduler, NoiseSchedule.Defaults.DDPM);
      TrainingConfig.Loss loss = config.objective();
      boolean learned = "learned_range".equals(values.get("variance_type"));
      if (learned != (loss.varianceFactor() != null)) {
        throw new TrainingException(
            "objective.variance_factor goes with model.scheduler.variance_type learned_range; one is given, the other"
                + " not");
      }
      objective =
          new Objective(PredictionType.of(scheduler, PredictionType.EPSILON, PredictionType.SAMPLE, PredictionType.V),
              loss.function(), loss.snrGamma(), loss.varianceFactor());
      offsetNoise = loss.offsetNoise();
      if (objective.prediction() == PredictionType.EPSILON
          && new ForwardProcess(schedule).signalToNoise(schedule.steps() - 1) < LEAST_SNR) {
        throw new TrainingException("model.scheduler.prediction_type is epsilon and the last timestep is noise alone"
            + " (rescale_betas_zero_snr, or a beta of 1), in which epsilon says nothing of the picture"
            + (loss.snrGamma() == null ? "" : " and objective.snr_gamma divides by 0")
            + "; use prediction_type v_prediction or sample");
      }
    } catch (IllegalArgumentException e) {
      throw new TrainingException(e.getMessage(), e);
    }
  }

  Objective objective() {
    return objective;
  }

  /** Times of the chain. */
  int steps() {
    return schedule.steps();
  }

  /** Draws times and noise for x0 (N, C, H, W) and writes what the network sees. */
  void write(Tensor x0, StepRandom random, Learner learner) {
    learner.in("sample").write(write(x0, schedule.steps(), random, learner));
  }

  /**
   * The same for a network that does not call its input the sample.
   *
   * @param below times are drawn from 0 to below - 1
   * @return what that input is to be, of x0's shape
   */
  Tensor write(Tensor x0, int below, StepRandom random, Learner learner) {
    if (noise == null || !noise.shape().equals(x0.shape())) { // of another bucket
      noise = Tensor.allocate(DType.F32, x0.shape());
    }
    int[] times = new int[x0.shape().intDim(0)];
    for (int n = 0; n < times.length; n++) {
      times[n] = random.below(below);
    }
    random.normals(noise.data());
    if (offsetNoise > 0) {
      offset(random);
    }
    return objective.write(schedule, x0, noise, times, learner);
  }

  private void offset(StepRandom random) {
    long planes = noise.shape().dim(0) * noise.shape().dim(1);
    long each = noise.shape().elements() / planes;
    MemorySegment data = noise.data();
    for (long plane = 0; plane < planes; plane++) {
      float by = (float) (offsetNoise * random.normal());
      for (long i = plane * each; i < (plane + 1) * each; i++) {
        data.setAtIndex(ValueLayout.JAVA_FLOAT, i, data.getAtIndex(ValueLayout.JAVA_FLOAT, i) + by);
      }
    }
  }
}
