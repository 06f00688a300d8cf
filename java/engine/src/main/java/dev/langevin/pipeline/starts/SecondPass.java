package dev.langevin.pipeline.starts;

import dev.langevin.diffusion.NoiseSource;
import dev.langevin.diffusion.Scheduler;
import dev.langevin.diffusion.Trajectory;
import dev.langevin.pipeline.engine.Run;
import dev.langevin.request.GenerationRequest;
import java.util.Map;
import java.util.function.IntFunction;

/**
 * The enlarged latents of a first pass, the run's tensor {@code latents}, with as much noise as the last {@code walked}
 * of the chain's steps take away.
 *
 * @param steps of the whole chain
 * @param walked of these
 * @param noise of the request's seeds, drawn anew at the larger size as web UIs draw it
 */
public record SecondPass(int steps, int walked, NoiseSource noise) implements ChainStart {

  @Override
  public Map<String, Object> part() {
    return Map.of("walked", walked);
  }

  @Override
  public int firstCall(GenerationRequest request, Scheduler scheduler, IntFunction<Trajectory> from) {
    return (steps - walked) * scheduler.callsPerStep();
  }

  @Override
  public Begun begin(Run run, Trajectory trajectory) {
    return new Begun(run.tensors().remove("latents"), false, null, null, noise);
  }
}
