package dev.langevin.backend.reference;

import dev.langevin.backend.Block;
import dev.langevin.backend.HostBlocks;
import java.lang.foreign.MemorySegment;

/** The definitions, element by element, with the roundings that they state. */
final class ReferenceBlocks extends HostBlocks {

  @Override
  public void adamW(AdamW step, Block weights, Block gradients, Block first, Block second, Block average) {
    MemorySegment w = host(weights);
    MemorySegment g = host(gradients);
    MemorySegment m = host(first);
    MemorySegment v = host(second);
    MemorySegment a = average == null ? null : host(average);
    float scale = (float) step.gradientScale();
    float kept = (float) (1 - step.learningRate() * step.weightDecay());
    float size = (float) (step.learningRate() / step.biasCorrection1());
    float root = (float) Math.sqrt(step.biasCorrection2());
    float toFirst = (float) (1 - step.beta1());
    float toSecond = (float) (1 - step.beta2());
    float toAverage = (float) (1 - step.averageDecay());
    for (long i = 0; i < w.byteSize() / 4; i++) {
      float gradient = get(g, i) * scale;
      float mean = get(m, i);
      mean = toFirst < 0.5f ? mean + toFirst * (gradient - mean) : gradient - (float) step.beta1() * (gradient - mean);
      float squares = get(v, i) * (float) step.beta2() + toSecond * gradient * gradient;
      float weight = get(w, i) * kept - size * mean / ((float) Math.sqrt(squares) / root + (float) step.epsilon());
      set(m, i, mean);
      set(v, i, squares);
      set(w, i, weight);
      if (a != null) {
        set(a, i, get(a, i) - toAverage * (get(a, i) - weight));
      }
    }
  }

  @Override
  public double sumOfSquares(Block block) {
    MemorySegment values = host(block);
    double sum = 0;
    for (long i = 0; i < values.byteSize() / 4; i++) {
      sum += (double) get(values, i) * get(values, i);
    }
    return sum;
  }
}
