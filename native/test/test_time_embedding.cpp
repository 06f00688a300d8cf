#include <cmath>

#include "check.h"

using namespace test;

namespace {

lgv_time_embedding_args arguments(const Floats& times, const Floats& frequencies, const Floats& dst, int64_t flip) {
  lgv_time_embedding_args args{};
  args.timesteps = times;
  args.frequencies = frequencies;
  args.dst = dst;
  args.n = times.count();
  args.dim = dst.count() / times.count();
  args.flip_sin_to_cos = flip;
  return args;
}

Floats times_up_to_a_million() {
  Floats times(6);
  const float values[] = {0, 1, 0.25f, 999, 12345.678f, 1e6f};
  for (int i = 0; i < 6; i++) {
    times[i] = values[i];
  }
  return times;
}

// An f32 sine without a careful reduction is wrong in every digit at these angles.
TEST("time_embedding", "has sines and cosines right to one unit in the last place") {
  Floats times = times_up_to_a_million();
  for (int64_t dim : {1, 2, 3, 32, 33, 320}) {
    const int64_t half = dim / 2;
    Floats frequencies(half);
    for (int64_t i = 0; i < half; i++) {
      frequencies[i] = (float)std::exp(-std::log(10000.0) * (double)i / (double)half);
    }
    for (int64_t flip : {0, 1}) {
      Floats dst(times.count() * dim);
      lgv_time_embedding_args args = arguments(times, frequencies, dst, flip);
      CHECK_STATUS(LGV_OK, lgv_time_embedding(&args));
      std::vector<double> expected((size_t)dst.count(), 0), bound((size_t)dst.count(), 0);
      for (int64_t n = 0; n < args.n; n++) {
        for (int64_t i = 0; i < half; i++) {
          const float angle = times[n] * frequencies[i];
          const size_t sine = (size_t)(n * dim + (flip ? half : 0) + i);
          const size_t cosine = (size_t)(n * dim + (flip ? 0 : half) + i);
          expected[sine] = std::sin((double)angle);
          expected[cosine] = std::cos((double)angle);
          bound[sine] = 2 * EPSILON * std::fabs(expected[sine]);
          bound[cosine] = 2 * EPSILON * std::fabs(expected[cosine]);
        }
      }
      CHECK_CLOSE(text("dim %ld flip %ld", (long)dim, (long)flip), dst, expected, bound);
    }
  }
}

TEST("time_embedding", "refuses what does not fit") {
  Floats times = times_up_to_a_million(), frequencies = normal(4, 1), dst(6 * 8);
  const lgv_time_embedding_args good = arguments(times, frequencies, dst, 0);
  auto status = [&](auto change) {
    lgv_time_embedding_args args = good;
    change(args);
    return lgv_time_embedding(&args);
  };
  typedef lgv_time_embedding_args& A;
  CHECK_STATUS(LGV_NULL_POINTER, lgv_time_embedding(nullptr));
  CHECK_STATUS(LGV_NULL_POINTER, status([](A a) { a.timesteps = nullptr; }));
  CHECK_STATUS(LGV_NULL_POINTER, status([](A a) { a.frequencies = nullptr; }));
  CHECK_STATUS(LGV_NULL_POINTER, status([](A a) { a.dst = nullptr; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.n = -1; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.dim = 0; }));
  CHECK_STATUS(LGV_BAD_VALUE, status([](A a) { a.flip_sin_to_cos = 2; }));
}

}  // namespace
