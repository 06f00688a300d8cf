package dev.langevin.pipeline.starts;

import dev.langevin.diffusion.Scheduler;
import dev.langevin.diffusion.Trajectory;
import dev.langevin.pipeline.engine.Run;
import dev.langevin.request.GenerationRequest;
import java.util.function.IntFunction;

/** From latents that another model left part-way. */
public final class GoingOn implements ChainStart {

  /** How latents begin, without figures of its own. */
  public GoingOn() {}

  @Override
  public int firstCall(GenerationRequest request, Scheduler scheduler, IntFunction<Trajectory> from) {
    return request.denoisingStart() > 0 ? ChainStart.callAt(scheduler, from.apply(0), request.denoisingStart()) : 0;
  }

  @Override
  public Begun begin(Run run, Trajectory trajectory) {
    return new Begun(run.request().latents(), true, null, null, run.noise());
  }
}
