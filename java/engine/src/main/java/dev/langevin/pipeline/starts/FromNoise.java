package dev.langevin.pipeline.starts;

import dev.langevin.diffusion.Trajectory;
import dev.langevin.pipeline.engine.Run;

/** Text to picture: from noise alone. */
public final class FromNoise implements ChainStart {

  /** How latents begin, without figures of its own. */
  public FromNoise() {}

  @Override
  public Begun begin(Run run, Trajectory trajectory) {
    return new Begun(null, false, null, null, run.noise());
  }
}
