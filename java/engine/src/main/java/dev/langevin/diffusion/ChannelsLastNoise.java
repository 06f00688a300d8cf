package dev.langevin.diffusion;

import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Noise for channels-last tensors that equals, picture for picture, what a source gives to torch's channels-first ones: draws
 * (N, C, H, W) and writes (N, H, W, C). Without it a seed would give another picture than elsewhere. Not thread-safe.
 */
public final class ChannelsLastNoise implements NoiseSource {

  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final NoiseSource source;
  private final Shape shape;
  private final Tensor drawn;

  /** @param shape (N, H, W, C) of the tensors to be filled */
  public ChannelsLastNoise(NoiseSource source, Shape shape) {
    if (shape.rank() != 4) {
      throw new IllegalArgumentException("channels-last noise has the shape (N, H, W, C), not " + shape);
    }
    this.source = source;
    this.shape = shape;
    this.drawn = Tensor.allocate(DType.F32, Shape.of(shape.dim(0), shape.dim(3), shape.dim(1), shape.dim(2)));
  }

  @Override
  public void fill(Tensor noise) {
    if (!noise.shape().equals(shape) || noise.dtype() != DType.F32) {
      throw new IllegalArgumentException(
          "noise was prepared for F32" + shape + ", not for " + noise.dtype() + noise.shape());
    }
    source.fill(drawn);
    long channels = shape.dim(3);
    long pixels = shape.dim(1) * shape.dim(2);
    for (long n = 0; n < shape.dim(0); n++) {
      long base = n * channels * pixels;
      for (long c = 0; c < channels; c++) {
        for (long p = 0; p < pixels; p++) {
          float value = drawn.data().getAtIndex(FLOAT, base + c * pixels + p);
          noise.data().setAtIndex(FLOAT, base + p * channels + c, value);
        }
      }
    }
  }
}
