package dev.langevin.bindings.shim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Each kernel of training through its binding, against a few lines of Java: a field in the wrong place would show here.
 */
class TrainingKernelTest {

  private final Arena arena = Arena.ofConfined();

  @AfterEach
  void close() {
    arena.close();
  }

  private MemorySegment floats(float... values) {
    return arena.allocateFrom(ValueLayout.JAVA_FLOAT, values);
  }

  private static float[] read(MemorySegment segment) {
    return segment.toArray(ValueLayout.JAVA_FLOAT);
  }

  private void execute(KernelCall call) {
    call.scratch(arena.allocate(call.scratchBytes(), 64));
    call.execute();
  }

  @Test
  void shouldSumRowsOfEachOuterIndex() {
    MemorySegment dst = arena.allocate(16);
    execute(new KernelCall(Kernel.SUM_ROWS, arena).pointer("src", floats(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12))
        .pointer("dst", dst).integer("outer", 2).integer("rows", 3).integer("cols", 2));

    assertThat(read(dst)).containsExactly(9, 12, 27, 30);
  }

  @Test
  void shouldSumSquares() {
    MemorySegment dst = arena.allocate(8, 8);
    execute(new KernelCall(Kernel.SUM_SQUARES, arena).pointer("src", floats(1, -2, 3)).pointer("dst", dst)
        .integer("count", 3));

    assertThat(dst.get(ValueLayout.JAVA_DOUBLE, 0)).isEqualTo(14);
  }

  @Test
  void shouldTakeAStepOfAdamWAndOfTheAverage() {
    MemorySegment param = floats(2, -1);
    MemorySegment moment1 = floats(0.5f, 0);
    MemorySegment moment2 = floats(0.25f, 1);
    MemorySegment average = floats(1, 1);
    new KernelCall(Kernel.ADAMW, arena).pointer("param", param).pointer("grad", floats(4, -2))
        .pointer("moment1", moment1).pointer("moment2", moment2).pointer("average", average).integer("count", 2)
        .real("learning_rate", 0.1).real("beta1", 0.75).real("beta2", 0.5).real("epsilon", 0.01)
        .real("weight_decay", 0.2).real("bias_correction1", 0.4).real("bias_correction2", 0.6).real("grad_scale", 0.5)
        .real("average_decay", 0.9).execute();

    double[] m = {0.75 * 0.5 + 0.25 * 2, 0.25 * -1};
    double[] v = {0.5 * 0.25 + 0.5 * 4, 0.5 * 1 + 0.5 * 1};
    double[] before = {2, -1};
    for (int i = 0; i < 2; i++) {
      double p = before[i] * (1 - 0.1 * 0.2) - 0.1 * (m[i] / 0.4) / (Math.sqrt(v[i] / 0.6) + 0.01);
      assertThat((double) read(moment1)[i]).isCloseTo(m[i], within(1e-6));
      assertThat((double) read(moment2)[i]).isCloseTo(v[i], within(1e-6));
      assertThat((double) read(param)[i]).isCloseTo(p, within(1e-6));
      assertThat((double) read(average)[i]).isCloseTo(0.9 + 0.1 * p, within(1e-6));
    }
  }
}
