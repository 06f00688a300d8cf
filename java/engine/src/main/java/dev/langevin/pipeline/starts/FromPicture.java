package dev.langevin.pipeline.starts;

import dev.langevin.diffusion.Scheduler;
import dev.langevin.diffusion.Trajectory;
import dev.langevin.pipeline.engine.Need;
import dev.langevin.pipeline.engine.Run;
import dev.langevin.pipeline.stages.LatentCodec;
import dev.langevin.request.GenerationRequest;
import dev.langevin.tensor.Tensor;
import java.util.List;
import java.util.function.IntFunction;

/**
 * Picture to picture (arXiv:2108.01073): from the picture's latents with as much noise as its strength says.
 *
 * @param image (3, H, W) in [0, 1]
 * @param strength share of the chain that it is taken back
 * @param steps of the whole chain
 */
public record FromPicture(LatentCodec codec, Tensor image, double strength, int steps, List<Need> needs)
    implements ChainStart {

  @Override
  public int firstCall(GenerationRequest request, Scheduler scheduler, IntFunction<Trajectory> from) {
    return ChainStart.callOf(strength, steps, scheduler);
  }

  @Override
  public Begun begin(Run run, Trajectory trajectory) {
    GenerationRequest request = run.request();
    Tensor latents = codec.encode(Masks.signed(image), request.samples(), run.noise(), request.tiling(), run::pass);
    return new Begun(latents, false, null, null, run.noise());
  }
}
