// A 3x3 convolution of random numbers, by Winograd's algorithm and by its definition in double.
#ifndef LANGEVIN_TEST_WINOGRAD_INSTANCE_H
#define LANGEVIN_TEST_WINOGRAD_INSTANCE_H

#include <algorithm>
#include <array>
#include <cmath>

#include "check.h"
#include "winograd_growth.h"

using namespace test;

namespace {

struct Problem {
  int64_t n, height, width, c, k, tile;
  std::array<int64_t, 4> pad = {1, 1, 1, 1};  // top, left, bottom, right
  bool bias = false, residual = false, silu = false;
  double scale = 1;
  bool transposed = false;
};

std::string describe(const Problem& p) {
  return text("F(%ldx%ld) (%ld, %ld, %ld, %ld) -> %ld, pad %ld %ld %ld %ld, bias %d residual %d silu %d scale %g transposed %d",
              (long)p.tile, (long)p.tile, (long)p.n, (long)p.height, (long)p.width, (long)p.c, (long)p.k,
              (long)p.pad[0], (long)p.pad[1], (long)p.pad[2], (long)p.pad[3], p.bias, p.residual, p.silu, p.scale,
              p.transposed);
}

struct Instance {
  explicit Instance(const Problem& p, double mean = 0)
      : problem(p),
        height(p.height + p.pad[0] + p.pad[2] - 2),
        width(p.width + p.pad[1] + p.pad[3] - 2),
        src(normal(p.n * p.height * p.width * p.c, 1, mean)),
        weights(normal(p.k * p.c * 9, 2, 0, 1 / std::sqrt(9.0 * (double)p.c))),
        bias(normal(p.k, 3)),
        residual(normal(p.n * height * width * p.k, 4)),
        dst(p.n * height * width * p.k),
        packed(packed_bytes(p) / 4),
        scratch(needed(p)) {
    weights_args = pack_sizes(p);
    weights_args.src = weights;
    weights_args.dst = packed;
    args = sizes(p);
    args.src = src;
    args.weights = packed;
    args.bias = p.bias ? bias.data() : nullptr;
    args.residual = p.residual ? residual.data() : nullptr;
    args.dst = dst;
    args.scratch = scratch.data();
    args.scratch_bytes = needed(p);
  }

  static lgv_winograd_weights_args pack_sizes(const Problem& p) {
    return {nullptr, nullptr, p.transposed ? p.c : p.k, p.transposed ? p.k : p.c, p.tile, p.transposed};
  }

  static int64_t packed_bytes(const Problem& p) {
    const lgv_winograd_weights_args args = pack_sizes(p);
    return lgv_winograd_weights_bytes(&args);
  }

  static lgv_winograd_args sizes(const Problem& p) {
    lgv_winograd_args args{};
    args.n = p.n;
    args.height = p.height;
    args.width = p.width;
    args.input_channels = p.c;
    args.output_channels = p.k;
    args.tile = p.tile;
    args.pad_top = p.pad[0];
    args.pad_left = p.pad[1];
    args.pad_bottom = p.pad[2];
    args.pad_right = p.pad[3];
    args.silu = p.silu;
    args.scale = p.scale;
    return args;
  }

  static int64_t needed(const Problem& p) {
    const lgv_winograd_args args = sizes(p);
    return lgv_winograd_scratch_bytes(&args);
  }

  void run() const {
    CHECK_STATUS(LGV_OK, lgv_winograd_weights(&weights_args));
    CHECK_STATUS(LGV_OK, lgv_winograd(&args));
  }

  // The weight between channels, at row y and column x of the kernel that the convolution slides over the picture.
  double weight(int64_t k, int64_t c, int64_t y, int64_t x) const {
    return problem.transposed ? weights[(c * problem.k + k) * 9 + (2 - y) * 3 + (2 - x)]
                              : weights[(k * problem.c + c) * 9 + y * 3 + x];
  }

  double source(int64_t n, int64_t y, int64_t x, int64_t c) const {
    const bool inside = y >= 0 && y < problem.height && x >= 0 && x < problem.width;
    return inside ? (double)src[((n * problem.height + y) * problem.width + x) * problem.c + c] : 0;
  }

  void check() const {
    const Growth growth(problem.tile);
    const int64_t m = problem.tile;
    std::vector<double> expected((size_t)dst.count()), bound((size_t)dst.count());
    for (int64_t n = 0; n < problem.n; n++) {
      for (int64_t tile_y = 0; tile_y < height; tile_y += m) {
        for (int64_t tile_x = 0; tile_x < width; tile_x += m) {
          const std::vector<double> magnified = magnify(growth, n, tile_y, tile_x);
          for (int64_t y = tile_y; y < std::min(tile_y + m, height); y++) {
            for (int64_t x = tile_x; x < std::min(tile_x + m, width); x++) {
              for (int64_t k = 0; k < problem.k; k++) {
                const size_t i = (size_t)(((n * height + y) * width + x) * problem.k + k);
                result(magnified, n, y, x, k, expected[i], bound[i]);
              }
            }
          }
        }
      }
    }
    CHECK_CLOSE(describe(problem), dst, expected, bound);
  }

  // (C, 3, 3): what a weight's absolute value is multiplied by to give the absolute values of its terms in a tile.
  std::vector<double> magnify(const Growth& growth, int64_t n, int64_t tile_y, int64_t tile_x) const {
    std::vector<double> magnified((size_t)(problem.c * 9));
    for (int64_t c = 0; c < problem.c; c++) {
      for (int64_t v = 0; v < problem.tile + 2; v++) {
        for (int64_t u = 0; u < problem.tile + 2; u++) {
          const double d = std::fabs(source(n, tile_y + v - problem.pad[0], tile_x + u - problem.pad[1], c));
          for (int64_t tap = 0; tap < 9; tap++) {
            magnified[(size_t)(c * 9 + tap)] += growth.worst(tap / 3, v) * growth.worst(tap % 3, u) * d;
          }
        }
      }
    }
    return magnified;
  }

  void result(const std::vector<double>& magnified, int64_t n, int64_t y, int64_t x, int64_t k, double& expected,
              double& bound) const {
    double sum = 0, terms = 0;
    for (int64_t c = 0; c < problem.c; c++) {
      for (int64_t tap = 0; tap < 9; tap++) {
        const double g = weight(k, c, tap / 3, tap % 3);
        sum += g * source(n, y + tap / 3 - problem.pad[0], x + tap % 3 - problem.pad[1], c);
        terms += std::fabs(g) * magnified[(size_t)(c * 9 + tap)];
      }
    }
    // Roundings on the way of a term: one a channel, and in each dimension 3 of B, 3 of A, and 4 of G with its constants.
    double error = EPSILON * (double)(problem.c + 20) * terms;
    const double added = (problem.bias ? (double)bias[k] : 0) +
                         (problem.residual ? (double)residual[((n * height + y) * width + x) * problem.k + k] : 0);
    sum = (sum + added) * problem.scale;
    error = std::fabs(problem.scale) * (error + 4 * EPSILON * 4) + 3 * EPSILON * std::fabs(sum);
    if (problem.silu) {
      sum = sum / (1 + std::exp(-sum));
      error = 1.1 * error + 8 * EPSILON * std::fabs(sum);  // silu's slope is at most 1.1
    }
    expected = sum;
    bound = error;
  }

  Problem problem;
  int64_t height, width;
  Floats src, weights, bias, residual, dst, packed;
  Scratch scratch;
  lgv_winograd_weights_args weights_args;
  lgv_winograd_args args;
};

}  // namespace

#endif
