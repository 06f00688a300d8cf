package dev.langevin.cuda;

import dev.langevin.backend.PreparedOp.WeightLayout;
import dev.langevin.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Weights (K, C, KH, KW) or (K, C) as signed bytes (K, KH, KW, C), and behind them a scale for each of K, in f32: the
 * channel's largest magnitude / 127, or 1 where it has none. Rounded to the nearest, halves to even, as
 * {@code lgc_quantize} rounds.
 *
 * @param pixels KH * KW
 */
record ByteWeights(long outputs, long channels, long pixels) implements WeightLayout {

  private static final float MOST = 127;

  static ByteWeights of(Shape shape) {
    return new ByteWeights(shape.dim(0), shape.dim(1), shape.rank() == 2 ? 1 : shape.dim(2) * shape.dim(3));
  }

  @Override
  public String name() {
    return "s8";
  }

  @Override
  public long bytes() {
    return scalesAt() + Float.BYTES * outputs;
  }

  /** Where the scales begin. */
  private long scalesAt() {
    return Layers.aligned(outputs * channels * pixels);
  }

  /** The scales of packed weights. */
  MemorySegment scales(MemorySegment packed) {
    return packed.asSlice(scalesAt(), Float.BYTES * outputs);
  }

  @Override
  public void pack(MemorySegment plain, MemorySegment packed) {
    MemorySegment scales = scales(packed);
    long each = channels * pixels;
    for (long k = 0; k < outputs; k++) {
      float largest = 0;
      for (long i = 0; i < each; i++) {
        largest = Math.max(largest, Math.abs(plain.getAtIndex(ValueLayout.JAVA_FLOAT, k * each + i)));
      }
      float scale = largest == 0 ? 1 : largest / MOST;
      scales.setAtIndex(ValueLayout.JAVA_FLOAT, k, scale);
      for (long p = 0; p < pixels; p++) {
        for (long c = 0; c < channels; c++) {
          float value = plain.getAtIndex(ValueLayout.JAVA_FLOAT, k * each + c * pixels + p) / scale;
          packed.set(ValueLayout.JAVA_BYTE, k * each + p * channels + c,
              (byte) Math.clamp(Math.rint(value), -MOST, MOST));
        }
      }
    }
  }
}
