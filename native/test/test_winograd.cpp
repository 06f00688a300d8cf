#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

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

// Every size of picture about a tile's, so that tiles are cut at each row and column.
TEST("winograd", "equals the direct convolution in double at every size of picture") {
  for (int64_t tile : {2, 4}) {
    for (int64_t height : {1, 2, 3, 4, 5, 6, 7, 8, 9, 13}) {
      for (int64_t width : {1, 2, 3, 4, 5, 8, 11}) {
        Instance instance({2, height, width, 5, 7, tile});
        instance.run();
        instance.check();
      }
    }
  }
}

TEST("winograd", "equals the direct convolution in double at every number of channels") {
  for (int64_t tile : {2, 4}) {
    for (int64_t c : {1, 3, 4, 8, 15, 16, 17, 33, 64}) {
      for (int64_t k : {1, 4, 7, 8, 16, 17, 31, 32, 33, 48, 70}) {
        Instance instance({1, 6, 5, c, k, tile, {1, 1, 1, 1}, (c + k) % 2 == 0, (c + k) % 3 == 0, k % 2 == 0, 0.7});
        instance.run();
        instance.check();
      }
    }
  }
}

TEST("winograd", "equals the direct convolution in double with every option") {
  for (int64_t tile : {2, 4}) {
    for (int options = 0; options < 16; options++) {
      for (const std::array<int64_t, 4>& pad :
           {std::array<int64_t, 4>{1, 1, 1, 1}, {0, 0, 0, 0}, {0, 1, 2, 0}, {2, 2, 2, 2}, {1, 0, 0, 2}}) {
        Instance instance({2, 5, 9, 20, 24, tile, pad, (options & 1) != 0, (options & 2) != 0, (options & 4) != 0,
                           (options & 8) != 0 ? -0.5 : 1, (options & 8) != 0});
        instance.run();
        instance.check();
      }
    }
  }
}

// Larger than a block of tiles, and than the channels that are worked at once.
TEST("winograd", "equals the direct convolution in double over several blocks") {
  for (const Problem& problem :
       {Problem{3, 40, 44, 16, 24, 4}, {3, 24, 28, 16, 24, 2}, {1, 4, 5, 1100, 20, 4}, {1, 4, 5, 12, 1100, 4},
        {1, 3, 9, 1030, 1040, 2}}) {
    Instance instance(problem);
    instance.run();
    instance.check();
  }
}

TEST("winograd", "with transposed weights is the convolution's adjoint") {
  for (int64_t tile : {2, 4}) {
    Instance forward({2, 7, 10, 18, 21, tile, {1, 0, 1, 0}});
    Problem back = {2, 7, 8, 21, 18, tile, {1, 2, 1, 2}};
    back.transposed = true;
    Instance backward(back);
    backward.weights = forward.weights;
    forward.run();
    backward.run();
    double left = 0, right = 0;  // <convolution(x), y> = <x, gradient(y)>
    for (int64_t i = 0; i < forward.dst.count(); i++) {
      left += (double)forward.dst[i] * backward.src[i];
    }
    for (int64_t i = 0; i < backward.dst.count(); i++) {
      right += (double)forward.src[i] * backward.dst[i];
    }
    CHECK(std::fabs(left - right) < 1e-3);
  }
}

double mean_square(const std::vector<double>& values) {
  double sum = 0;
  for (double value : values) {
    sum += value * value;
  }
  return sum / (double)values.size();
}

