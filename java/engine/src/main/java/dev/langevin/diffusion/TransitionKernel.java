package dev.langevin.diffusion;

import dev.langevin.backend.Block;
import dev.langevin.backend.Closing;
import dev.langevin.backend.DeviceTensor;
import dev.langevin.backend.Memory;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;

/** Applies transitions to memory: where the chain's arithmetic on pictures is done, in one pass a step. */
public interface TransitionKernel {

  /** Name of the backend whose memory and threads it uses. */
  String backend();

  /**
   * Prepares a run. Everything that a step needs is built and allocated here, once.
   *
   * @param memory of the backend; holds the registers
   * @param denoiser whose output is read and whose next input is written
   * @param guidance scale g of classifier-free guidance, answer = u + g * (c - u) for the halves u, c of the output (Ho
   *   and Salimans, arXiv:2207.12598); without effect unless {@code samples} is half of the denoiser's batch
   * @param samples N, pictures that are sampled: the denoiser's batch, or half of it under guidance
   * @throws IllegalArgumentException if the denoiser's tensors do not fit each other or {@code samples}
   */
  Chain prepare(Memory memory, Trajectory trajectory, Denoiser denoiser, int samples, double guidance);

  /**
   * The kernel that goes with a backend.
   *
   * @throws IllegalArgumentException if there is none
   */
  static TransitionKernel of(String backend) {
    for (TransitionKernel kernel : ServiceLoader.load(TransitionKernel.class,
        TransitionKernel.class.getClassLoader())) {
      if (kernel.backend().equals(backend)) {
        return kernel;
      }
    }
    throw new IllegalArgumentException("no transition kernel goes with the backend '" + backend + "'");
  }

  /**
   * The kernel of a run on a backend: the backend's own, which builds every step before the run, or the plain one where
   * the steps follow from the run.
   */
  static TransitionKernel of(Trajectory trajectory, String backend) {
    return trajectory instanceof AdaptiveTrajectory ? new JavaTransitionKernel() : of(backend);
  }

  /**
   * Checks a denoiser's tensors against each other.
   *
   * @param doubled whether the sampler reads a learned variance behind each answer
   * @return whether the batch is guided: twice the samples
   * @throws IllegalArgumentException if they do not fit
   */
  static boolean requireFit(DeviceTensor input, DeviceTensor output, int samples, boolean doubled) {
    if (input.dtype() != DType.F32 || output.dtype() != DType.F32) {
      throw new IllegalArgumentException(
          "the denoiser takes " + input.dtype() + " and gives " + output.dtype() + "; both must be F32");
    }
    long batch = input.shape().dim(0);
    boolean guided = batch == 2L * samples;
    if (!guided && batch != samples || output.shape().dim(0) != batch) {
      throw new IllegalArgumentException("the denoiser takes " + input.shape() + " and gives " + output.shape() + "; "
          + samples + " samples need a batch of " + samples + ", or twice that under guidance, in both");
    }
    long expected = input.shape().elements() * (doubled ? 2 : 1);
    if (output.shape().elements() != expected) {
      throw new IllegalArgumentException("the denoiser gives " + output.shape() + " for " + input.shape()
          + "; this sampler reads " + (doubled ? "an answer and a variance" : "an answer alone") + ", " + expected
          + " numbers");
    }
    return guided;
  }

  /** Registers of N samples each, zeroed; the caller closes their blocks. */
  static DeviceTensor[] registers(Memory memory, int count, Shape shape) {
    DeviceTensor[] registers = new DeviceTensor[count];
    List<Block> made = new ArrayList<>();
    try {
      for (int r = 0; r < count; r++) {
        Block block = memory.allocate(4 * shape.elements());
        made.add(block);
        block.fill(0);
        registers[r] = new DeviceTensor("register " + r, DType.F32, shape, block);
      }
      return registers;
    } catch (RuntimeException | Error e) {
      Closing.after(e, made);
      throw e;
    }
  }

  /** A prepared run. Owned by the caller of {@link #prepare}; used by one thread at a time. */
  interface Chain extends AutoCloseable {

    /** A register as a tensor of N samples, for example {@link Transition#X} to write the start and read the result. */
    DeviceTensor register(int index);

    /** Begins: zeroes the registers that live from step to step, and shows the network the sample in X. */
    void begin();

    /** Shows the network the sample in X as the input of call {@code index}, after X was changed from outside. */
    void show(int index);

    /** Makes the step of call {@code index} from the denoiser's answer, and shows the network the next sample. */
    void apply(int index);

    /**
     * Runs the denoiser's network, for which all is ready, and makes the step as {@link #apply} does, both as one.
     *
     * @param beside done on this thread while a device works
     * @throws UnsupportedOperationException unless {@link #joins}
     */
    default void applyWithNetwork(int index, Runnable beside) {
      throw new UnsupportedOperationException("the network runs apart from the transition");
    }

    /** Whether it runs the denoiser's network, too. */
    default boolean joins() {
      return false;
    }

    /** Whether every number of the sample was finite after the last step. */
    boolean finite();

    @Override
    void close();
  }
}
