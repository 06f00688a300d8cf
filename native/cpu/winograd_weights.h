// Kernels of a convolution, transformed: G g G^T.
#ifndef LANGEVIN_CPU_WINOGRAD_WEIGHTS_H
#define LANGEVIN_CPU_WINOGRAD_WEIGHTS_H

#include "half_convert.h"
#include "winograd.h"
#include "winograd_transform.h"

namespace lgv {
namespace {

// G g G^T, to one vector of each point.
template <int M>
inline void transform_weights(const vfloat (&g)[9], int64_t point_stride, float* dst) {
  constexpr int SIDE = Winograd<M>::SIDE;
  vfloat columns[3][SIDE];  // [x][y]
  for (int x = 0; x < 3; x++) {
    const vfloat column[3] = {g[x], g[3 + x], g[6 + x]};
    Winograd<M>::weights(column, columns[x]);
  }
  for (int y = 0; y < SIDE; y++) {
    const vfloat row[3] = {columns[0][y], columns[1][y], columns[2][y]};
    vfloat u[SIDE];
    Winograd<M>::weights(row, u);
    for (int x = 0; x < SIDE; x++) {
      store(dst + (y * SIDE + x) * point_stride, u[x]);
    }
  }
}

// rows[i][j] = rows[j][i]: each round shuffles all elements like a deck of cards, by which an element's index, that of its row
// and then that of its column, turns by one bit.
inline void transpose(vfloat (&rows)[W]) {
  vuint low{}, high{};
  for (uint32_t i = 0; i < W; i++) {
    low[i] = i / 2 + i % 2 * W;
    high[i] = low[i] + W / 2;
  }
#pragma GCC unroll 4
  for (int64_t round = 1; round < W; round *= 2) {
    vfloat shuffled[W];
#pragma GCC unroll 8
    for (int64_t i = 0; i < W / 2; i++) {
      shuffled[2 * i] = __builtin_shuffle(rows[i], rows[i + W / 2], low);
      shuffled[2 * i + 1] = __builtin_shuffle(rows[i], rows[i + W / 2], high);
    }
#pragma GCC unroll 16
    for (int64_t i = 0; i < W; i++) {
      rows[i] = shuffled[i];
    }
  }
}

// The weights between source channels first_c .. first_c + c_count and result channels first_k .. first_k + width, all of whole
// blocks, from halves, to dst (points, c_count, width).
template <int M, bool BF16>
void transform_halves(const lgv_winograd_args& args, int64_t first_c, int64_t c_count, int64_t first_k, int64_t width,
                      float* dst) {
  const uint16_t* halves = (const uint16_t*)args.weights;
  const int64_t channels = args.input_channels, results = args.output_channels;
  const int64_t stride = point_stride(c_count, width);
  for (int64_t k = 0; k < width; k += W) {
    for (int64_t c = 0; c < c_count; c += W) {
      vfloat taps[9][W];  // [tap][c], each of W results
      const int64_t at_c = first_c + c, at_k = first_k + k;
      for (int64_t tap = 0; tap < 9; tap++) {
        for (int64_t i = 0; i < W; i++) {
          if (args.transposed) {
            taps[tap][i] = at_c + i < channels
                ? load_halves_partial<BF16>(halves + ((at_c + i) * 9 + 8 - tap) * results + at_k, results - at_k) : vfloat{};
          } else {
            taps[tap][i] = at_k + i < results
                ? load_halves_partial<BF16>(halves + ((at_k + i) * 9 + tap) * channels + at_c, channels - at_c) : vfloat{};
          }
        }
        if (!args.transposed) {
          transpose(taps[tap]);
        }
      }
      for (int64_t i = 0; i < W; i++) {
        vfloat g[9];
        for (int tap = 0; tap < 9; tap++) {
          g[tap] = taps[tap][i];
        }
        transform_weights<M>(g, stride, dst + (c + i) * width + k);
      }
    }
  }
}

}  // namespace
}  // namespace lgv

#endif
