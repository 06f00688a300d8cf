package dev.langevin.pipeline.starts;

import dev.langevin.diffusion.Scheduler;
import dev.langevin.diffusion.Trajectory;
import dev.langevin.pipeline.engine.Need;
import dev.langevin.pipeline.engine.Run;
import dev.langevin.pipeline.stages.LatentCodec;
import dev.langevin.request.GenerationRequest;
import dev.langevin.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;

/**
 * Picture to picture (arXiv:2108.01073): from the picture's latents with as much noise as its strength says.
 *
 * @param image (3, H, W) in [0, 1]
 * @param share of the chain that it is taken back
 * @param steps of the whole chain
 */
public record FromPicture(LatentCodec codec, Tensor image, double share, int steps, List<Need> needs)
    implements ChainStart {

  @Override
  public Map<String, Object> part() {
    return Map.of("strength", share);
  }

  @Override
  public int firstCall(GenerationRequest request, Scheduler scheduler, IntFunction<Trajectory> from) {
    return ChainStart.callOf(share, steps, scheduler);
  }

  @Override
  public Begun begin(Run run, Trajectory trajectory) {
    GenerationRequest request = run.request();
    Tensor latents =
        codec.encode(Masks.signed(image), request.samples(), ChainStart.encoding(run), request.tiling(), run::pass);
    return new Begun(latents, false, null, null, run.noise());
  }
}
