package dev.langevin.diffusion;

import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/** The transition kernel in plain Java: {@link TransitionInterpreter} between a denoiser's output and its next input. */
public final class JavaTransitionKernel implements TransitionKernel {

  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Holds no state between runs. */
  public JavaTransitionKernel() {}

  @Override
  public String backend() {
    return "reference";
  }

  @Override
  public Chain prepare(Trajectory trajectory, Denoiser denoiser, int samples, double guidance) {
    return new JavaChain(trajectory, denoiser, samples, guidance);
  }

  private static final class JavaChain implements Chain {

    private final Trajectory trajectory;
    private final Tensor input;
    private final Tensor output;
    private final Shape shape;
    private final int samples;
    private final boolean guided;
    private final double guidance;
    private final int answerElements; // of one sample, with its learned variance
    private final int calls;
    private final TransitionInterpreter interpreter;
    private final float[] answers;
    private final float[] conditional;

    JavaChain(Trajectory trajectory, Denoiser denoiser, int samples, double guidance) {
      this.trajectory = trajectory;
      this.input = denoiser.input();
      this.output = denoiser.output();
      this.samples = samples;
      this.guidance = guidance;
      this.calls = trajectory.timesteps().length;
      boolean doubled = trajectory.transition(trajectory.startIndex()).learnedVariance() != null;
      guided = TransitionKernel.requireFit(input, output, samples, doubled);
      shape = input.shape().with(0, samples);
      int elements = Math.toIntExact(shape.elements() / samples);
      answerElements = doubled ? 2 * elements : elements;
      interpreter = new TransitionInterpreter(trajectory.registers(), samples, elements);
      answers = new float[samples * answerElements];
      conditional = new float[guided ? answers.length : 0];
    }

    @Override
    public Tensor register(int index) {
      return new Tensor(DType.F32, shape, MemorySegment.ofArray(interpreter.register(index)));
    }

    @Override
    public void begin() {
      for (int register = Transition.SAVED; register < trajectory.registers(); register++) {
        Arrays.fill(interpreter.register(register), 0);
      }
      show(trajectory.transition(trajectory.startIndex()).inputScale());
    }

    @Override
    public void show(int index) {
      show(trajectory.transition(index).inputScale());
    }

    @Override
    public void apply(int index) {
      MemorySegment.copy(output.data(), FLOAT, 0, answers, 0, answers.length);
      if (guided) {
        MemorySegment.copy(output.data(), FLOAT, answers.length * 4L, conditional, 0, answers.length);
        guide();
      }
      interpreter.apply(trajectory.transition(index), answers);
      if (index + 1 < calls) {
        show(trajectory.transition(index + 1).inputScale());
      }
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

    private void show(double scale) {
      float[] x = interpreter.register(Transition.X);
      MemorySegment memory = input.data();
      for (int i = 0; i < x.length; i++) {
        float shown = (float) (scale * x[i]);
        memory.setAtIndex(FLOAT, i, shown);
        if (guided) {
          memory.setAtIndex(FLOAT, x.length + (long) i, shown);
        }
      }
    }

    @Override
    public void close() {
      // everything is on the heap
    }
  }
}
