package dev.langevin.cuda;

import dev.langevin.backend.Block;
import dev.langevin.backend.Closing;
import dev.langevin.backend.DeviceTensor;
import dev.langevin.backend.Memory;
import dev.langevin.bindings.kernels.Constant;
import dev.langevin.bindings.kernels.Kernel;
import dev.langevin.bindings.kernels.KernelLaunch;
import dev.langevin.bindings.kernels.StepTable;
import dev.langevin.diffusion.Denoiser;
import dev.langevin.diffusion.Trajectory;
import dev.langevin.diffusion.Transition;
import dev.langevin.diffusion.Transition.LearnedVariance;
import dev.langevin.diffusion.Transition.Nonlinearity;
import dev.langevin.diffusion.TransitionKernel;
import dev.langevin.tensor.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Guidance, transition and the network's next input in one kernel. What differs from step to step lies in a table on
 * the device: a step is told by its number, so its launches are the same for all.
 */
public final class CudaTransitionKernel implements TransitionKernel {

  /** Holds no state between runs. */
  public CudaTransitionKernel() {}

  @Override
  public String backend() {
    return CudaBackendProvider.NAME;
  }

  @Override
  public Chain prepare(Memory memory, Trajectory trajectory, Denoiser denoiser, int samples, double guidance) {
    return new TableChain((CudaMemory) memory, trajectory, denoiser, samples, guidance);
  }

  private static final class TableChain implements Chain {

    private final Trajectory trajectory;
    private final Launches launches;
    private final List<AutoCloseable> owned = new ArrayList<>();
    private final DeviceTensor[] registers;
    private final int calls;
    private final Block step; // index of the table's entry
    private final Block notFinite;
    private final int[] read = new int[1];

    TableChain(CudaMemory memory, Trajectory trajectory, Denoiser denoiser, int samples, double guidance) {
      this.trajectory = trajectory;
      this.calls = trajectory.timesteps().length;
      DeviceTensor input = denoiser.input();
      DeviceTensor output = denoiser.output();
      boolean doubled = trajectory.transition(trajectory.startIndex()).learnedVariance() != null;
      boolean guided = TransitionKernel.requireFit(input, output, samples, doubled);
      Shape shape = input.shape().with(0, samples);
      try {
        launches = new Launches(memory.session());
        owned.add(launches);
        registers = TransitionKernel.registers(memory, trajectory.registers(), shape);
        for (DeviceTensor register : registers) {
          owned.add(register.block());
        }
        step = own(memory.allocate(4));
        notFinite = own(memory.allocate(4));
        Block table = own(memory.allocate(StepTable.bytes(2 * calls)));
        upload(table, guided ? guidance : 0);
        for (Kernel kernel : thresholds() ? new Kernel[] {Kernel.THRESHOLD, Kernel.TRANSITION}
            : new Kernel[] {Kernel.TRANSITION}) {
          arguments(launches.add(kernel), input, output, shape, guided, doubled).pointer("steps", table.address())
              .units(kernel == Kernel.THRESHOLD ? samples
                  : Math.ceilDiv(shape.elements(), Constant.POINTWISE_THREADS.value));
        }
      } catch (RuntimeException | Error e) {
        Closing.after(e, owned);
        throw e;
      }
    }

    private Block own(Block block) {
      owned.add(block);
      return block;
    }

    private boolean thresholds() {
      for (int i = trajectory.startIndex(); i < calls; i++) {
        Transition.Prediction prediction = trajectory.transition(i).prediction();
        if (prediction != null && prediction.nonlinearity() instanceof Nonlinearity.DynamicThreshold) {
          return true;
        }
      }
      return false;
    }

    private KernelLaunch arguments(KernelLaunch launch, DeviceTensor input, DeviceTensor output, Shape shape,
        boolean guided, boolean doubled) {
      for (int r = 0; r < registers.length; r++) {
        if (r != Transition.MODEL) { // which lives within a pass only
          launch.pointer("registers", r, registers[r].block().address());
        }
      }
      long half = shape.elements();
      long answer = half * (doubled ? 2 : 1); // numbers of one half of a guided batch
      launch.pointer("output", output.block().address()).pointer("next_input", 0, input.block().address())
          .pointer("step", step.address()).pointer("not_finite", notFinite.address()).integer("n", shape.dim(0))
          .integer("elements", half / shape.dim(0)).integer("output_stride", answer / shape.dim(0));
      if (guided) {
        launch.pointer("output_conditional", output.block().address().asSlice(4 * answer)).pointer("next_input", 1,
            input.block().address().asSlice(4 * half));
      }
      return launch;
    }

    /** Entry i makes the step of call i, entry calls + i shows the sample as the input of call i. */
    private void upload(Block table, double guidance) {
      try (Arena arena = Arena.ofConfined()) {
        StepTable steps = new StepTable(2 * calls, arena);
        for (int i = trajectory.startIndex(); i < calls; i++) {
          steps.at(calls + i);
          shows(steps, i);
          steps.at(i).real("guidance", guidance);
          fill(steps, trajectory.transition(i));
          if (i + 1 < calls) {
            shows(steps, i + 1);
          }
        }
        table.upload(steps.memory(), 0);
      }
    }

    private void shows(StepTable steps, int index) {
      steps.flag("shows", true).real("next_input_scale", trajectory.transition(index).inputScale());
    }

    private static void fill(StepTable steps, Transition transition) {
      if (transition.prediction() != null) {
        steps.real("sample_coefficient", transition.prediction().sampleCoefficient())
            .real("model_coefficient", transition.prediction().modelCoefficient());
        switch (transition.prediction().nonlinearity()) {
          case Nonlinearity.Identity identity -> steps.choice("prediction", Constant.PREDICTION_IDENTITY);
          case Nonlinearity.Clip clip ->
              steps.choice("prediction", Constant.PREDICTION_CLIP).real("clip_range", clip.range());
          case Nonlinearity.DynamicThreshold threshold ->
              steps.choice("prediction", Constant.PREDICTION_DYNAMIC_THRESHOLD)
                  .real("threshold_ratio", threshold.ratio()).real("threshold_maximum", threshold.maximum());
        }
      }
      switch (transition.learnedVariance()) {
        case LearnedVariance.Direct direct -> steps.choice("variance", Constant.VARIANCE_DIRECT);
        case LearnedVariance.LogInterpolated range -> steps.choice("variance", Constant.VARIANCE_LOG_INTERPOLATED)
            .real("min_log", range.minLog()).real("max_log", range.maxLog());
        case LearnedVariance.Ignored ignored -> {}
        case null -> {}
      }
      for (Transition.Update update : transition.updates()) {
        steps.update(update.target());
        update.terms().forEach(term -> steps.term(term.register(), term.coefficient()));
      }
    }

    @Override
    public DeviceTensor register(int index) {
      return registers[index];
    }

    @Override
    public void begin() {
      for (int r = Transition.SAVED; r < registers.length; r++) {
        registers[r].block().fill(0);
      }
      show(trajectory.startIndex());
    }

    @Override
    public void show(int index) {
      make(calls + index);
    }

    @Override
    public void apply(int index) {
      make(index);
    }

    private void make(int entry) {
      notFinite.fill(0);
      step.fill(entry);
      launches.execute();
    }

    @Override
    public boolean finite() {
      notFinite.download(MemorySegment.ofArray(read), 0);
      return read[0] == 0;
    }

    @Override
    public void close() {
      Closing.all(owned);
    }
  }
}
