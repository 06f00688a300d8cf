#include <cmath>

#include "check.h"

using namespace test;

namespace {

struct Problem {
  int64_t n, spatial, channels, groups;
  bool add, affine, modulate, silu;
  double mean = 0;
};

// Arguments with memory for them. add, scale and shift lie in wider matrices, scale and shift in one.
struct Instance {
  explicit Instance(const Problem& p)
      : problem(p),
        channels(p.channels),
        src(normal(p.n * p.spatial * p.channels, 1, p.mean)),
        add(normal((p.n - 1) * (channels + 3) + channels, 3)),
        gamma(normal(channels, 4, 1, 0.3)),
        beta(normal(channels, 5, 0, 0.5)),
        modulation(normal(p.n * 2 * channels, 6, 0, 0.5)),
        dst(p.n * p.spatial * channels),
        scratch(needed(p)) {
    args = sizes(p);
    args.src = src;
    args.add = p.add ? add.data() : nullptr;
    args.gamma = p.affine ? gamma.data() : nullptr;
    args.beta = p.affine ? beta.data() : nullptr;
    args.scale = p.modulate ? modulation.data() : nullptr;
    args.shift = p.modulate ? modulation.data() + channels : nullptr;
    args.dst = dst;
    args.scratch = scratch.data();
    args.scratch_bytes = needed(p);
  }

  static lgv_group_norm_args sizes(const Problem& p) {
    lgv_group_norm_args args{};
    args.n = p.n;
    args.spatial = p.spatial;
    args.channels = p.channels;
    args.groups = p.groups;
    args.add_stride = p.channels + 3;
    args.scale_stride = args.shift_stride = 2 * p.channels;
    args.silu = p.silu;
    args.eps = 1e-5;
    return args;
  }

  static int64_t needed(const Problem& p) {
    lgv_group_norm_args args = sizes(p);
    return lgv_group_norm_scratch_bytes(&args);
  }

  // x as the kernel rounds it.
  float x(int64_t n, int64_t p, int64_t c) const {
    float value = src[(n * problem.spatial + p) * channels + c];
    return problem.add ? value + add[n * (channels + 3) + c] : value;
  }

  void check() const {
    std::vector<double> expected((size_t)dst.count()), bound((size_t)dst.count());
    int64_t size = channels / problem.groups;
    for (int64_t n = 0; n < problem.n; n++) {
      for (int64_t g = 0; g < problem.groups; g++) {
        reference(n, g * size, (g + 1) * size, expected, bound);
      }
    }
    CHECK_CLOSE(text("(%ld, %ld, %ld) groups %ld add %d affine %d modulate %d silu %d", (long)problem.n,
                     (long)problem.spatial, (long)channels, (long)problem.groups, problem.add,
                     problem.affine, problem.modulate, problem.silu),
                dst, expected, bound);
  }

  void reference(int64_t n, int64_t from, int64_t to, std::vector<double>& expected, std::vector<double>& bound) const {
    double mean = 0, variance = 0, count = (double)((to - from) * problem.spatial);
    for (int64_t p = 0; p < problem.spatial; p++) {
      for (int64_t c = from; c < to; c++) {
        mean += x(n, p, c) / count;
      }
    }
    for (int64_t p = 0; p < problem.spatial; p++) {
      for (int64_t c = from; c < to; c++) {
        variance += (x(n, p, c) - mean) * (x(n, p, c) - mean) / count;
      }
    }
    for (int64_t p = 0; p < problem.spatial; p++) {
      for (int64_t c = from; c < to; c++) {
        double factor = problem.affine ? (double)gamma[c] : 1;
        double offset = problem.affine ? (double)beta[c] : 0;
        if (problem.modulate) {
          double scale = 1 + (double)modulation[n * 2 * channels + c];
          factor *= scale;
          offset = offset * scale + modulation[n * 2 * channels + channels + c];
        }
        double product = (x(n, p, c) - mean) / std::sqrt(variance + 1e-5) * factor;
        double y = product + offset;
        // Each of: the mean's subtraction, the factor, the product, the offset and its sum is rounded once.
        double error = 4 * EPSILON * (std::fabs(product) + std::fabs(offset) + 0.1);
        if (problem.silu) {
          y = y / (1 + std::exp(-y));
          error = 1.1 * error + 8 * EPSILON * std::fabs(y);  // silu's slope is at most 1.1
        }
        size_t i = (size_t)((n * problem.spatial + p) * channels + c);
        expected[i] = y;
        bound[i] = error;
      }
    }
  }

