package dev.langevin.diffusion;

import dev.langevin.backend.DeviceTensor;
import dev.langevin.backend.Memory;
import dev.langevin.tensor.Shape;
import java.lang.foreign.MemorySegment;

/**
 * The transition kernel in plain Java: {@link TransitionInterpreter} between a denoiser's output and its next input, on
 * copies of what lies on the device, whichever that is.
 */
public final class JavaTransitionKernel implements TransitionKernel {

  /** Holds no state between runs. */
  public JavaTransitionKernel() {}

  @Override
  public String backend() {
    return "reference";
  }

  @Override
  public Chain prepare(Memory memory, Trajectory trajectory, Denoiser denoiser, int samples, double guidance) {
    return new JavaChain(memory, trajectory, denoiser, samples, guidance);
  }

  private static final class JavaChain implements Chain {

    private final Trajectory trajectory;
    private final DeviceTensor input;
    private final DeviceTensor output;
    private final Shape shape;
    private final DeviceTensor[] registers;
    private final int samples;
    private final boolean guided;
    private final double guidance;
    private final int answerElements; // of one sample, with its learned variance
    private final int calls;
    private final TransitionInterpreter interpreter;
    private final float[] answers;
    private final float[] conditional;
    private final float[] shown;

    JavaChain(Memory memory, Trajectory trajectory, Denoiser denoiser, int samples, double guidance) {
      this.trajectory = trajectory;
      this.input = denoiser.input();
      this.output = denoiser.output();
      this.samples = samples;
      this.guidance = guidance;
      this.calls = trajectory instanceof AdaptiveTrajectory ? 0 : trajectory.timesteps().length;
      boolean doubled = trajectory.transition(trajectory.startIndex()).learnedVariance() != null;
      guided = TransitionKernel.requireFit(input, output, samples, doubled);
      shape = input.shape().with(0, samples);
      registers = TransitionKernel.registers(memory, trajectory.registers(), shape);
      int elements = Math.toIntExact(shape.elements() / samples);
      answerElements = doubled ? 2 * elements : elements;
      interpreter = new TransitionInterpreter(trajectory.registers(), samples, elements);
      answers = new float[samples * answerElements];
      conditional = new float[guided ? answers.length : 0];
      shown = new float[samples * elements];
    }

    @Override
    public DeviceTensor register(int index) {
      return registers[index];
    }

    @Override
    public void begin() {
      for (int register = Transition.SAVED; register < registers.length; register++) {
        registers[register].block().fill(0);
      }
      show(trajectory.startIndex());
    }

    @Override
    public void show(int index) {
      float[] x = interpreter.register(Transition.X);
      registers[Transition.X].block().download(MemorySegment.ofArray(x), 0);
      double scale = trajectory.transition(index).inputScale();
      for (int i = 0; i < x.length; i++) {
        shown[i] = (float) (scale * x[i]);
      }
      input.block().upload(MemorySegment.ofArray(shown), 0);
      if (guided) {
        input.block().upload(MemorySegment.ofArray(shown), 4L * shown.length);
      }
    }

    @Override
    public void apply(int index) {
      output.block().download(MemorySegment.ofArray(answers), 0);
      if (guided) {
        output.block().download(MemorySegment.ofArray(conditional), 4L * answers.length);
        guide();
      }
      for (int r = 0; r < registers.length; r++) {
        registers[r].block().download(MemorySegment.ofArray(interpreter.register(r)), 0);
      }
      interpreter.apply(trajectory.transition(index), answers);
      for (int r = 0; r < registers.length; r++) {
        registers[r].block().upload(MemorySegment.ofArray(interpreter.register(r)), 0);
      }
      if (index + 1 < calls) {
        show(index + 1);
      }
    }

    @Override
    public boolean finite() {
      for (float value : interpreter.register(Transition.X)) {
        if (!Float.isFinite(value)) {
          return false;
        }
      }
      return true;
    }

    /** answer = u + g (c - u); a learned variance is the conditional one. */
    private void guide() {
      int elements = (int) (shape.elements() / samples);
      for (int i = 0; i < answers.length; i++) {
        boolean variance = i % answerElements >= elements;
        double difference = (double) conditional[i] - answers[i];
        answers[i] = variance ? conditional[i] : (float) (answers[i] + guidance * difference);
      }
    }

    @Override
    public void close() {
      for (DeviceTensor register : registers) {
        register.block().close();
      }
    }
  }
}