// Compares the errors, relative to the root of the results' mean square, with those of a sum in f32 in the definition's order.
void compare_errors(const Problem& problem, double mean) {
  Instance instance(problem, mean);
  instance.run();
  std::vector<double> results, errors, direct_errors;
  double largest = 0, direct_largest = 0;
  for (int64_t i = 0; i < instance.dst.count(); i++) {
    const int64_t k = i % problem.k, x = i / problem.k % instance.width, y = i / problem.k / instance.width;
    double sum = 0;
    float direct = 0;
    for (int64_t tap = 0; tap < 9; tap++) {
      for (int64_t c = 0; c < problem.c; c++) {
        const double d = instance.source(0, y + tap / 3 - 1, x + tap % 3 - 1, c);
        const double g = instance.weight(k, c, tap / 3, tap % 3);
        sum += g * d;
        direct = (float)(direct + g * d);  // a fused multiply-add
      }
    }
    results.push_back(sum);
    errors.push_back(instance.dst[i] - sum);
    direct_errors.push_back(direct - sum);
    largest = std::max(largest, std::fabs(errors.back()));
    direct_largest = std::max(direct_largest, std::fabs(direct_errors.back()));
  }
  const double rms = std::sqrt(mean_square(results));
  const double error = std::sqrt(mean_square(errors)) / rms, direct = std::sqrt(mean_square(direct_errors)) / rms;
  printf("  F(%ldx%ld), %4ld channels of mean %g: error %.2e, largest %.2e; direct %.2e, largest %.2e\n",
         (long)problem.tile, (long)problem.tile, (long)problem.c, mean, error, largest / rms, direct,
         direct_largest / rms);
  // The transforms' own roundings, and those of products where they are not fused, add at most a quarter at 64 channels.
  const double limit = 1.4 * Growth(problem.tile).statistical();
  CHECK(error < limit * direct);
  CHECK(largest < 2 * limit * direct_largest);
}

// Other points than those of the transforms, or weights rounded before they are transformed, would show.
TEST("winograd", "has errors like those of an f32 sum") {
  for (int64_t c : {64, 256, 512}) {
    for (double mean : {0.0, 0.5}) {
      compare_errors({1, 14, 14, c, 24, 2}, mean);
      compare_errors({1, 14, 14, c, 24, 4}, mean);
    }
  }
}

// A convolution with its weights of halves, which any f32 of 8 bits of precision near 1 is.
void compare_halves(const Problem& problem) {
  Instance instance(problem);
  for (int64_t i = 0; i < instance.weights.count(); i++) {
    uint32_t bits;
    memcpy(&bits, &instance.weights[i], 4);
    bits &= 0xffff0000u;
    memcpy(&instance.weights[i], &bits, 4);
    if (std::fabs(instance.weights[i]) < 0x1p-14f) {
      instance.weights[i] = 0;
    }
  }
  instance.run();
  const lgv_winograd_weights_args& sizes = instance.weights_args;
  for (int64_t halves : {1, 2}) {
    GuardedBytes packed(instance.weights.count() * 2);
    lgv_half_pack_args pack{instance.weights, static_cast<uint16_t*>(packed.data()), sizes.output_channels,
                            sizes.input_channels, 9, halves == 2};
    CHECK_STATUS(LGV_OK, lgv_half_pack(&pack));
    Floats dst(instance.dst.count());
    lgv_winograd_args args = instance.args;
    args.weights = packed.data();
    args.halves = halves;
    args.transposed = problem.transposed;
    args.dst = dst;
    Scratch scratch(lgv_winograd_scratch_bytes(&args));
    args.scratch = scratch.data();
    args.scratch_bytes = lgv_winograd_scratch_bytes(&args);
    CHECK_STATUS(LGV_OK, lgv_winograd(&args));
    if (!dst.same_bits(instance.dst)) {
      test::fail(__FILE__, __LINE__, describe(problem) + text(", halves %ld: other results than of floats", (long)halves));
    }
  }
}

TEST("winograd", "gives the same of halves as of floats, to the last bit") {
  for (int64_t tile : {2, 4}) {
    for (bool transposed : {false, true}) {
      for (int64_t c : {1, 7, 16, 17, 33, 100, 600}) {
        for (int64_t k : {1, 15, 16, 31, 33, 70}) {
          Problem problem{1, 6, 9, c, k, tile, {1, 1, 1, 1}, true};
          problem.transposed = transposed;
          compare_halves(problem);
        }
      }
      for (Problem problem : {Problem{2, 36, 30, 20, 40, tile}, {1, 4, 5, 70, 1100, tile}}) {
        problem.transposed = transposed;
        for_thread_counts([&](int) { compare_halves(problem); });
      }
    }
  }
}

