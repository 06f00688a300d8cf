#include <cmath>

#include "check.h"

using namespace test;

namespace {

lgv_layer_norm_args arguments(const Floats& src, const Floats& gamma, const Floats& beta, const Floats& dst) {
  lgv_layer_norm_args args{};
  args.src = src;
  args.gamma = gamma;
  args.beta = beta;
  args.dst = dst;
  args.channels = gamma.count();
  args.rows = src.count() / args.channels;
  args.eps = 1e-6;
  return args;
}

void check(const lgv_layer_norm_args& args) {
  std::vector<double> expected, bound;
  for (int64_t row = 0; row < args.rows; row++) {
    const float* x = args.src + row * args.channels;
    double mean = 0, variance = 0;
    for (int64_t c = 0; c < args.channels; c++) {
      mean += x[c] / (double)args.channels;
    }
    for (int64_t c = 0; c < args.channels; c++) {
      variance += (x[c] - mean) * (x[c] - mean) / (double)args.channels;
    }
    for (int64_t c = 0; c < args.channels; c++) {
      double normalised = (x[c] - mean) / std::sqrt(variance + args.eps);
      double gamma = args.gamma == nullptr ? 1 : (double)args.gamma[c];
      double beta = args.beta == nullptr ? 0 : (double)args.beta[c];
      expected.push_back(normalised * gamma + beta);
      bound.push_back(5 * EPSILON * (std::fabs(normalised * gamma) + std::fabs(beta) + 0.1));
    }
  }
  CHECK_CLOSE(text("%ld rows of %ld", (long)args.rows, (long)args.channels), args.dst, expected, bound);
}

TEST("layer_norm", "equals the definition in double") {
  for (int64_t channels : {1, 2, 5, 15, 16, 17, 40, 63, 320, 768, 1152, 1283}) {
    for (int64_t rows : {1, 3, 77}) {
      Floats src = normal(rows * channels, 1), gamma = normal(channels, 2), beta = normal(channels, 3);
      Floats dst(rows * channels);
      lgv_layer_norm_args args = arguments(src, gamma, beta, dst);
      CHECK_STATUS(LGV_OK, lgv_layer_norm(&args));
      check(args);
      args.gamma = nullptr;
      CHECK_STATUS(LGV_OK, lgv_layer_norm(&args));
      check(args);
      args.beta = nullptr;
      CHECK_STATUS(LGV_OK, lgv_layer_norm(&args));
      check(args);
    }
  }
}

TEST("layer_norm", "keeps its accuracy where the mean is 1000 deviations") {
  Floats src = normal(4 * 1000, 1, 1000), gamma = normal(1000, 2), beta = normal(1000, 3), dst(4 * 1000);
  lgv_layer_norm_args args = arguments(src, gamma, beta, dst);
  CHECK_STATUS(LGV_OK, lgv_layer_norm(&args));
  check(args);
}

TEST("layer_norm", "does not depend on threads or the other rows, and may write over its source") {
  Floats src = normal(300 * 323, 1), gamma = normal(323, 2), beta = normal(323, 3), dst(300 * 323);
  lgv_layer_norm_args args = arguments(src, gamma, beta, dst);
  CHECK_STATUS(LGV_OK, lgv_layer_norm(&args));
  for_thread_counts([&](int) {
    Floats in_place = src;
    lgv_layer_norm_args again = arguments(in_place, gamma, beta, in_place);
    CHECK_STATUS(LGV_OK, lgv_layer_norm(&again));
    CHECK(in_place.same_bits(dst));
  });
  Floats alone(323);
  args.src += 7 * 323;
  args.dst = alone;
  args.rows = 1;
  CHECK_STATUS(LGV_OK, lgv_layer_norm(&args));
  for (int64_t c = 0; c < 323; c++) {
    CHECK(alone[c] == dst[7 * 323 + c]);
  }
}

TEST("layer_norm", "refuses what does not fit") {
  Floats src = normal(20, 1), gamma = normal(5, 2), beta = normal(5, 3), dst(20);
  const lgv_layer_norm_args good = arguments(src, gamma, beta, dst);
  auto status = [&](auto change) {
    lgv_layer_norm_args args = good;
    change(args);
    return lgv_layer_norm(&args);
  };
  typedef lgv_layer_norm_args& A;
  CHECK_STATUS(LGV_NULL_POINTER, lgv_layer_norm(nullptr));
  CHECK_STATUS(LGV_NULL_POINTER, status([](A a) { a.src = nullptr; }));
  CHECK_STATUS(LGV_NULL_POINTER, status([](A a) { a.dst = nullptr; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.rows = -1; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.channels = 0; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.rows = INT64_MAX; }));
  CHECK_STATUS(LGV_BAD_VALUE, status([](A a) { a.eps = -1e-5; }));
  CHECK_STATUS(LGV_OK, status([](A a) { a.rows = 0, a.src = nullptr, a.dst = nullptr; }));
}

}  // namespace
