package dev.langevin.pipeline.starts;

import dev.langevin.diffusion.ForwardProcess;
import dev.langevin.diffusion.NoiseSchedule;
import dev.langevin.diffusion.Trajectory;
import dev.langevin.pipeline.engine.Run;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Tensor;

/**
 * A picture made larger: from noise, with the small picture beside the sample, noised to the level that the network is
 * told.
 *
 * @param schedule of the small picture's noise
 */
public record Enlarging(NoiseSchedule schedule) implements ChainStart {

  @Override
  public Begun begin(Run run, Trajectory trajectory) {
    Tensor image = Masks.signed(run.request().image());
    Tensor drawn = Tensor.allocate(DType.F32, image.shape().with(0, run.request().samples()));
    run.noise().fill(drawn);
    Trajectory.NoiseLevel level = new ForwardProcess(schedule).level(run.request().noiseLevel());
    float[] picture = image.toFloats();
    float[] values = drawn.toFloats();
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (level.signal() * picture[i % picture.length] + level.noise() * values[i]);
    }
    return new Begun(null, false, Tensor.ofFloats(values, drawn.shape().dims()), null, run.noise());
  }
}
