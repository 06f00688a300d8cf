package dev.langevin.diffusion;

import dev.langevin.backend.Block;
import dev.langevin.backend.DeviceTensor;
import dev.langevin.backend.Memory;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;

/**
 * Tensors of one form, f32, in one block of a backend's memory: to free a block stops every thread of the process for a
 * moment, which shows beside a chain of short steps. Owned by whoever made them.
 */
public final class Registers implements AutoCloseable {

  private final Block block;
  private final DeviceTensor[] all;

  /** As many as {@code count}, zeroed. */
  public Registers(Memory memory, int count, Shape shape) {
    long bytes = 4 * shape.elements();
    long stride = (bytes + memory.alignment() - 1) / memory.alignment() * memory.alignment();
    block = memory.allocate(count * stride);
    block.fill(0);
    all = new DeviceTensor[count];
    for (int r = 0; r < count; r++) {
      all[r] = new DeviceTensor("register " + r, DType.F32, shape, block.slice(r * stride, bytes));
    }
  }

  /** How many registers there are. */
  public int count() {
    return all.length;
  }

  /** Register {@code index}, f32 of the sample's shape. It lives as long as these registers and is not closed. */
  public DeviceTensor get(int index) {
    return all[index];
  }

  @Override
  public void close() {
    block.close();
  }
}
