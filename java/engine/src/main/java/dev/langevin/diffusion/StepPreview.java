package dev.langevin.diffusion;

import dev.langevin.backend.DeviceTensor;
import dev.langevin.backend.Memory;
import dev.langevin.tensor.Tensor;

/** A sample on its way: each call copies it from the device, to memory of the caller's own. */
public final class StepPreview {

  /** Previews that can be kept at a time. */
  public static final int KEPT = 8;

  private final Memory memory;
  private final DeviceTensor x;
  private final DeviceTensor x0;
  private Registers copies; // or null

  StepPreview(Memory memory, DeviceTensor x, DeviceTensor x0) {
    this.memory = memory;
    this.x = x;
    this.x0 = x0;
  }

  /** The next sample. */
  public Tensor x() {
    return x.read();
  }

  /** What the step took the finished picture to be; meaningless where the sampler's transitions have no prediction. */
  public Tensor x0() {
    return x0.read();
  }

  /**
   * The same as it is now, to be read after further steps, until its chain is closed or the slot is asked for again. On
   * the backend's thread; what is copied stays in the device's memory.
   *
   * @param slot below {@link #KEPT}
   */
  public StepPreview keep(int slot) {
    if (copies == null) {
      copies = new Registers(memory, 2 * KEPT, x.shape());
    }
    StepPreview kept = new StepPreview(memory, copies.get(2 * slot), copies.get(2 * slot + 1));
    kept.x.block().copyFrom(x.block());
    kept.x0.block().copyFrom(x0.block());
    return kept;
  }

  /** Frees what was kept. */
  void close() {
    if (copies != null) {
      copies.close();
    }
  }
}
