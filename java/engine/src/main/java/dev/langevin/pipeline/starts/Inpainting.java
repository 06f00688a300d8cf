package dev.langevin.pipeline.starts;

import dev.langevin.diffusion.NoiseSource;
import dev.langevin.diffusion.Scheduler;
import dev.langevin.diffusion.Trajectory;
import dev.langevin.pipeline.engine.Need;
import dev.langevin.pipeline.engine.Run;
import dev.langevin.pipeline.stages.LatentCodec;
import dev.langevin.pipeline.stages.LatentRun;
import dev.langevin.request.GenerationRequest;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;

/**
 * A part of a picture painted anew, by a network that sees the mask, or by any where what is kept is put back after
 * each step.
 *
 * @param image (3, H, W) in [0, 1]
 * @param mask (1, H, W)
 * @param latents (N, L, h, w)
 * @param seesMask whether the network takes mask and masked picture beside the sample
 * @param share of the chain that the picture is taken back
 * @param steps of the whole chain
 */
public record Inpainting(LatentCodec codec, Tensor image, Tensor mask, Shape latents, boolean seesMask, double share,
    int steps,
    List<Need> needs) implements ChainStart {

  @Override
  public Map<String, Object> part() {
    return share == 1 ? Map.of() : Map.of("strength", share);
  }

  @Override
  public int firstCall(GenerationRequest request, Scheduler scheduler, IntFunction<Trajectory> from) {
    return ChainStart.callOf(share, steps, scheduler);
  }

  @Override
  public Begun begin(Run run, Trajectory trajectory) {
    boolean whole = share == 1;
    Tensor signed = Masks.signed(image);
    Tensor kept = seesMask && whole ? null : encode(signed, run);
    Tensor first = Tensor.allocate(DType.F32, latents);
    run.noise().fill(first);
    Tensor paint = Masks.mask(mask, latents.intDim(2), latents.intDim(3));
    Tensor masked = encode(Masks.masked(signed, mask), run);
    return new Begun(whole ? null : kept, false, seesMask ? Masks.stack(paint, masked) : null,
        seesMask ? null : new LatentRun.Kept(kept, paint, first), new DrawnBefore(first, run.noise()));
  }

  private Tensor encode(Tensor picture, Run run) {
    return codec.encode(picture, run.request().samples(), ChainStart.encoding(run), run.request().tiling(), run::pass);
  }

  /** Noise of which the first draw was made before. */
  private static final class DrawnBefore implements NoiseSource {

    private final NoiseSource rest;
    private Tensor first;

    DrawnBefore(Tensor first, NoiseSource rest) {
      this.first = first;
      this.rest = rest;
    }

    @Override
    public void fill(Tensor target) {
      if (first == null) {
        rest.fill(target);
      } else {
        target.data().copyFrom(first.data());
        first = null;
      }
    }
  }
}
