#include "winograd_instance.h"

namespace {

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
