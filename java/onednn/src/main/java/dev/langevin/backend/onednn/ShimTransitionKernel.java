package dev.langevin.backend.onednn;

import dev.langevin.bindings.LiveHandles;
import dev.langevin.backend.DeviceTensor;
import dev.langevin.backend.Memory;
import dev.langevin.bindings.shim.Choice;
import dev.langevin.bindings.shim.Kernel;
import dev.langevin.bindings.shim.KernelCall;
import dev.langevin.bindings.shim.Updates;
import dev.langevin.diffusion.Denoiser;
import dev.langevin.diffusion.Registers;
import dev.langevin.diffusion.Trajectory;
import dev.langevin.diffusion.Transition;
import dev.langevin.diffusion.Transition.LearnedVariance;
import dev.langevin.diffusion.Transition.Nonlinearity;
import dev.langevin.diffusion.TransitionKernel;
import dev.langevin.tensor.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Guidance, transition and the network's next input in one pass of the shim; a block of arguments for each step. */
public final class ShimTransitionKernel implements TransitionKernel {

  /** Holds no state between runs. */
  public ShimTransitionKernel() {}

  @Override
  public String backend() {
    return "onednn";
  }

  @Override
  public Chain prepare(Memory memory, Trajectory trajectory, Denoiser denoiser, int samples, double guidance) {
    return new ShimChain(memory, trajectory, denoiser, samples, guidance);
  }

  private static final class ShimChain implements Chain {

    private final Trajectory trajectory;
    private final Arena arena;
    private final Registers registers;
    private final Shape shape;
    private final DeviceTensor input;
    private final DeviceTensor output;
    private final double guidance;
    private final boolean guided;
    private final boolean doubled;
    private final MemorySegment notFinite;
    private final KernelCall[] shows;
    private final KernelCall[] steps;

    ShimChain(Memory memory, Trajectory trajectory, Denoiser denoiser, int samples, double guidance) {
      this.trajectory = trajectory;
      this.input = denoiser.input();
      this.output = denoiser.output();
      this.guidance = guidance;
      doubled = trajectory.transition(trajectory.startIndex()).learnedVariance() != null;
      guided = TransitionKernel.requireFit(input, output, samples, doubled);
      arena = LiveHandles.shared(); // not before what may be refused
      notFinite = arena.allocate(ValueLayout.JAVA_LONG);
      shape = input.shape().with(0, samples);
      registers = new Registers(memory, trajectory.registers(), shape);
      int start = trajectory.startIndex();
      steps = new KernelCall[trajectory.timesteps().length];
      shows = new KernelCall[steps.length];
      for (int i = start; i < steps.length; i++) {
        shows[i] = shows(block(), i);
        steps[i] = step(trajectory.transition(i));
        if (i + 1 < steps.length) {
          shows(steps[i], i + 1);
        }
      }
    }

    /** Sizes, and every register but MODEL, which lives within a pass only. */
    private KernelCall block() {
      KernelCall block = new KernelCall(Kernel.TRANSITION, arena)
          .integer("n", shape.dim(0)).integer("elements", shape.elements() / shape.dim(0));
      for (int r = 0; r < registers.count(); r++) {
        if (r != Transition.MODEL) {
          block.pointer("registers", r, registers.get(r).block().address());
        }
      }
      return block;
    }

    /** The network's input at call {@code index} is written too. */
    private KernelCall shows(KernelCall block, int index) {
      block.pointer("next_input", 0, input.block().address()).real("next_input_scale",
          trajectory.transition(index).inputScale());
      if (guided) {
        block.pointer("next_input", 1, input.block().address().asSlice(4 * shape.elements()));
      }
      return block;
    }

    private KernelCall step(Transition transition) {
      long answer = shape.elements() * (doubled ? 2 : 1); // numbers of one half of a guided batch
      KernelCall block = block().pointer("not_finite", notFinite).pointer("output", output.block().address())
          .integer("output_stride", answer / shape.dim(0));
      if (guided) {
        block.pointer("output_conditional", output.block().address().asSlice(4 * answer)).real("guidance", guidance);
      }
      if (transition.prediction() != null) {
        block.real("sample_coefficient", transition.prediction().sampleCoefficient())
            .real("model_coefficient", transition.prediction().modelCoefficient());
        switch (transition.prediction().nonlinearity()) {
          case Nonlinearity.Identity identity -> block.choice("prediction", Choice.PREDICTION_IDENTITY);
          case Nonlinearity.Clip clip ->
              block.choice("prediction", Choice.PREDICTION_CLIP).real("clip_range", clip.range());
          case Nonlinearity.DynamicThreshold threshold ->
              block.choice("prediction", Choice.PREDICTION_DYNAMIC_THRESHOLD)
                  .real("threshold_ratio", threshold.ratio()).real("threshold_maximum", threshold.maximum());
        }
      }
      switch (transition.learnedVariance()) {
        case LearnedVariance.Direct direct -> block.choice("variance", Choice.VARIANCE_DIRECT);
        case LearnedVariance.LogInterpolated range -> block.choice("variance", Choice.VARIANCE_LOG_INTERPOLATED)
            .real("min_log", range.minLog()).real("max_log", range.maxLog());
        case LearnedVariance.Ignored ignored -> {}
        case null -> {}
      }
      int terms = transition.updates().stream().mapToInt(update -> update.terms().size()).sum();
      Updates updates = new Updates(transition.updates().size(), terms, arena);
      for (Transition.Update update : transition.updates()) {
        updates.begin(update.target());
        update.terms().forEach(term -> updates.term(term.register(), term.coefficient()));
      }
      updates.into(block);
      return block;
    }

    @Override
    public DeviceTensor register(int index) {
      return registers.get(index);
    }

    @Override
    public void begin() {
      for (int r = Transition.SAVED; r < registers.count(); r++) {
        registers.get(r).block().fill(0);
      }
      show(trajectory.startIndex());
    }

    @Override
    public void show(int index) {
      shows[index].execute();
    }

    @Override
    public void apply(int index) {
      notFinite.set(ValueLayout.JAVA_LONG, 0, 0);
      steps[index].execute();
    }

    @Override
    public boolean finite() {
      return notFinite.get(ValueLayout.JAVA_LONG, 0) == 0;
    }

    @Override
    public void close() {
      registers.close();
      arena.close();
    }
  }
}
