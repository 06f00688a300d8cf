// The product of the matrices of one of a Winograd transform's points: (tiles, C) x (C, K), in blocks as winograd.h lays them.
#ifndef LANGEVIN_CPU_WINOGRAD_GEMM_H
#define LANGEVIN_CPU_WINOGRAD_GEMM_H

#include "vector.h"
#include "winograd.h"

namespace lgv {
namespace {

// The register tile: ROWS of tiles by VECTORS of result channels. Sums, a row of weights and one spread element fill 31 of the
// 32 registers of AVX-512, 15 of 16 of AVX2 and 11 of 16 of the baseline, whose products need another. Many rows by few vectors
// read the least of the weights, which come from farther away than the tiles.
#if defined(__AVX512F__)
constexpr int ROWS = 14, VECTORS = 2;
#elif defined(__AVX2__)
constexpr int ROWS = 6, VECTORS = 2;
#else
constexpr int ROWS = 4, VECTORS = 2;
#endif

// Result channels of a panel of weights; the last panel may be half as wide where CHANNEL_BLOCK is.
constexpr int64_t PANEL = VECTORS * W;

inline int64_t panel_width(int64_t first, int64_t k) { return smaller(PANEL, k - first); }

// dst (R, V*W) = [dst +] a (R, 16*blocks) x b (16*blocks, V*W), where a is (blocks, stride/16, 16).
template <int R, int V>
void multiply_tile(const float* __restrict a, int64_t stride, const float* __restrict b, int64_t blocks, bool add,
                   float* __restrict dst) {
  vfloat total[R][V] = {};
  if (add) {
    for (int r = 0; r < R; r++) {
      for (int v = 0; v < V; v++) {
        total[r][v] = load(dst + (r * V + v) * W);
      }
    }
  }
  for (int64_t block = 0; block < blocks; block++) {
#pragma GCC unroll 16
    for (int64_t c = 0; c < CHANNEL_BLOCK; c++) {
      vfloat weights[V];
      for (int v = 0; v < V; v++) {
        weights[v] = load(b + (c * V + v) * W);
      }
      for (int r = 0; r < R; r++) {
        const vfloat element = splat(a[r * CHANNEL_BLOCK + c]);
        for (int v = 0; v < V; v++) {
          total[r][v] += element * weights[v];
        }
      }
    }
    a += stride;
    b += CHANNEL_BLOCK * V * W;
  }
  for (int r = 0; r < R; r++) {
    for (int v = 0; v < V; v++) {
      store(dst + (r * V + v) * W, total[r][v]);
    }
  }
}

// multiply_tile with `rows`, 1 to ROWS, as a compile-time constant.
template <int V, int R = ROWS>
inline void multiply_rows(int64_t rows, const float* a, int64_t stride, const float* b, int64_t blocks, bool add,
                          float* dst) {
  if constexpr (R > 1) {
    if (rows < R) {
      multiply_rows<V, R - 1>(rows, a, stride, b, blocks, add, dst);
      return;
    }
  }
  multiply_tile<R, V>(a, stride, b, blocks, add, dst);
}

// dst (tiles, width) = [dst +] a (tiles, 16*blocks) x b (16*blocks, width), in register tiles of nearly the same height.
inline void multiply_panel(int64_t tiles, int64_t width, const float* a, const float* b, int64_t blocks, bool add,
                           float* dst) {
  const int64_t count = divide_up(tiles, ROWS);
  int64_t done = 0;
  for (int64_t i = 0; i < count; i++) {
    const int64_t rows = (tiles - done) / (count - i);
    const float* row = a + done * CHANNEL_BLOCK;
    if (PANEL <= CHANNEL_BLOCK || width == PANEL) {
      multiply_rows<VECTORS>(rows, row, tiles * CHANNEL_BLOCK, b, blocks, add, dst + done * width);
    } else if constexpr (PANEL > CHANNEL_BLOCK) {
      multiply_rows<VECTORS / 2>(rows, row, tiles * CHANNEL_BLOCK, b, blocks, add, dst + done * width);
    }
    done += rows;
  }
}

}  // namespace
}  // namespace lgv

#endif
