// Transforms convolution weights and packs them: for each of the transform's points panels of result channels, and in a
// panel a row of weights for each source channel. Channels beyond the last have zeros.
#include <string.h>

#include "kernels.h"
#include "parallel.h"
#include "winograd_gemm.h"
#include "winograd_weights.h"

namespace lgv {
namespace {

struct WeightsShape {
  int64_t c, k;                    // channels of the source and of the result of the convolution to come
  int64_t c_stride, k_stride;      // between their kernels in src
  int64_t padded_c, padded_k;
  bool rotated;

  explicit WeightsShape(const lgv_winograd_weights_args& args) {
    rotated = args.transposed != 0;
    c = rotated ? args.output_channels : args.input_channels;
    k = rotated ? args.input_channels : args.output_channels;
    c_stride = rotated ? args.input_channels * 9 : 9;
    k_stride = rotated ? 9 : args.input_channels * 9;
    padded_c = padded_channels(c);
    padded_k = padded_channels(k);
  }
};

// The kernels of one source channel and of up to W result channels, which become the lanes; zeros beyond `lanes`.
inline void gather(const float* src, int64_t stride, int64_t lanes, bool rotated, vfloat (&g)[9]) {
  float taps[9][W] = {};
  for (int64_t lane = 0; lane < lanes; lane++) {
    for (int tap = 0; tap < 9; tap++) {
      taps[rotated ? 8 - tap : tap][lane] = src[lane * stride + tap];
    }
  }
  for (int tap = 0; tap < 9; tap++) {
    g[tap] = load(taps[tap]);
  }
}

// The panel of result channels that begins at first_k, for all points.
template <int M>
void pack_panel(const lgv_winograd_weights_args& args, const WeightsShape& shape, int64_t first_k) {
  const int64_t width = panel_width(first_k, shape.padded_k);
  float* panel = args.dst + first_k * shape.padded_c;
  for (int64_t c = 0; c < shape.padded_c; c++) {
    for (int64_t k = 0; k < width; k += W) {
      vfloat g[9] = {};
      const int64_t lanes = smaller(W, shape.k - (first_k + k));
      if (c < shape.c && lanes > 0) {
        gather(args.src + c * shape.c_stride + (first_k + k) * shape.k_stride, shape.k_stride, lanes, shape.rotated, g);
      }
      transform_weights<M>(g, point_stride(shape.padded_c, shape.padded_k), panel + c * width + k);
    }
  }
}

}  // namespace

namespace LGV_ISA {

void winograd_weights(const lgv_winograd_weights_args& args) {
  const WeightsShape shape(args);
  const int threads = threads_for((double)shape.padded_c * (double)shape.padded_k, 512);
#pragma omp parallel for num_threads(threads) if (threads > 1)
  for (int64_t k = 0; k < shape.padded_k; k += PANEL) {
    if (args.tile == 4) {
      pack_panel<4>(args, shape, k);
    } else {
      pack_panel<2>(args, shape, k);
    }
  }
}

}  // namespace LGV_ISA
}  // namespace lgv
