#include <algorithm>
#include <cmath>
#include <cstring>

#include "check.h"

using namespace test;

namespace {

struct Problem {
  int64_t n, height, width, c, k, kernel, stride = 1, before = 0, behind = 0;
  bool bias = false, residual = false, bf16 = false, gradient = false;
};

struct Instance {
  explicit Instance(const Problem& p)
      : problem(p),
        height((p.height + p.before + p.behind - p.kernel) / p.stride + 1),
        width((p.width + p.before + p.behind - p.kernel) / p.stride + 1),
        picture(normal(p.n * p.height * p.width * p.c, 1)),
        result(normal(p.n * height * width * p.k, 2)),
        weights(normal(p.k * p.c * p.kernel * p.kernel, 3, 0, 1 / std::sqrt((double)(p.c * p.kernel * p.kernel)))),
        bias(normal(p.k, 4)),
        residual(normal(result.count(), 5)),
        dst((p.gradient ? picture : result).count()),
        packed(weights.count() * 2),
        scratch(needed()) {
    round_to_halves(weights);
    args = sizes();
    args.src = p.gradient ? result : picture;
    args.weights = static_cast<uint16_t*>(packed.data());
    args.bias = p.bias ? bias.data() : nullptr;
    args.residual = p.residual ? residual.data() : nullptr;
    args.dst = dst;
    args.scratch = scratch.data();
    args.scratch_bytes = needed();
  }

  lgv_half_conv_args sizes() const {
    lgv_half_conv_args a{};
    a.n = problem.n;
    a.height = problem.height;
    a.width = problem.width;
    a.input_channels = problem.c;
    a.output_channels = problem.k;
    a.kernel_height = a.kernel_width = problem.kernel;
    a.stride = problem.stride;
    a.pad_top = a.pad_left = problem.before;
    a.pad_bottom = a.pad_right = problem.behind;
    a.bf16 = problem.bf16;
    a.gradient = problem.gradient;
    return a;
  }

  int64_t needed() const {
    const lgv_half_conv_args a = sizes();
    return lgv_half_conv_scratch_bytes(&a);
  }

  void run() {
    lgv_half_pack_args pack{weights, static_cast<uint16_t*>(packed.data()), problem.k, problem.c,
                            problem.kernel * problem.kernel, problem.bf16};
    CHECK_STATUS(LGV_OK, lgv_half_pack(&pack));
    CHECK_STATUS(LGV_OK, lgv_half_conv(&args));
  }

  // Each product of the convolution's definition, by its indices in picture, result and weights.
  template <typename F>
  void products(F each) const {
    const Problem& p = problem;
    for (int64_t n = 0; n < p.n; n++) {
      for (int64_t y = 0; y < height; y++) {
        for (int64_t x = 0; x < width; x++) {
          for (int64_t tap = 0; tap < p.kernel * p.kernel; tap++) {
            const int64_t sy = y * p.stride + tap / p.kernel - p.before, sx = x * p.stride + tap % p.kernel - p.before;
            if (sy < 0 || sx < 0 || sy >= p.height || sx >= p.width) {
              continue;
            }
            for (int64_t k = 0; k < p.k; k++) {
              for (int64_t c = 0; c < p.c; c++) {
                each(((n * p.height + sy) * p.width + sx) * p.c + c, ((n * height + y) * width + x) * p.k + k,
                     (k * p.c + c) * p.kernel * p.kernel + tap);
              }
            }
          }
        }
      }
    }
  }

  void check() const {
    std::vector<double> expected((size_t)dst.count()), sizes_of((size_t)dst.count()), bound((size_t)dst.count());
    for (int64_t i = 0; i < dst.count() && !problem.gradient; i++) {
      expected[(size_t)i] = (problem.bias ? bias[i % problem.k] : 0) + (problem.residual ? residual[i] : 0);
      sizes_of[(size_t)i] = std::fabs(expected[(size_t)i]);
    }
    products([&](int64_t a, int64_t b, int64_t w) {
      const double product = (double)(problem.gradient ? result[b] : picture[a]) * weights[w];
      const size_t at = (size_t)(problem.gradient ? a : b);
      expected[at] += product;
      sizes_of[at] += std::fabs(product);
    });
    for (size_t i = 0; i < bound.size(); i++) {
      bound[i] = 24 * EPSILON * sizes_of[i];
    }
    const Problem& p = problem;
    CHECK_CLOSE(text("(%ld, %ld, %ld, %ld) -> %ld, kernel %ld stride %ld pad %ld %ld bias %d residual %d bf16 %d gradient %d",
                     (long)p.n, (long)p.height, (long)p.width, (long)p.c, (long)p.k, (long)p.kernel, (long)p.stride,
                     (long)p.before, (long)p.behind, p.bias, p.residual, p.bf16, p.gradient),
                dst, expected, bound);
  }

