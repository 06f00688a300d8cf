#include <array>
#include <cmath>

#include "check.h"

using namespace test;

namespace {

struct Problem {
  int64_t n, height, width, c, k, tile;
  std::array<int64_t, 4> pad = {1, 1, 1, 1};  // top, left, bottom, right
};

struct Instance {
  explicit Instance(const Problem& p)
      : problem(p),
        rows(p.height + p.pad[0] + p.pad[2] - 2),
        columns(p.width + p.pad[1] + p.pad[3] - 2),
        src(normal(p.n * p.height * p.width * p.c, 1)),
        dy(normal(p.n * rows * columns * p.k, 2)),
        dst(p.k * p.c * 9),
        scratch(needed(p)) {
    args = sizes(p);
    args.src = src;
    args.dy = dy;
    args.dst = dst;
    args.scratch = scratch.data();
    args.scratch_bytes = needed(p);
  }

  static lgv_winograd_gradient_args sizes(const Problem& p) {
    lgv_winograd_gradient_args args{};
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
    return args;
  }

  static int64_t needed(const Problem& p) {
    const lgv_winograd_gradient_args args = sizes(p);
    return lgv_winograd_gradient_scratch_bytes(&args);
  }

  // Against the definition in double. A result is a sum of n*rows*columns products of normal numbers, in which the transforms
  // magnify roundings up to about twentyfold.
  void check() {
    CHECK_STATUS(LGV_OK, lgv_winograd_gradient(&args));
    std::vector<double> expected((size_t)dst.count()), bound((size_t)dst.count());
    const double terms = (double)(problem.n * rows * columns);
    for (int64_t i = 0; i < dst.count(); i++) {
      const int64_t k = i / 9 / problem.c, c = i / 9 % problem.c;
      expected[(size_t)i] = gradient(k, c, i % 9 / 3, i % 3);
      bound[(size_t)i] = 20 * EPSILON * (terms + 20);
    }
    CHECK_CLOSE(text("F(%ldx%ld) (%ld, %ld, %ld, %ld) -> %ld", (long)problem.tile, (long)problem.tile, (long)problem.n,
                     (long)problem.height, (long)problem.width, (long)problem.c, (long)problem.k),
                dst, expected, bound);
  }

  double gradient(int64_t k, int64_t c, int64_t tap_y, int64_t tap_x) const {
    double sum = 0;
    for (int64_t n = 0; n < problem.n; n++) {
      for (int64_t y = 0; y < rows; y++) {
        for (int64_t x = 0; x < columns; x++) {
          const int64_t from_y = y + tap_y - problem.pad[0], from_x = x + tap_x - problem.pad[1];
          if (from_y >= 0 && from_y < problem.height && from_x >= 0 && from_x < problem.width) {
            sum += (double)src[((n * problem.height + from_y) * problem.width + from_x) * problem.c + c] *
                   dy[((n * rows + y) * columns + x) * problem.k + k];
          }
        }
      }
    }
    return sum;
  }

  Problem problem;
  int64_t rows, columns;
  Floats src, dy, dst;
  Scratch scratch;
  lgv_winograd_gradient_args args;
};

TEST("winograd_gradient", "equals the definition in double at every size of picture") {
  for (int64_t tile : {2, 4}) {
    for (int64_t height : {1, 2, 3, 4, 5, 7, 9}) {
      for (int64_t width : {1, 2, 4, 5, 8, 11}) {
        Instance({2, height, width, 5, 7, tile}).check();
      }
    }
  }
}

TEST("winograd_gradient", "equals the definition in double at every number of channels") {
  for (int64_t tile : {2, 4}) {
    for (int64_t c : {1, 3, 15, 16, 17, 33, 64, 130, 150}) {
      for (int64_t k : {1, 7, 16, 17, 31, 32, 33, 48, 70, 130}) {
        Instance({1, 6, 5, c, k, tile}).check();
      }
    }
  }
}

TEST("winograd_gradient", "equals the definition in double with every padding, and over several blocks") {
  for (int64_t tile : {2, 4}) {
    for (const std::array<int64_t, 4>& pad :
         {std::array<int64_t, 4>{0, 0, 0, 0}, {0, 1, 2, 0}, {2, 2, 2, 2}, {1, 0, 0, 2}}) {
      Instance({2, 5, 9, 20, 24, tile, pad}).check();
    }
    Instance({3, 40, 44, 16, 24, tile}).check();
  }
}

TEST("winograd_gradient", "does not depend on the number of threads") {
  for (const Problem& problem : {Problem{3, 20, 22, 40, 56, 4}, {3, 18, 20, 140, 96, 2}}) {
    Instance first(problem);
    CHECK_STATUS(LGV_OK, lgv_winograd_gradient(&first.args));
    for_thread_counts([&](int) {
      Instance again(problem);
      CHECK_STATUS(LGV_OK, lgv_winograd_gradient(&again.args));
      CHECK(again.dst.same_bits(first.dst));
    });
  }
}

TEST("winograd_gradient", "is zero of no pictures") {
  Instance instance({0, 5, 5, 4, 3, 4});
  instance.args.scratch = nullptr;
  CHECK_STATUS(LGV_OK, lgv_winograd_gradient(&instance.args));
  for (int64_t i = 0; i < instance.dst.count(); i++) {
    CHECK(instance.dst[i] == 0);
  }
}

TEST("winograd_gradient", "refuses what does not fit") {
  Instance good({2, 9, 8, 4, 3, 4});
  auto status = [&](auto change) {
    lgv_winograd_gradient_args args = good.args;
    change(args);
    return lgv_winograd_gradient(&args);
  };
  typedef lgv_winograd_gradient_args& A;
  CHECK_STATUS(LGV_NULL_POINTER, lgv_winograd_gradient(nullptr));
  CHECK_STATUS(LGV_NULL_POINTER, status([](A a) { a.src = nullptr; }));
  CHECK_STATUS(LGV_NULL_POINTER, status([](A a) { a.dy = nullptr; }));
  CHECK_STATUS(LGV_NULL_POINTER, status([](A a) { a.dst = nullptr; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.n = -1; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.tile = 3; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.pad_left = 3; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.input_channels = 0; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.output_channels = INT64_MAX; }));
  CHECK_STATUS(LGV_BAD_SCRATCH, status([](A a) { a.scratch_bytes = 64; }));
  CHECK_STATUS(LGV_BAD_SCRATCH, status([](A a) { a.scratch = nullptr; }));
  for (int64_t i = 0; i < good.dst.count(); i++) {
    CHECK(std::isnan(good.dst[i]));  // nothing was written
  }
}

}  // namespace
