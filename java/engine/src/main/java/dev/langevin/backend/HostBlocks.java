package dev.langevin.backend;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * What a sampler asks for, in plain Java on the host's memory: once a step at most, on samples that are small beside
 * the network's work.
 */
public abstract class HostBlocks implements BlockKernels {

  /** Holds no state. */
  protected HostBlocks() {}

  @Override
  public void add(Block source, Block target) {
    MemorySegment from = host(source);
    MemorySegment end = host(target).asSlice(target.bytes() - source.bytes());
    for (long i = 0; i < from.byteSize() / 4; i++) {
      set(end, i, get(end, i) + get(from, i));
    }
  }

  @Override
  public void axpby(double a, Block x, double b, Block y, Block target) {
    MemorySegment left = host(x);
    MemorySegment right = host(y);
    MemorySegment to = host(target);
    for (long i = 0; i < to.byteSize() / 4; i++) {
      double sum = b * get(right, i);
      if (a != 0) {
        sum += a * get(left, i);
      }
      set(to, i, (float) sum);
    }
  }

  @Override
  public void rescale(Block answers, int samples, double guidance, double amount) {
    MemorySegment all = host(answers);
    int elements = Math.toIntExact(all.byteSize() / 4 / (2L * samples));
    double[] guided = new double[elements];
    double[] alone = new double[elements];
    for (int n = 0; n < samples; n++) {
      MemorySegment negative = all.asSlice(4L * elements * n, 4L * elements);
      MemorySegment conditional = all.asSlice(4L * elements * (n + samples), 4L * elements);
      for (int i = 0; i < elements; i++) {
        float u = get(negative, i);
        float c = get(conditional, i);
        guided[i] = u + guidance * (c - u);
        alone[i] = c;
      }
      double factor = amount * deviation(alone) / deviation(guided) + 1 - amount;
      for (int i = 0; i < elements; i++) {
        set(negative, i, (float) (get(negative, i) * factor));
        set(conditional, i, (float) (get(conditional, i) * factor));
      }
    }
  }

  /** Of a sample, with one degree of freedom less. */
  private static double deviation(double[] values) {
    double mean = 0;
    for (double value : values) {
      mean += value / values.length;
    }
    double squares = 0;
    for (double value : values) {
      squares += (value - mean) * (value - mean);
    }
    return Math.sqrt(squares / (values.length - 1));
  }

  @Override
  public void keep(double signal, Block picture, double noise, Block drawn, Block mask, Block x) {
    MemorySegment latents = host(picture);
    MemorySegment start = host(drawn);
    MemorySegment paint = host(mask);
    MemorySegment sample = host(x);
    long period = paint.byteSize() / 4;
    for (long i = 0; i < sample.byteSize() / 4; i++) {
      double kept = signal * get(latents, i) + noise * get(start, i);
      float m = get(paint, i % period);
      set(sample, i, (float) ((1 - m) * kept + m * get(sample, i)));
    }
  }

  /**
   * {@return the block's memory, to be read and written in place}
   *
   * @throws IllegalArgumentException if the block lies in a device's memory
   */
  protected static MemorySegment host(Block block) {
    return block.host().orElseThrow(() -> new IllegalArgumentException("the block is not the host's memory"));
  }

  /** Element {@code index}, counted in floats of 4 bytes from the start. */
  protected static float get(MemorySegment memory, long index) {
    return memory.getAtIndex(ValueLayout.JAVA_FLOAT, index);
  }

  /** Writes element {@code index}, counted in floats of 4 bytes from the start. */
  protected static void set(MemorySegment memory, long index, float value) {
    memory.setAtIndex(ValueLayout.JAVA_FLOAT, index, value);
  }
}