  Problem problem;
  int64_t height, width;
  Floats picture, result, weights, bias, residual, dst;
  GuardedBytes packed;
  Scratch scratch;
  lgv_half_conv_args args;
};

TEST("half", "equals the convolution in double, and its gradient, at odd sizes") {
  for (bool gradient : {false, true}) {
    for (bool bf16 : {false, true}) {
      for (Problem p : {Problem{1, 1, 1, 1, 1, 1}, Problem{2, 5, 7, 33, 19, 3, 1, 1, 1}, Problem{1, 4, 4, 70, 66, 3, 1, 1, 1},
                        Problem{1, 9, 6, 17, 35, 3, 2, 1, 1}, Problem{1, 6, 9, 8, 130, 3, 2, 0, 1},
                        Problem{1, 1, 300, 20, 7, 1}, Problem{3, 1, 77, 64, 97, 1}, Problem{1, 3, 3, 1300, 6, 1},
                        Problem{1, 8, 8, 5, 3, 5, 1, 2, 1}, Problem{1, 2, 2, 31, 5, 2, 2}}) {
        p.gradient = gradient;
        p.bf16 = bf16;
        p.bias = !gradient && p.c % 2 == 1;
        p.residual = !gradient && p.k % 2 == 1;
        Instance instance(p);
        instance.run();
        instance.check();
      }
    }
  }
}

TEST("half", "does not depend on the number of threads") {
  for (bool gradient : {false, true}) {
    Instance first({1, 16, 16, 200, 100, 3, 1, 1, 1, false, false, false, gradient});
    first.run();
    for_thread_counts([&](int) {
      Instance again(first.problem);
      again.run();
      CHECK(again.dst.same_bits(first.dst));
    });
  }
}

TEST("half", "adds to a residual in its place") {
  Instance instance({1, 4, 5, 40, 12, 3, 1, 1, 1, true, true});
  instance.dst = instance.residual;
  instance.args.residual = instance.dst;
  instance.run();
  instance.check();
}

// Of every f16 and bf16: there and back gives it again, and its value is the definition's.
TEST("half", "widens every half to its value, and rounds to the nearest") {
  for (bool bf16 : {false, true}) {
    GuardedBytes halves(2 << 16), back(2 << 16);
    uint16_t* given = static_cast<uint16_t*>(halves.data());
    for (int64_t i = 0; i < 1 << 16; i++) {
      given[i] = (uint16_t)i;
    }
    Floats wide(1 << 16);
    // The gradient by the source of a layer with one result, by which the loss has a gradient of one, is its weights.
    Instance layer({1, 1, 1, 1 << 16, 1, 1, 1, 0, 0, false, false, bf16, true});
    layer.result[0] = 1;
    layer.args.weights = given;
    layer.args.dst = wide;
    CHECK_STATUS(LGV_OK, lgv_half_conv(&layer.args));
    lgv_half_pack_args pack{wide, static_cast<uint16_t*>(back.data()), 1, 1 << 16, 1, bf16};
    CHECK_STATUS(LGV_OK, lgv_half_pack(&pack));
    const int fraction = bf16 ? 7 : 10, largest = bf16 ? 255 : 31, bias = bf16 ? 127 : 15;
    int wrong = 0;
    for (int i = 0; i < 1 << 16; i++) {
      const int exponent = i >> fraction & largest, rest = i & ((1 << fraction) - 1);
      const double sign = i >> 15 ? -1 : 1;
      if (exponent == largest) {
        wrong += rest == 0 ? wide[i] != sign * INFINITY : !std::isnan(wide[i]);
      } else {
        const double value = exponent == 0 ? std::ldexp(rest, 1 - bias - fraction)
                                           : std::ldexp((1 << fraction) + rest, exponent - bias - fraction);
        wrong += wide[i] != (float)(sign * value);  // a sum of -0 is 0
      }
      if (i != 1 << 15 && (exponent != largest || rest == 0)) {
        wrong += static_cast<uint16_t*>(back.data())[i] != i;
      }
    }
    CHECK(wrong == 0);
  }
  // Halfway between two f16: to the even one; beyond the largest: infinity; below half of the least: zero.
  Floats values(6);
  const float given[] = {1 + 0x1p-11f, 1 + 3 * 0x1p-11f, 65519, 65520, 0x1p-25f, 0x1.8p-25f};
  for (int i = 0; i < 6; i++) {
    values[i] = given[i];
  }
  uint16_t got[6];
  lgv_half_pack_args pack{values, got, 1, 6, 1, 0};
  CHECK_STATUS(LGV_OK, lgv_half_pack(&pack));
  const uint16_t expected[] = {0x3c00, 0x3c02, 0x7bff, 0x7c00, 0, 1};
  CHECK(memcmp(got, expected, sizeof got) == 0);
}

TEST("half", "refuses what does not fit") {
  Instance good({1, 4, 4, 8, 8, 3, 1, 1, 1});
  auto status = [&](auto change) {
    lgv_half_conv_args args = good.args;
    change(args);
    return lgv_half_conv(&args);
  };
  typedef lgv_half_conv_args& A;
  CHECK_STATUS(LGV_NULL_POINTER, lgv_half_conv(nullptr));
  CHECK(lgv_half_conv_scratch_bytes(nullptr) == 0);
  CHECK_STATUS(LGV_NULL_POINTER, status([](A a) { a.src = nullptr; }));
  CHECK_STATUS(LGV_NULL_POINTER, status([](A a) { a.weights = nullptr; }));
  CHECK_STATUS(LGV_NULL_POINTER, status([](A a) { a.dst = nullptr; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.n = -1; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.height = 0; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.width = INT64_MAX; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.input_channels = INT64_MAX; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.stride = 0; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.pad_top = 3; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.kernel_width = 0; }));
  CHECK_STATUS(LGV_BAD_VALUE, status([](A a) { a.bf16 = 2; }));
  CHECK_STATUS(LGV_BAD_VALUE, status([](A a) { a.gradient = 1, a.bias = a.src; }));
  CHECK_STATUS(LGV_BAD_SCRATCH, status([](A a) { a.scratch = nullptr; }));
  CHECK_STATUS(LGV_BAD_SCRATCH, status([](A a) { a.scratch_bytes--; }));
  CHECK(std::isnan(good.dst[0]));  // nothing was written
  CHECK_STATUS(LGV_OK, status([](A a) { a.n = 0, a.src = nullptr, a.dst = nullptr, a.scratch = nullptr; }));
  lgv_half_pack_args pack{good.weights, static_cast<uint16_t*>(good.packed.data()), 0, 8, 9, 0};
  CHECK_STATUS(LGV_BAD_SIZE, lgv_half_pack(&pack));
}

}  // namespace
