// Tiles of a convolution's source, transformed.
#ifndef LANGEVIN_CPU_WINOGRAD_SOURCE_H
#define LANGEVIN_CPU_WINOGRAD_SOURCE_H

#include <string.h>

#include "winograd.h"
#include "winograd_transform.h"

namespace lgv {
namespace {

struct Tile {
  int64_t n, y, x;  // of dst: its upper left pixel
};

inline Tile tile_at(const WinogradShape& shape, int64_t index) {
  const int64_t in_picture = index % (shape.rows * shape.columns);
  return {index / (shape.rows * shape.columns), in_picture / shape.columns * shape.m,
          in_picture % shape.columns * shape.m};
}

// B^T d B of W channels of one tile, from the pixels' addresses; `lanes` of them exist.
template <int M, bool WHOLE>
inline void transform_source(const float* const (&pixels)[Winograd<M>::POINTS], int64_t c, int64_t lanes,
                             int64_t point_stride, float* dst) {
  constexpr int SIDE = Winograd<M>::SIDE;
  vfloat columns[SIDE][SIDE];  // [x][y]
  for (int x = 0; x < SIDE; x++) {
    vfloat d[SIDE];
    for (int y = 0; y < SIDE; y++) {
      const float* pixel = pixels[y * SIDE + x] + c;
      d[y] = WHOLE ? load(pixel) : load_partial(pixel, lanes);
    }
    Winograd<M>::source(d, columns[x]);
  }
  for (int y = 0; y < SIDE; y++) {
    vfloat d[SIDE], v[SIDE];
    for (int x = 0; x < SIDE; x++) {
      d[x] = columns[x][y];
    }
    Winograd<M>::source(d, v);
    for (int x = 0; x < SIDE; x++) {
      store(dst + (y * SIDE + x) * point_stride, v[x]);
    }
  }
}

// The picture that tiles are taken from.
struct Source {
  const lgv_winograd_args& args;
  const WinogradShape& shape;
  const float* zeros;  // args.input_channels of them, for what lies outside
};

// The addresses of a tile's pixels in src.
template <int M>
inline void find_pixels(const Source& source, int64_t index, const float* (&pixels)[Winograd<M>::POINTS]) {
  constexpr int SIDE = Winograd<M>::SIDE;
  const lgv_winograd_args& args = source.args;
  const Tile tile = tile_at(source.shape, index);
  for (int i = 0; i < SIDE; i++) {
    const int64_t y = tile.y - args.pad_top + i;
    for (int j = 0; j < SIDE; j++) {
      const int64_t x = tile.x - args.pad_left + j;
      const bool inside = y >= 0 && y < args.height && x >= 0 && x < args.width;
      pixels[i * SIDE + j] =
          inside ? args.src + ((tile.n * args.height + y) * args.width + x) * args.input_channels : source.zeros;
    }
  }
}

// Source channels first_c .. first_c + count of `tiles` tiles, to dst (points, count / 16, tiles, 16).
template <int M>
void transform_sources(const Source& source, int64_t first_tile, int64_t tiles, int64_t first_c, int64_t count,
                       float* dst) {
  constexpr int SIDE = Winograd<M>::SIDE;
  const int64_t channels = source.args.input_channels;
  const int64_t point_stride = lgv::point_stride(tiles, count);
  const float* pixels[Winograd<M>::POINTS];
  const float* next[Winograd<M>::POINTS];
  find_pixels<M>(source, first_tile, next);
  for (int64_t t = 0; t < tiles; t++) {
    memcpy(pixels, next, sizeof pixels);
    find_pixels<M>(source, smaller(first_tile + t + 1, source.shape.tiles - 1), next);
    for (int64_t c = 0; c < count; c += W) {
      for (int i = 2; i < SIDE; i++) {
        for (int j = 2; j < SIDE; j++) {
          __builtin_prefetch(next[i * SIDE + j] + first_c + c);
        }
      }
      float* to = dst + (c / CHANNEL_BLOCK * tiles + t) * CHANNEL_BLOCK + c % CHANNEL_BLOCK;
      const int64_t lanes = channels - (first_c + c);
      if (lanes >= W) {
        transform_source<M, true>(pixels, first_c + c, W, point_stride, to);
      } else {
        transform_source<M, false>(pixels, first_c + c, lanes < 0 ? 0 : lanes, point_stride, to);
      }
    }
  }
}

}  // namespace
}  // namespace lgv

#endif
