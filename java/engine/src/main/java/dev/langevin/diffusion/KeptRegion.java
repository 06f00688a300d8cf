package dev.langevin.diffusion;

import dev.langevin.backend.Backend;
import dev.langevin.backend.Block;
import dev.langevin.backend.DeviceTensor;
import dev.langevin.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Puts back after each step what is not painted anew, with the noise of the next step's level (arXiv:2201.09865,
 * equation 8). Owned by whoever made it; used on the backend's thread.
 */
public final class KeptRegion implements ReverseProcess.Constraint, AutoCloseable {

  private final Backend backend;
  private final Trajectory trajectory;
  private final int calls;
  private final List<Block> blocks = new ArrayList<>();

  /**
   * Uploads picture, noise and mask to the backend's memory, which closing this frees.
   *
   * @param latents of the picture, f32 in the shape of the sample (N, L, h, w)
   * @param mask f32 (1, 1, h, w), 1 where the picture is painted anew
   * @param noise of the start, f32 in the shape of the sample
   */
  public KeptRegion(Backend backend, Tensor latents, Tensor mask, Tensor noise, Trajectory trajectory) {
    this.backend = backend;
    this.trajectory = trajectory;
    this.calls = trajectory.timesteps().length;
    try {
      for (Tensor each : List.of(latents, noise, mask)) {
        MemorySegment values = MemorySegment.ofArray(each.toFloats());
        Block block = backend.memory().allocate(values.byteSize());
        blocks.add(block);
        block.upload(values, 0);
      }
    } catch (Throwable e) {
      close();
      throw e;
    }
  }

  @Override
  public void apply(DeviceTensor x, int next) {
    Trajectory.NoiseLevel level =
        next < calls ? trajectory.levelOf(next) : new Trajectory.NoiseLevel(1, 0);
    backend.blocks().keep(level.signal(), blocks.get(0), level.noise(), blocks.get(1), blocks.get(2), x.block());
  }

  @Override
  public void close() {
    blocks.forEach(Block::close);
  }
}
