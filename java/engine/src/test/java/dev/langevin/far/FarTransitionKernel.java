package dev.langevin.far;

import dev.langevin.backend.Block;
import dev.langevin.backend.DeviceTensor;
import dev.langevin.backend.HostMemory;
import dev.langevin.backend.Memory;
import dev.langevin.diffusion.Denoiser;
import dev.langevin.diffusion.Trajectory;
import dev.langevin.diffusion.TransitionKernel;
import java.util.ArrayList;
import java.util.List;

/** Another backend's transition on far registers: it is shown what they stand for. */
public final class FarTransitionKernel implements TransitionKernel {

  @Override
  public String backend() {
    return "far";
  }

  @Override
  public Chain prepare(Memory memory, Trajectory trajectory, Denoiser denoiser, int samples, double guidance) {
    List<Block> blocks = new ArrayList<>();
    Chain inner =
        TransitionKernel.of(FarBackendProvider.INNER).prepare(new Near(memory, blocks), trajectory, new Denoiser() {
          @Override
          public DeviceTensor input() {
            return near(denoiser.input());
          }

          @Override
          public DeviceTensor output() {
            return near(denoiser.output());
          }

          @Override
          public void predict(double timestep) {
            throw new IllegalStateException("a transition does not run the network");
          }
        }, samples, guidance);
    return new FarChain(inner, blocks);
  }

  private static DeviceTensor near(DeviceTensor far) {
    return new DeviceTensor(far.name(), far.dtype(), far.shape(), FarMemory.near(far.block()));
  }

  /** Allocates far blocks and gives what they stand for. */
  private record Near(Memory far, List<Block> blocks) implements Memory {

    @Override
    public long capacity() {
      return far.capacity();
    }

    @Override
    public long used() {
      return far.used();
    }

    @Override
    public long alignment() {
      return new HostMemory().alignment();
    }

    @Override
    public Block allocate(long bytes) {
      Block block = far.allocate(bytes);
      blocks.add(block);
      return FarMemory.near(block);
    }
  }

  private record FarChain(Chain inner, List<Block> blocks) implements Chain {

    /** Kernels allocate a block for each register, or one for all of them. */
    @Override
    public DeviceTensor register(int index) {
      DeviceTensor near = inner.register(index);
      for (Block block : blocks) {
        long at = near.block().address().address() - FarMemory.near(block).address().address();
        if (at >= 0 && at < block.bytes()) {
          return new DeviceTensor(near.name(), near.dtype(), near.shape(), block.slice(at, near.block().bytes()));
        }
      }
      throw new IllegalStateException(near.name() + " lies in no block of the chain's");
    }

    @Override
    public void begin() {
      inner.begin();
    }

    @Override
    public void show(int index) {
      inner.show(index);
    }

    @Override
    public void apply(int index) {
      inner.apply(index);
    }

    @Override
    public boolean finite() {
      return inner.finite();
    }

    @Override
    public void close() {
      inner.close();
      blocks.forEach(Block::close);
    }
  }
}
