// The sizes that a Winograd convolution is worked in, and the places of its packed weights and of a thread's scratch.
//
// A task is a block of tiles and a range of results' channels. It transforms the block's source tiles into a matrix (tiles, C)
// for each of the transform's points, multiplies each with the point's weights (C, K), and transforms the products (tiles, K)
// back. Both kinds of matrices lie in the thread's share of the scratch, which is what keeps them in its cache.
#ifndef LANGEVIN_CPU_WINOGRAD_H
#define LANGEVIN_CPU_WINOGRAD_H

#include "langevin.h"
#include "sizes.h"

namespace lgv {
namespace {

// Channels are padded to whole blocks of these, with zeros, at every instruction set; a multiple of every vector.
constexpr int64_t CHANNEL_BLOCK = 16;

inline int64_t padded_channels(int64_t channels) { return divide_up(channels, CHANNEL_BLOCK) * CHANNEL_BLOCK; }

// A part's result channels are a multiple, so that no part cuts a panel.
constexpr int64_t PART_UNIT = 32;

// Source channels whose weights are transformed at once from halves: with those of a panel, 295 KB at 36 points.
constexpr int64_t HALF_CHANNELS = 64;

inline int64_t winograd_points(int64_t m) { return (m + 2) * (m + 2); }

struct WinogradShape {
  int64_t m, points;
  int64_t height, width;      // of dst
  int64_t rows, columns;      // of tiles in a picture
  int64_t tiles;              // of all pictures
  int64_t c, k;               // padded channels

  explicit WinogradShape(const lgv_winograd_args& args) {
    m = args.tile;
    points = winograd_points(m);
    height = args.height + args.pad_top + args.pad_bottom - 2;
    width = args.width + args.pad_left + args.pad_right - 2;
    rows = divide_up(height, m);
    columns = divide_up(width, m);
    tiles = args.n * rows * columns;
    c = padded_channels(args.input_channels);
    k = padded_channels(args.output_channels);
  }
};

// Between the matrices of two points, in packed weights and in the scratch, all of whole blocks. The odd number of cache lines
// spreads the points over the cache's sets, for a transform writes or reads one vector of each.
inline int64_t point_stride(int64_t rows, int64_t columns) { return (rows * columns) | 16; }

// How large a share is, and with it the largest task.
struct WinogradShare {
  int64_t tiles;     // of a block
  int64_t c;         // source channels that are transformed at once
  int64_t k;         // result channels that are multiplied at once

  WinogradShare(const WinogradShape& shape, bool halves) {
    tiles = smaller(shape.tiles, halves ? 64 : 56);
    c = smaller(shape.c, 512);
    k = smaller(shape.k, 512);
    source = shape.c;
    products = source + shape.points * point_stride(tiles, c);
    weights = products + shape.points * point_stride(tiles, k);
    floats = weights + (halves ? shape.points * point_stride(HALF_CHANNELS, PART_UNIT) : 0);
  }

  // Where each array starts, in floats: zeros (C), what tiles read outside of the picture; source
  // (points, c / 16, tiles, 16); products (points, k / panel, tiles, panel); weights (points, HALF_CHANNELS, panel) from halves.
  int64_t source, products, weights, floats;

  int64_t bytes() const { return floats * 4; }
};

// How a convolution is cut into tasks: blocks of tiles of nearly the same size, and parts of the result's channels of nearly
// the same number. Results depend on neither, for a product's sum over the channels is always taken in their order.
struct WinogradTasks {
  int64_t tiles, k, blocks, parts;

  WinogradTasks(const WinogradShape& shape, const WinogradShare& share, int64_t threads)
      : tiles(shape.tiles), k(shape.k) {
    blocks = divide_up(tiles, share.tiles);
    if (blocks > 1) {
      blocks = smaller(divide_up(blocks, threads) * threads, tiles);
    }
    parts = 1;
    if (blocks < threads) {
      parts = smaller(divide_up(threads, blocks), divide_up(k, PART_UNIT));
    }
  }

  int64_t first_tile(int64_t block) const { return block * tiles / blocks; }
  int64_t first_k(int64_t part) const { return smaller(part * divide_up(k, PART_UNIT) / parts * PART_UNIT, k); }
};

}  // namespace
}  // namespace lgv

#endif
