package dev.langevin.pipeline.stages;

import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import java.lang.foreign.ValueLayout;

/** Which tokens unCLIP's networks attend to: all but a text's padding. */
public final class TextMask {

  /** Added to the score of a token that counts for nothing. */
  private static final float MASKED = -10_000;

  private TextMask() {}

  /**
   * An attention bias of that shape, see {@link #write}.
   *
   * @param shape (N, {@code before} + {@code padded} + any)
   */
  public static Tensor of(Shape shape, long[] lengths, int before, int padded) {
    Tensor bias = Tensor.allocate(DType.F32, shape);
    write(bias, lengths, before, padded);
    return bias;
  }

  /**
   * Writes an attention bias.
   *
   * @param bias (N, {@code before} + {@code padded} + any) f32
   * @param lengths tokens of each text, the first and last one included
   * @param before tokens that stand before the text's
   * @param padded tokens of a text with its padding
   */
  public static void write(Tensor bias, long[] lengths, int before, int padded) {
    long width = bias.shape().dim(1);
    bias.data().fill((byte) 0);
    for (int n = 0; n < lengths.length; n++) {
      for (long i = lengths[n]; i < padded; i++) {
        bias.data().setAtIndex(ValueLayout.JAVA_FLOAT, n * width + before + i, MASKED);
      }
    }
  }
}