TEST("winograd", "does not depend on the number of threads, nor on the rest of the batch") {
  for (const Problem& problem : {Problem{3, 20, 22, 40, 56, 4}, {3, 18, 20, 40, 56, 2}, {2, 4, 4, 600, 96, 4}}) {
    Instance first(problem);
    first.run();
    for_thread_counts([&](int) {
      Instance again(problem);
      again.run();
      CHECK(again.dst.same_bits(first.dst));
      CHECK(again.packed.same_bits(first.packed));
    });
    Floats one(first.dst.count() / problem.n);
    lgv_winograd_args args = first.args;
    args.n = 1;
    args.src += first.src.count() / problem.n;
    args.dst = one;
    CHECK_STATUS(LGV_OK, lgv_winograd(&args));
    for (int64_t i = 0; i < one.count(); i++) {
      CHECK(one[i] == first.dst[one.count() + i]);
    }
  }
}

TEST("winograd", "may add to its destination") {
  Problem problem = {1, 9, 9, 20, 20, 4};
  problem.residual = true;
  Instance apart(problem), in_place(problem);
  apart.run();
  in_place.args.dst = in_place.residual;
  in_place.run();
  CHECK(in_place.residual.same_bits(apart.dst));
}

TEST("winograd", "computes nothing for no pictures") {
  Instance instance({0, 5, 5, 4, 4, 4});
  instance.args.scratch = nullptr;
  CHECK_STATUS(LGV_OK, lgv_winograd(&instance.args));
}

TEST("winograd", "refuses what does not fit") {
  Instance good({2, 9, 8, 4, 3, 4});
  auto status = [&](auto change) {
    lgv_winograd_args args = good.args;
    change(args);
    return lgv_winograd(&args);
  };
  auto pack_status = [&](auto change) {
    lgv_winograd_weights_args args = good.weights_args;
    change(args);
    return lgv_winograd_weights(&args);
  };
  typedef lgv_winograd_args& A;
  typedef lgv_winograd_weights_args& P;
  CHECK_STATUS(LGV_NULL_POINTER, lgv_winograd(nullptr));
  CHECK_STATUS(LGV_NULL_POINTER, lgv_winograd_weights(nullptr));
  CHECK_STATUS(LGV_NULL_POINTER, status([](A a) { a.src = nullptr; }));
  CHECK_STATUS(LGV_NULL_POINTER, status([](A a) { a.weights = nullptr; }));
  CHECK_STATUS(LGV_NULL_POINTER, status([](A a) { a.dst = nullptr; }));
  CHECK_STATUS(LGV_NULL_POINTER, pack_status([](P a) { a.src = nullptr; }));
  CHECK_STATUS(LGV_NULL_POINTER, pack_status([](P a) { a.dst = nullptr; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.n = -1; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.height = 0; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.width = INT64_MAX; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.n = INT64_C(1) << 50; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.tile = 3; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.pad_left = 3; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.pad_bottom = -1; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.height = 1, a.pad_top = 0; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.input_channels = 0; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.output_channels = INT64_MAX; }));
  CHECK_STATUS(LGV_BAD_SIZE, pack_status([](P a) { a.tile = 6; }));
  CHECK_STATUS(LGV_BAD_SIZE, pack_status([](P a) { a.input_channels = 0; }));
  CHECK_STATUS(LGV_BAD_SIZE, pack_status([](P a) { a.output_channels = INT64_C(1) << 55; }));
  CHECK_STATUS(LGV_BAD_VALUE, pack_status([](P a) { a.transposed = 2; }));
  CHECK_STATUS(LGV_BAD_VALUE, status([](A a) { a.silu = 2; }));
  CHECK_STATUS(LGV_BAD_VALUE, status([](A a) { a.halves = 3; }));
  CHECK_STATUS(LGV_BAD_VALUE, status([](A a) { a.transposed = 2; }));
  CHECK_STATUS(LGV_BAD_VALUE, status([](A a) { a.scale = NAN; }));
  CHECK_STATUS(LGV_BAD_SCRATCH, status([](A a) { a.scratch_bytes = 64; }));
  CHECK_STATUS(LGV_BAD_SCRATCH, status([](A a) { a.scratch = nullptr; }));
  CHECK_STATUS(LGV_BAD_SCRATCH, status([](A a) { a.scratch = static_cast<char*>(a.scratch) + 4; }));
  for (int64_t i = 0; i < good.dst.count(); i++) {
    CHECK(std::isnan(good.dst[i]));  // nothing was written
  }
}

}  // namespace
