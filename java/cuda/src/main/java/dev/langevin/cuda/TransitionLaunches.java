package dev.langevin.cuda;

import dev.langevin.backend.Block;
import dev.langevin.backend.Closing;
import dev.langevin.backend.DeviceTensor;
import dev.langevin.bindings.cuda.CudaHostBlock;
import dev.langevin.bindings.kernels.Constant;
import dev.langevin.bindings.kernels.Kernel;
import dev.langevin.bindings.kernels.KernelLaunch;
import dev.langevin.bindings.kernels.StepTable;
import dev.langevin.diffusion.Transition;
import dev.langevin.diffusion.TransitionKernel;
import dev.langevin.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * A step of any trajectory that fits its table: thresholds, the transition, and the word whether all numbers are
 * finite, which comes to the host by itself. Owns the registers, the table and the number of the step.
 */
final class TransitionLaunches extends Launches {

  /**
   * What the launches depend on: equal ones serve for one another.
   *
   * @param input of the network, which is written
   * @param output of the network, which is read
   * @param doubled whether a variance lies behind each answer
   * @param thresholds whether a step thresholds dynamically
   * @param registers of the trajectory
   * @param entries of the table
   */
  record Key(DeviceTensor input, DeviceTensor output, int samples, boolean guided, boolean doubled, boolean thresholds,
      int registers, int entries) {}

  private final List<AutoCloseable> owned = new ArrayList<>();
  private final DeviceTensor[] registers;
  private final Block table;
  private final Block step; // index of the table's entry
  private final MemorySegment finite; // on the host: 0 unless a number was not finite

  TransitionLaunches(CudaMemory memory, Key key) {
    super(memory.session());
    Shape shape = key.input.shape().with(0, key.samples);
    try {
      registers = TransitionKernel.registers(memory, key.registers, shape);
      for (DeviceTensor register : registers) {
        owned.add(register.block());
      }
      step = own(memory.allocate(4));
      table = own(memory.allocate(StepTable.bytes(key.entries)));
      Block notFinite = own(memory.allocate(4));
      CudaHostBlock told = session().make("4 bytes of the host", () -> CudaHostBlock.allocate(4));
      owned.add(() -> session().free(told));
      finite = told.segment();
      fill(notFinite.address(), 0);
      if (key.thresholds) {
        arguments(add(Kernel.THRESHOLD), key, shape, notFinite).units(key.samples);
      }
      arguments(add(Kernel.TRANSITION), key, shape, notFinite)
          .units(Math.ceilDiv(shape.elements(), Constant.POINTWISE_THREADS.value));
      download(notFinite.address(), finite);
    } catch (RuntimeException | Error e) {
      Closing.after(e, List.of(this));
      throw e;
    }
  }

  /** Entries of a table for so many and, as few tables shall serve many runs, up to twice that. */
  static int capacity(int entries) {
    return Integer.highestOneBit(Math.max(1, 2 * entries - 1));
  }

  private Block own(Block block) {
    owned.add(block);
    return block;
  }

  private KernelLaunch arguments(KernelLaunch launch, Key key, Shape shape, Block notFinite) {
    for (int r = 0; r < registers.length; r++) {
      if (r != Transition.MODEL) { // which lives within a pass only
        launch.pointer("registers", r, registers[r].block().address());
      }
    }
    MemorySegment input = key.input.block().address();
    MemorySegment output = key.output.block().address();
    long half = shape.elements();
    long answer = half * (key.doubled ? 2 : 1); // numbers of one half of a guided batch
    launch.pointer("output", output).pointer("next_input", 0, input).pointer("step", step.address())
        .pointer("steps", table.address()).pointer("not_finite", notFinite.address()).integer("n", key.samples)
        .integer("elements", half / key.samples).integer("output_stride", answer / key.samples);
    if (key.guided) {
      launch.pointer("output_conditional", output.asSlice(4 * answer)).pointer("next_input", 1,
          input.asSlice(4 * half));
    }
    return launch;
  }

  DeviceTensor register(int index) {
    return registers[index];
  }

  /** Of all steps, the caller's to write. */
  Block table() {
    return table;
  }

  /** Forgets the last run. */
  void clear() {
    for (DeviceTensor register : registers) {
      register.block().fill(0);
    }
  }

  /** The table's entry that is executed from here on. */
  void choose(int entry) {
    step.fill(entry);
  }

  /** Whether all numbers of the sample were finite, after it was waited for. */
  boolean finite() {
    return finite.get(ValueLayout.JAVA_INT, 0) == 0;
  }

  @Override
  public void close() {
    super.close();
    List<AutoCloseable> all = new ArrayList<>(owned);
    owned.clear();
    Closing.all(all);
  }
}
