package dev.langevin.bindings.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.bindings.NativeException;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConvolutionTest extends PrimitiveTestBase {

  private static final int N = 2;
  private static final int IC = 5;
  private static final int OC = 6;
  private static final int H = 7;
  private static final int W = 6;
  private static final int K = 3;

  /** Padding that differs at both ends shows an exchange of them; a picture that is not square one of its sides. */
  @ParameterizedTest
  @CsvSource({"1, 1, 1", "2, 0, 1", "2, 1, 1"})
  void shouldConvolveChannelsLastWithWeightsInTheLayoutThatItAsksFor(int stride, int before, int after) {
    int oh = (H + before + after - K) / stride + 1;
    int ow = (W + before + after - K) / stride + 1;
    float[] src = uniform(N * H * W * IC);
    float[] weights = uniform(OC * IC * K * K);
    float[] bias = uniform(OC);
    MemoryDesc srcDesc = channelsLast(N, IC, H, W);
    MemoryDesc dstDesc = channelsLast(N, OC, oh, ow);
    MemoryDesc biasDesc = dense(OC);
    PrimitiveDesc desc =
        PrimitiveDesc.convolution(engine, srcDesc, own(MemoryDesc.any(OC, IC, K, K)), biasDesc, dstDesc,
            stride, new long[] {before, before}, new long[] {after, after}, attr());
    MemoryDesc packedDesc = own(desc.weightsDesc());
    MemorySegment packed = room(packedDesc);
    MemoryDesc plain = dense(OC, IC, K, K);
    run(PrimitiveDesc.reorder(engine, plain, packedDesc, attr()), argument(Primitive.SRC, plain, floats(weights)),
        argument(Primitive.DST, packedDesc, packed));
    MemorySegment dst = room(dstDesc);

    run(desc, argument(Primitive.SRC, srcDesc, floats(src)), argument(Primitive.WEIGHTS, packedDesc, packed),
        argument(Primitive.BIAS, biasDesc, floats(bias)), argument(Primitive.DST, dstDesc, dst));

    double[] expected = new double[N * oh * ow * OC];
    for (int i = 0; i < expected.length; i++) {
      int oc = i % OC;
      int x = i / OC % ow * stride - before;
      int y = i / OC / ow % oh * stride - before;
      int n = i / OC / ow / oh;
      double sum = bias[oc];
      for (int ky = Math.max(0, -y); ky < K && y + ky < H; ky++) {
        for (int kx = Math.max(0, -x); kx < K && x + kx < W; kx++) {
          for (int ic = 0; ic < IC; ic++) {
            sum += src[((n * H + y + ky) * W + x + kx) * IC + ic] * weights[((oc * IC + ic) * K + ky) * K + kx];
          }
        }
      }
      expected[i] = sum;
    }
    assertClose(read(dst), expected, 1e-5);
  }

  @Test
  void shouldTellCallShapesAndStatusWhenChannelsDisagree() {
    MemoryDesc src = channelsLast(1, 5, 4, 4);
    MemoryDesc weights = own(MemoryDesc.any(6, 4, 3, 3));
    MemoryDesc dst = channelsLast(1, 6, 4, 4);
    PrimitiveAttr attr = attr();

    assertThatThrownBy(() -> PrimitiveDesc.convolution(
        engine, src, weights, null, dst, 1, new long[] {1, 1}, new long[] {1, 1}, attr))
            .isInstanceOf(NativeException.class)
            .hasMessage(
                "dnnl_convolution_forward_primitive_desc_create(src=f32 [1, 5, 4, 4] plain, weights=f32 [6, 4, 3, 3]"
                    + " any, dst=f32 [1, 6, 4, 4] plain, stride=1, padding=[1, 1][1, 1]): invalid_arguments (2)");
  }

  @Test
  void shouldNameItsImplementation() {
    MemoryDesc x = channelsLast(1, 16, 8, 8);
    PrimitiveDesc desc = own(PrimitiveDesc.convolution(engine, x, own(MemoryDesc.any(16, 16, 3, 3)), null, x, 1,
        new long[] {1, 1}, new long[] {1, 1}, attr()));

    assertThat(desc.implementation()).matches("[a-z0-9_:+]+");
    assertThat(own(desc.weightsDesc()).blocking()).matches("([0-9]+[a-d])+");
  }
}
