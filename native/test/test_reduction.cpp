#include <cmath>

#include "check.h"

using namespace test;

namespace {

struct Sums {
  Sums(int64_t outer, int64_t rows, int64_t cols, double mean = 0)
      : src(normal(outer * rows * cols, 1, mean)), dst(outer * cols), scratch(needed(outer, rows, cols)) {
    args = {src, dst, scratch.data(), needed(outer, rows, cols), outer, rows, cols};
  }

  static int64_t needed(int64_t outer, int64_t rows, int64_t cols) {
    lgv_sum_rows_args args{};
    args.outer = outer;
    args.rows = rows;
    args.cols = cols;
    return lgv_sum_rows_scratch_bytes(&args);
  }

  void check() const {
    std::vector<double> expected((size_t)dst.count()), bound((size_t)dst.count());
    for (int64_t i = 0; i < src.count(); i++) {
      expected[(size_t)(i / args.cols / args.rows * args.cols + i % args.cols)] += src[i];
    }
    // Doubles lose nothing that an f32 would show, but where terms of both signs cancel.
    for (size_t i = 0; i < expected.size(); i++) {
      bound[i] = EPSILON * std::fabs(expected[i]) + 1e-12 * (double)args.rows;
    }
    CHECK_CLOSE(text("(%ld, %ld, %ld)", (long)args.outer, (long)args.rows, (long)args.cols), dst, expected, bound);
  }

  Floats src, dst;
  Scratch scratch;
  lgv_sum_rows_args args;
};

TEST("sum_rows", "equals the sum in double at every width and height") {
  for (int64_t cols : {1, 2, 3, 4, 7, 8, 12, 15, 16, 17, 31, 32, 33, 63, 64, 65, 71, 100, 320, 1027}) {
    for (int64_t rows : {1, 2, 7, 8, 15, 16, 17, 31, 129, 300, 1000}) {
      Sums sums(2, rows, cols);
      CHECK_STATUS(LGV_OK, lgv_sum_rows(&sums.args));
      sums.check();
    }
  }
}

// An f32 sum would stand still after 2^24 / 1000 rows' worth.
TEST("sum_rows", "keeps its accuracy over a million rows of large mean") {
  for (int64_t cols : {1, 3}) {
    Sums sums(1, 1000003, cols, 1000);
    CHECK_STATUS(LGV_OK, lgv_sum_rows(&sums.args));
    sums.check();
  }
}

TEST("sum_rows", "does not depend on the number of threads, nor on the other outer indices") {
  for (int64_t cols : {3, 40, 320}) {
    Sums first(3, 2000, cols);
    CHECK_STATUS(LGV_OK, lgv_sum_rows(&first.args));
    for_thread_counts([&](int) {
      Sums again(3, 2000, cols);
      CHECK_STATUS(LGV_OK, lgv_sum_rows(&again.args));
      CHECK(again.dst.same_bits(first.dst));
    });
    Floats one(cols);
    lgv_sum_rows_args args = first.args;
    args.src += 2 * 2000 * cols;
    args.dst = one;
    args.outer = 1;
    CHECK_STATUS(LGV_OK, lgv_sum_rows(&args));
    for (int64_t c = 0; c < cols; c++) {
      CHECK(one[c] == first.dst[2 * cols + c]);
    }
  }
}

TEST("sum_rows", "refuses what does not fit") {
  Sums good(2, 300, 5);
  auto status = [&](auto change) {
    lgv_sum_rows_args args = good.args;
    change(args);
    return lgv_sum_rows(&args);
  };
  typedef lgv_sum_rows_args& A;
  CHECK_STATUS(LGV_NULL_POINTER, lgv_sum_rows(nullptr));
  CHECK(lgv_sum_rows_scratch_bytes(nullptr) == 0);
  CHECK_STATUS(LGV_NULL_POINTER, status([](A a) { a.src = nullptr; }));
  CHECK_STATUS(LGV_NULL_POINTER, status([](A a) { a.dst = nullptr; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.outer = -1; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.rows = 0; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.cols = 0; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.rows = INT64_MAX; }));
  CHECK_STATUS(LGV_BAD_SCRATCH, status([](A a) { a.scratch = nullptr; }));
  CHECK_STATUS(LGV_BAD_SCRATCH, status([](A a) { a.scratch_bytes--; }));
  CHECK_STATUS(LGV_BAD_SCRATCH, status([](A a) { a.scratch = static_cast<char*>(a.scratch) + 4; }));
  CHECK_STATUS(LGV_OK, status([](A a) { a.outer = 0, a.src = nullptr, a.dst = nullptr, a.scratch = nullptr; }));
  CHECK(std::isnan(good.dst[0]));  // nothing was written
}

double sum_of_squares(const Floats& src) {
  lgv_sum_squares_args args{};
  double result = NAN;
  args.src = src;
  args.dst = &result;
  args.count = src.count();
  args.scratch_bytes = lgv_sum_squares_scratch_bytes(&args);
  Scratch scratch(args.scratch_bytes);
  args.scratch = scratch.data();
  CHECK_STATUS(LGV_OK, lgv_sum_squares(&args));
  return result;
}

TEST("sum_squares", "equals the sum in double at every length") {
  for (int64_t count : {0, 1, 2, 5, 31, 32, 33, 1000, 32767, 32768, 32769, 100003}) {
    Floats src = normal(count, 1, 3);
    double expected = 0;
    for (int64_t i = 0; i < count; i++) {
      expected += (double)src[i] * src[i];
    }
    const double got = sum_of_squares(src);
    CHECK(std::fabs(got - expected) <= 1e-13 * expected);
  }
}

// As an f32, the square of 1e30 is infinite.
TEST("sum_squares", "has room for squares that an f32 has not, and passes on what is not a number") {
  Floats src = normal(1000, 1);
  src[700] = 1e30f;
  CHECK(std::fabs(sum_of_squares(src) - 1e60) < 1e54);
  src[700] = NAN;
  CHECK(std::isnan(sum_of_squares(src)));
}

TEST("sum_squares", "does not depend on the number of threads") {
  Floats src = normal(1000000, 1);
  const double first = sum_of_squares(src);
  for_thread_counts([&](int) { CHECK(sum_of_squares(src) == first); });
}

TEST("sum_squares", "refuses what does not fit") {
  Floats src = normal(10, 1);
  double result = NAN;
  Scratch scratch(64);
  auto status = [&](auto change) {
    lgv_sum_squares_args args{src, &result, scratch.data(), 64, 10};
    change(args);
    return lgv_sum_squares(&args);
  };
  typedef lgv_sum_squares_args& A;
  CHECK_STATUS(LGV_NULL_POINTER, lgv_sum_squares(nullptr));
  CHECK_STATUS(LGV_NULL_POINTER, status([](A a) { a.src = nullptr; }));
  CHECK_STATUS(LGV_NULL_POINTER, status([](A a) { a.dst = nullptr; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.count = -1; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.count = INT64_MAX; }));
  CHECK_STATUS(LGV_BAD_SCRATCH, status([](A a) { a.scratch = nullptr; }));
  CHECK_STATUS(LGV_BAD_SCRATCH, status([](A a) { a.scratch_bytes = 7; }));
  CHECK(std::isnan(result));  // nothing was written
  CHECK_STATUS(LGV_OK, status([](A a) { a.count = 0, a.src = nullptr, a.scratch = nullptr; }));
  CHECK(result == 0);
}

}  // namespace
