package dev.langevin.bindings.onednn;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class MatmulTest extends PrimitiveTestBase {

  private static final int M = 5;
  private static final int K = 32;
  private static final int N = 6;

  /** In another order, or without the sum's scale, the results differ. */
  @Test
  void shouldApplyPostOpsInTheirOrder() {
    float[] src = uniform(M * K);
    float[] weights = uniform(K * N);
    float[] bias = uniform(N);
    float[] before = uniform(M * N);
    float[] factor = uniform(M * N);
    MemoryDesc srcDesc = dense(M, K);
    MemoryDesc weightsDesc = dense(K, N);
    MemoryDesc biasDesc = dense(1, N);
    MemoryDesc dstDesc = dense(M, N);
    PrimitiveAttr attr = attr().sum(0.5f).eltwise(Eltwise.SWISH, 1, 0).binary(BinaryOp.MULTIPLY, dstDesc);
    MemorySegment dst = floats(before);

    run(PrimitiveDesc.matmul(engine, srcDesc, weightsDesc, biasDesc, dstDesc, attr),
        argument(Primitive.SRC, srcDesc, floats(src)), argument(Primitive.WEIGHTS, weightsDesc, floats(weights)),
        argument(Primitive.BIAS, biasDesc, floats(bias)), argument(Primitive.postOpOperand(2), dstDesc, floats(factor)),
        argument(Primitive.DST, dstDesc, dst));

    double[] expected = new double[M * N];
    for (int i = 0; i < expected.length; i++) {
      double x = bias[i % N] + 0.5 * before[i];
      for (int k = 0; k < K; k++) {
        x += src[i / N * K + k] * (double) weights[k * N + i % N];
      }
      expected[i] = x / (1 + Math.exp(-x)) * factor[i];
    }
    assertClose(read(dst), expected, 1e-5);
  }

  /** u8 by s8: a scale and a zero point for all of the source, a scale for each column of the weights. */
  @Test
  void shouldScaleIntegersByTensorAndByColumn() {
    byte[] src = bytes(M * K);
    byte[] weights = bytes(K * N);
    for (int i = 0; i < weights.length; i++) {
      weights[i] /= 2; // without VNNI oneDNN adds two products in 16 bits, which 255 * 64 * 2 just fits
    }
    float[] scales = {0.5f, 0.25f, 2, 1, 0.125f, 3};
    int zeroPoint = 7;
    MemoryDesc srcDesc = own(MemoryDesc.dense(DataType.U8, M, K));
    MemoryDesc weightsDesc = own(MemoryDesc.dense(DataType.S8, K, N));
    MemoryDesc dstDesc = dense(M, N);
    MemoryDesc one = dense(1);
    MemoryDesc oneInt = own(MemoryDesc.dense(DataType.S32, 1));
    MemoryDesc columns = dense(N);
    PrimitiveAttr attr = attr().scales(Primitive.SRC, 0).zeroPoints(Primitive.SRC, 0).scales(Primitive.WEIGHTS, 2);
    MemorySegment dst = room(dstDesc);

    run(PrimitiveDesc.matmul(engine, srcDesc, weightsDesc, null, dstDesc, attr),
        argument(Primitive.SRC, srcDesc, arena.allocateFrom(ValueLayout.JAVA_BYTE, src)),
        argument(Primitive.WEIGHTS, weightsDesc, arena.allocateFrom(ValueLayout.JAVA_BYTE, weights)),
        argument(Primitive.scalesOf(Primitive.SRC), one, floats(0.01f)),
        argument(Primitive.zeroPointsOf(Primitive.SRC), oneInt, arena.allocateFrom(ValueLayout.JAVA_INT, zeroPoint)),
        argument(Primitive.scalesOf(Primitive.WEIGHTS), columns, floats(scales)),
        argument(Primitive.DST, dstDesc, dst));

    float[] got = read(dst);
    for (int i = 0; i < got.length; i++) {
      long sum = 0;
      for (int k = 0; k < K; k++) {
        sum += ((src[i / N * K + k] & 0xff) - zeroPoint) * (long) weights[k * N + i % N];
      }
      double expected = sum * 0.01 * scales[i % N];
      assertThat(got[i]).as("element %d", i).isCloseTo((float) expected,
          org.assertj.core.data.Offset.offset((float) (1e-6 * Math.abs(expected) + 1e-6)));
    }
  }

  /** f32 by s8 weights with a factor for each 16 rows of each column: weights of a quantised checkpoint. */
  @Test
  void shouldUnpackIntegerWeightsByBlocks() {
    float[] src = uniform(M * K);
    byte[] weights = bytes(K * N);
    float[] scales = uniform(K / 16 * N);
    MemoryDesc srcDesc = dense(M, K);
    MemoryDesc weightsDesc = own(MemoryDesc.dense(DataType.S8, K, N));
    MemoryDesc scalesDesc = dense(K / 16, N);
    MemoryDesc dstDesc = dense(M, N);
    PrimitiveAttr attr = attr().fpMath(FpMath.STRICT, true)
        .scales(Primitive.WEIGHTS, 3, new long[] {16, 1}, DataType.F32);
    MemorySegment dst = room(dstDesc);

    run(PrimitiveDesc.matmul(engine, srcDesc, weightsDesc, null, dstDesc, attr),
        argument(Primitive.SRC, srcDesc, floats(src)),
        argument(Primitive.WEIGHTS, weightsDesc, arena.allocateFrom(ValueLayout.JAVA_BYTE, weights)),
        argument(Primitive.scalesOf(Primitive.WEIGHTS), scalesDesc, floats(scales)),
        argument(Primitive.DST, dstDesc, dst));

    double[] expected = new double[M * N];
    for (int i = 0; i < expected.length; i++) {
      for (int k = 0; k < K; k++) {
        expected[i] += src[i / N * K + k] * (double) weights[k * N + i % N] * scales[k / 16 * N + i % N];
      }
    }
    assertClose(read(dst), expected, 128 * 1e-5);
  }

  @Test
  void shouldGiveEqualResultsFromRunToRunWhenDeterministic() {
    MemoryDesc x = dense(64, 64);
    MemorySegment a = floats(uniform(64 * 64));
    MemorySegment dst = room(x);
    Primitive matmul = primitive(PrimitiveDesc.matmul(engine, x, x, null, x, attr().deterministic()),
        argument(Primitive.SRC, x, a), argument(Primitive.WEIGHTS, x, a), argument(Primitive.DST, x, dst));
    matmul.execute();
    float[] first = read(dst);
    dst.fill((byte) 0);

    matmul.execute();

    assertThat(read(dst)).isEqualTo(first);
  }
}