  Problem problem;
  int64_t channels;
  Floats src, add, gamma, beta, modulation, dst;
  Scratch scratch;
  lgv_group_norm_args args;
};

const Problem PROBLEMS[] = {
    {1, 1, 1, 1, false, false, false, false},     {2, 7, 5, 5, false, true, false, true},
    {1, 64, 32, 32, true, true, false, true},     {3, 9, 40, 4, true, true, true, true},
    {2, 50, 36, 3, false, true, true, false},     {1, 4096, 32, 32, true, true, false, true},
    {2, 1024, 64, 8, true, true, true, true},     {2, 33, 32, 16, false, true, false, true},
    {1, 100, 37, 37, true, true, true, true},     {1, 3, 20000, 4, false, true, false, false},
    {2, 500, 320, 32, false, true, false, true},  {1, 200, 960, 32, true, true, false, true},
    {0, 10, 8, 2, false, true, false, false},
};

TEST("group_norm", "equals the definition in double, with every option") {
  for (const Problem& problem : PROBLEMS) {
    Instance instance(problem);
    CHECK_STATUS(LGV_OK, lgv_group_norm(&instance.args));
    instance.check();
  }
}

// Sums in f32, or the mean of squares minus the square of the mean in f32, would lose the deviation altogether.
TEST("group_norm", "keeps its accuracy where the mean is 1000 deviations") {
  Instance instance({1, 65536, 16, 1, false, true, false, false, 1000});
  CHECK_STATUS(LGV_OK, lgv_group_norm(&instance.args));
  instance.check();
}

TEST("group_norm", "does not depend on the number of threads") {
  for (const Problem& problem : {Problem{3, 1024, 64, 8, true, true, true, true}, PROBLEMS[5]}) {
    Instance first(problem);
    CHECK_STATUS(LGV_OK, lgv_group_norm(&first.args));
    for_thread_counts([&](int) {
      Instance again(problem);
      CHECK_STATUS(LGV_OK, lgv_group_norm(&again.args));
      CHECK(again.dst.same_bits(first.dst));
    });
  }
}

TEST("group_norm", "does not depend on the rest of the batch") {
  Problem batch = {3, 700, 64, 8, true, true, true, true};
  Instance all(batch);
  CHECK_STATUS(LGV_OK, lgv_group_norm(&all.args));
  for (int64_t n = 0; n < batch.n; n++) {
    Floats one(batch.spatial * all.channels);
    lgv_group_norm_args args = all.args;
    args.n = 1;
    args.src += n * batch.spatial * batch.channels;
    args.add += n * args.add_stride;
    args.scale += n * args.scale_stride;
    args.shift += n * args.shift_stride;
    args.dst = one;
    CHECK_STATUS(LGV_OK, lgv_group_norm(&args));
    for (int64_t i = 0; i < one.count(); i++) {
      CHECK(one[i] == all.dst[n * one.count() + i]);
    }
  }
}

TEST("group_norm", "may write over its source") {
  Problem problem = {2, 500, 36, 4, true, true, true, true};
  Instance apart(problem), in_place(problem);
  CHECK_STATUS(LGV_OK, lgv_group_norm(&apart.args));
  in_place.args.dst = in_place.src;
  CHECK_STATUS(LGV_OK, lgv_group_norm(&in_place.args));
  CHECK(in_place.src.same_bits(apart.dst));
}

TEST("group_norm", "gives limits, not not-a-number, for large values, and passes on what is not a number") {
  Instance instance({1, 4, 4, 1, false, false, false, true});
  Floats gamma(4);
  for (int64_t c = 0; c < 4; c++) {
    gamma[c] = 1e6f;
  }
  instance.args.gamma = gamma;
  CHECK_STATUS(LGV_OK, lgv_group_norm(&instance.args));
  for (int64_t i = 0; i < 16; i++) {
    CHECK(std::isfinite(instance.dst[i]));
  }
  instance.src[3] = NAN;
  CHECK_STATUS(LGV_OK, lgv_group_norm(&instance.args));
  for (int64_t i = 0; i < 16; i++) {
    CHECK(std::isnan(instance.dst[i]));
  }
}

TEST("group_norm", "refuses what does not fit") {
  Instance good({2, 9, 12, 3, true, true, true, true});
  auto status = [&](auto change) {
    lgv_group_norm_args args = good.args;
    change(args);
    return lgv_group_norm(&args);
  };
  typedef lgv_group_norm_args& A;
  CHECK_STATUS(LGV_NULL_POINTER, lgv_group_norm(nullptr));
  CHECK_STATUS(LGV_NULL_POINTER, status([](A a) { a.src = nullptr; }));
  CHECK_STATUS(LGV_NULL_POINTER, status([](A a) { a.dst = nullptr; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.n = -1; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.spatial = 0; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.groups = 5; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.groups = 0; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.channels = INT64_MAX; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.spatial = INT64_C(1) << 55; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.add_stride = 11; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.shift_stride = -1; }));
  CHECK_STATUS(LGV_BAD_VALUE, status([](A a) { a.eps = 0; }));
  CHECK_STATUS(LGV_BAD_VALUE, status([](A a) { a.eps = NAN; }));
  CHECK_STATUS(LGV_BAD_VALUE, status([](A a) { a.silu = 2; }));
  CHECK_STATUS(LGV_BAD_SCRATCH, status([](A a) { a.scratch_bytes--; }));
  CHECK_STATUS(LGV_BAD_SCRATCH, status([](A a) { a.scratch = nullptr; }));
  CHECK_STATUS(LGV_BAD_SCRATCH, status([](A a) { a.scratch = static_cast<char*>(a.scratch) + 4; }));
  for (int64_t i = 0; i < good.dst.count(); i++) {
    CHECK(std::isnan(good.dst[i]));  // nothing was written
  }
}

}  // namespace
