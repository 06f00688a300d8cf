package dev.langevin.bindings.onednn;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What works on each element, or on few at a time. */
class OperationsTest extends PrimitiveTestBase {

  private float[] binary(BinaryOp algorithm) {
    MemoryDesc x = dense(2, 2);
    MemoryDesc row = dense(1, 2);
    MemorySegment dst = room(x);
    run(PrimitiveDesc.binary(engine, algorithm, x, row, x, attr()), argument(Primitive.SRC, x, floats(1, 2, 3, 4)),
        argument(Primitive.SRC_1, row, floats(2, 4)), argument(Primitive.DST, x, dst));
    return read(dst);
  }

  @Test
  void shouldCombineTwoArraysAndRepeatTheSecond() {
    assertThat(binary(BinaryOp.ADD)).containsExactly(3, 6, 5, 8);
    assertThat(binary(BinaryOp.MULTIPLY)).containsExactly(2, 8, 6, 16);
  }

  /** Of x = -1 and 2, by hand. */
  @ParameterizedTest
  @CsvSource({"RELU, 0, 0, 0, 2", "TANH, 0, 0, -0.7615942, 0.9640276", "LINEAR, 3, 1, -2, 7",
      "GELU_TANH, 0, 0, -0.1588080, 1.9545977",
      "GELU_ERF, 0, 0, -0.1586553, 1.9544997", "SWISH, 2, 0, -0.1192029, 1.9640276"})
  void shouldApplyAFunctionToEachElement(Eltwise algorithm, float alpha, float beta, double first, double second) {
    MemoryDesc x = dense(2);
    MemorySegment dst = room(x);
    run(PrimitiveDesc.eltwise(engine, algorithm, alpha, beta, x, attr()), argument(Primitive.SRC, x, floats(-1, 2)),
        argument(Primitive.DST, x, dst));

    assertClose(read(dst), new double[] {first, second}, 2e-6);
  }

  @Test
  void shouldJoinChannels() {
    MemoryDesc left = channelsLast(1, 1, 1, 2);
    MemoryDesc right = channelsLast(1, 2, 1, 2);
    MemoryDesc both = channelsLast(1, 3, 1, 2);
    MemorySegment dst = room(both);
    run(PrimitiveDesc.concat(engine, 1, left, right, both, attr()),
        argument(Primitive.MULTIPLE_SRC, left, floats(1, 2)),
        argument(Primitive.MULTIPLE_SRC + 1, right, floats(3, 4, 5, 6)), argument(Primitive.DST, both, dst));

    assertThat(read(dst)).containsExactly(1, 3, 4, 2, 5, 6);
  }

  @Test
  void shouldRepeatPixels() {
    MemoryDesc row = channelsLast(1, 1, 1, 2);
    MemoryDesc wide = channelsLast(1, 1, 2, 4);
    MemorySegment src = floats(1, 5);
    MemorySegment dst = room(wide);
    run(PrimitiveDesc.upsampleNearest(engine, row, wide, attr()), argument(Primitive.SRC, row, src),
        argument(Primitive.DST, wide, dst));
    assertThat(read(dst)).containsExactly(1, 1, 5, 5, 1, 1, 5, 5);
  }

  @Test
  void shouldPoolByMean() {
    MemoryDesc x = channelsLast(1, 1, 2, 4);
    MemorySegment src = floats(-1, -2, 3, 4, -5, -6, 7, 8);
    MemoryDesc half = channelsLast(1, 1, 1, 2);
    MemorySegment dst = room(half);
    run(PrimitiveDesc.averagePool(engine, 2, x, half, attr()), argument(Primitive.SRC, x, src),
        argument(Primitive.DST, half, dst));
    assertThat(read(dst)).containsExactly(-3.5f, 5.5f);
  }
}
