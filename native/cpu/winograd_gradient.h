// The sizes that a Winograd convolution's gradient by its weights is worked in. A task is a range of source channels and a range
// of results' channels. For a block of tiles at a time it transforms the source and dy into matrices (tiles, C) and (tiles, K)
// for each of the transform's points, and adds the product (C, K) of their sum over the tiles to the point's total.
#ifndef LANGEVIN_CPU_WINOGRAD_GRADIENT_H
#define LANGEVIN_CPU_WINOGRAD_GRADIENT_H

#include "winograd.h"

namespace lgv {
namespace {

// The convolution whose gradient is asked for; no pointers but src.
inline lgv_winograd_args convolution(const lgv_winograd_gradient_args& args) {
  lgv_winograd_args forward{};
  forward.src = args.src;
  forward.n = args.n;
  forward.height = args.height;
  forward.width = args.width;
  forward.input_channels = args.input_channels;
  forward.output_channels = args.output_channels;
  forward.tile = args.tile;
  forward.pad_top = args.pad_top;
  forward.pad_left = args.pad_left;
  forward.pad_bottom = args.pad_bottom;
  forward.pad_right = args.pad_right;
  forward.scale = 1;
  return forward;
}

// Ranges of channels of nearly the same size, multiples of `unit` but for the last one.
struct Ranges {
  int64_t total, count, size;

  Ranges(int64_t channels, int64_t largest, int64_t unit) : total(channels) {
    size = divide_up(divide_up(total, divide_up(total, largest)), unit) * unit;
    count = divide_up(total, size);
  }

  int64_t first(int64_t i) const { return smaller(i * size, total); }
};

struct GradientShare {
  static constexpr int64_t UNIT = 32;         // results' channels of a range are a multiple, so that no range cuts a panel
  static constexpr int64_t MAX_C = 128, MAX_K = 64;

  int64_t tiles;  // of a block
  int64_t c, k;   // of the largest task

  explicit GradientShare(const WinogradShape& shape) {
    tiles = smaller(shape.tiles, 56);
    c = smaller(shape.c, MAX_C);
    k = smaller(shape.k, MAX_K);
    source = shape.c;
    dy = source + shape.points * point_stride(tiles, c);
    total = dy + shape.points * point_stride(tiles, k);
    floats = total + shape.points * point_stride(c, k);
  }

  // Where each array starts, in floats: zeros (C); source (points, c / 16, tiles, 16); dy (points, k / panel, tiles, panel);
  // total (points, k / panel, c, panel).
  int64_t source, dy, total, floats;

  int64_t bytes() const { return floats * 4; }
};

}  // namespace
}  // namespace lgv

#endif
