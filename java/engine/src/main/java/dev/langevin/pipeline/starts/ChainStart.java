package dev.langevin.pipeline.starts;

import dev.langevin.diffusion.NoiseSource;
import dev.langevin.diffusion.Scheduler;
import dev.langevin.diffusion.Trajectory;
import dev.langevin.diffusion.samplers.Compat;
import dev.langevin.pipeline.engine.Need;
import dev.langevin.pipeline.engine.Run;
import dev.langevin.pipeline.stages.LatentRun;
import dev.langevin.pipeline.stages.SeededNoise;
import dev.langevin.request.GenerationRequest;
import dev.langevin.tensor.Tensor;
import java.util.Arrays;
import java.util.Map;
import java.util.List;
import java.util.function.IntFunction;

/** How a chain of latents begins. */
public interface ChainStart {

  /**
   * What a chain begins with.
   *
   * @param latents (N, L, h, w), or null to begin with noise alone
   * @param goesOn whether they have their noise already
   * @param extra (N, E, h, w) shown to the network beside the sample, or null
   * @param kept what is put back after each step, or null
   * @param noise that the chain draws from on
   */
  record Begun(Tensor latents, boolean goesOn, Tensor extra, LatentRun.Kept kept, NoiseSource noise) {}

  /** Networks that it needs before the chain's. */
  default List<Need> needs() {
    return List.of();
  }

  /**
   * The part of the chain that is walked, for samplers that take it with their noise levels: {@code strength}, the
   * share that a picture is taken back, or {@code walked}, how many of the last steps; empty for all of it.
   */
  default Map<String, Object> part() {
    return Map.of();
  }

  /**
   * Index of the trajectory's first call that is walked.
   *
   * @param from makes the trajectory that begins at a call
   */
  default int firstCall(GenerationRequest request, Scheduler scheduler, IntFunction<Trajectory> from) {
    return 0;
  }

  /** Reads pictures and draws noise, in their order. */
  Begun begin(Run run, Trajectory trajectory);

  /** Noise for drawing a picture's latents; web UIs leave the seed's first draw to the chain's start. */
  static NoiseSource encoding(Run run) {
    return run.request().compat() == Compat.DIFFUSERS ? run.noise() : new SeededNoise(~run.request().seed());
  }

  /** Index of the first call below a share of the training's noise levels. */
  static int callAt(Scheduler scheduler, Trajectory trajectory, double share) {
    int trained = scheduler.trainTimesteps();
    long cutoff = Math.round(trained - share * trained);
    return (int) Arrays.stream(trajectory.timesteps()).filter(t -> t >= cutoff).count();
  }

  /** The call from which so much of the chain is left as a picture is taken back. */
  static int callOf(double strength, int steps, Scheduler scheduler) {
    int walked = Math.min((int) (steps * strength), steps);
    if (walked == 0) {
      throw new IllegalArgumentException("a strength of " + strength + " leaves none of " + steps
          + " steps; use more steps or a higher strength");
    }
    return (steps - walked) * scheduler.callsPerStep();
  }
}
