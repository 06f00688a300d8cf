package dev.langevin.bindings.onednn;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

class MatmulTest extends PrimitiveTestBase {

  private static final int M = 5;
  private static final int K = 32;
  private static final int N = 6;

  /** In another order the results differ. */
  @Test
  void shouldApplyPostOpsInTheirOrder() {
    float[] src = uniform(M * K);
    float[] weights = uniform(K * N);
    float[] bias = uniform(N);
    float[] factor = uniform(M * N);
    MemoryDesc srcDesc = dense(M, K);
    MemoryDesc weightsDesc = dense(K, N);
    MemoryDesc biasDesc = dense(1, N);
    MemoryDesc dstDesc = dense(M, N);
    PrimitiveAttr attr = attr().eltwise(Eltwise.SWISH, 1, 0).binary(BinaryOp.MULTIPLY, dstDesc);
    MemorySegment dst = room(dstDesc);

    run(PrimitiveDesc.matmul(engine, srcDesc, weightsDesc, biasDesc, dstDesc, attr),
        argument(Primitive.SRC, srcDesc, floats(src)), argument(Primitive.WEIGHTS, weightsDesc, floats(weights)),
        argument(Primitive.BIAS, biasDesc, floats(bias)), argument(Primitive.postOpOperand(1), dstDesc, floats(factor)),
        argument(Primitive.DST, dstDesc, dst));

    double[] expected = new double[M * N];
    for (int i = 0; i < expected.length; i++) {
      double x = bias[i % N];
      for (int k = 0; k < K; k++) {
        x += src[i / N * K + k] * (double) weights[k * N + i % N];
      }
      expected[i] = x / (1 + Math.exp(-x)) * factor[i];
    }
    assertClose(read(dst), expected, 1e-5);
  }
}
