package dev.langevin.backend.reference;

import dev.langevin.backend.BlockKernels;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The definitions, element by element, with the roundings that they state. */
final class ReferenceBlocks implements BlockKernels {

  @Override
  public void adamW(AdamW step, MemorySegment weights, MemorySegment gradients, MemorySegment first, MemorySegment second,
      MemorySegment average) {
    float scale = (float) step.gradientScale();
    float kept = (float) (1 - step.learningRate() * step.weightDecay());
    float size = (float) (step.learningRate() / step.biasCorrection1());
    float root = (float) Math.sqrt(step.biasCorrection2());
    float toFirst = (float) (1 - step.beta1());
    float toSecond = (float) (1 - step.beta2());
    float toAverage = (float) (1 - step.averageDecay());
    for (long i = 0; i < weights.byteSize() / 4; i++) {
      float g = get(gradients, i) * scale;
      float m = get(first, i);
      m = toFirst < 0.5f ? m + toFirst * (g - m) : g - (float) step.beta1() * (g - m);
      float v = get(second, i) * (float) step.beta2() + toSecond * g * g;
      float w = get(weights, i) * kept - size * m / ((float) Math.sqrt(v) / root + (float) step.epsilon());
      first.setAtIndex(ValueLayout.JAVA_FLOAT, i, m);
      second.setAtIndex(ValueLayout.JAVA_FLOAT, i, v);
      weights.setAtIndex(ValueLayout.JAVA_FLOAT, i, w);
      if (average != null) {
        average.setAtIndex(ValueLayout.JAVA_FLOAT, i, get(average, i) - toAverage * (get(average, i) - w));
      }
    }
  }

  @Override
  public double sumOfSquares(MemorySegment values) {
    double sum = 0;
    for (long i = 0; i < values.byteSize() / 4; i++) {
      sum += (double) get(values, i) * get(values, i);
    }
    return sum;
  }

  private static float get(MemorySegment memory, long index) {
    return memory.getAtIndex(ValueLayout.JAVA_FLOAT, index);
  }
}
