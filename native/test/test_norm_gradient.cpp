#include <algorithm>
#include <cmath>

#include "check.h"

using namespace test;

namespace {

struct Problem {
  int64_t n, spatial, channels, groups;
  bool add = false, scale_shift = false, silu = false;
};

double slope(double v, bool silu) {
  if (!silu) {
    return 1;
  }
  const double sigmoid = 1 / (1 + std::exp(-v));
  return sigmoid * (1 + v * (1 - sigmoid));
}

// Group normalisation's gradients by the definition, in double, and beside each sum the sum of its terms' absolute values.
struct Reference {
  std::vector<double> dst, dgamma, dbeta, dadd, dscale, dshift;
  std::vector<double> dst_size, dgamma_size, dbeta_size, dadd_size, dscale_size, dshift_size;
};

struct Instance {
  explicit Instance(const Problem& p)
      : problem(p),
        src(normal(p.n * p.spatial * p.channels, 1, 0.3)),
        add(normal(p.n * p.channels, 2)),
        gamma(normal(p.channels, 3, 1, 0.3)),
        beta(normal(p.channels, 4)),
        scale(normal(p.n * p.channels, 5, 0, 0.3)),
        shift(normal(p.n * p.channels, 6)),
        dy(normal(src.count(), 7)),
        dst(src.count()),
        dgamma(p.channels),
        dbeta(p.channels),
        dadd(p.n * p.channels),
        dscale(p.n * p.channels),
        dshift(p.n * p.channels),
        scratch(std::max<int64_t>(needed(p), 1)) {
    args = sizes(p);
    args.src = src;
    args.gamma = gamma;
    args.beta = beta;
    args.dy = dy;
    args.dst = dst;
    args.dgamma = dgamma;
    args.dbeta = dbeta;
    if (p.add) {
      args.add = add;
      args.dadd = dadd;
    }
    if (p.scale_shift) {
      args.scale = scale;
      args.shift = shift;
      args.dscale = dscale;
      args.dshift = dshift;
    }
    args.scratch = scratch.data();
    args.scratch_bytes = scratch.bytes();
  }

  static lgv_group_norm_backward_args sizes(const Problem& p) {
    lgv_group_norm_backward_args args{};
    args.n = p.n;
    args.spatial = p.spatial;
    args.channels = p.channels;
    args.groups = p.groups;
    args.add_stride = args.scale_stride = args.shift_stride = p.channels;
    args.dadd_stride = args.dscale_stride = args.dshift_stride = p.channels;
    args.silu = p.silu;
    args.eps = 1e-5;
    return args;
  }

  static int64_t needed(const Problem& p) {
    const lgv_group_norm_backward_args args = sizes(p);
    return lgv_group_norm_backward_scratch_bytes(&args);
  }

  double value(int64_t n, int64_t s, int64_t c) const {
    return src[(n * problem.spatial + s) * problem.channels + c] + (problem.add ? (double)add[n * problem.channels + c] : 0);
  }

  Reference reference() const {
    const int64_t channels = problem.channels, spatial = problem.spatial, width = channels / problem.groups;
    const size_t rows = (size_t)(problem.n * channels), all = (size_t)src.count();
    Reference r;
    for (std::vector<double>* v : {&r.dgamma, &r.dbeta, &r.dgamma_size, &r.dbeta_size}) {
      v->resize((size_t)channels);
    }
    for (std::vector<double>* v : {&r.dadd, &r.dscale, &r.dshift, &r.dadd_size, &r.dscale_size, &r.dshift_size}) {
      v->resize(rows);
    }
    r.dst.resize(all);
    r.dst_size.resize(all);
    for (int64_t n = 0; n < problem.n; n++) {
      for (int64_t g = 0; g < problem.groups; g++) {
        const double count = (double)(spatial * width);
        double mean = 0, variance = 0;
        each(g, width, [&](int64_t s, int64_t c) { mean += value(n, s, c) / count; });
        each(g, width, [&](int64_t s, int64_t c) { variance += std::pow(value(n, s, c) - mean, 2) / count; });
        const double deviation = std::sqrt(variance + 1e-5);
        double sum = 0, product = 0, size = 0;
        std::vector<double> dx_hat(all);
        each(g, width, [&](int64_t s, int64_t c) {
          const size_t i = (size_t)((n * spatial + s) * channels + c), row = (size_t)(n * channels + c);
          const double x_hat = (value(n, s, c) - mean) / deviation;
          const double u = x_hat * gamma[c] + beta[c];
          const double factor = problem.scale_shift ? 1 + (double)scale[(int64_t)row] : 1;
          const double v = u * factor + (problem.scale_shift ? (double)shift[(int64_t)row] : 0);
          const double dv = dy[(int64_t)i] * slope(v, problem.silu), du = dv * factor;
          r.dscale[row] += dv * u;
          r.dscale_size[row] += std::fabs(dv * u);
          r.dshift[row] += dv;
          r.dshift_size[row] += std::fabs(dv);
          r.dgamma[(size_t)c] += du * x_hat;
          r.dgamma_size[(size_t)c] += std::fabs(du * x_hat);
          r.dbeta[(size_t)c] += du;
          r.dbeta_size[(size_t)c] += std::fabs(du);
          dx_hat[i] = du * gamma[c];
          sum += dx_hat[i] / count;
          product += dx_hat[i] * x_hat / count;
          size += std::fabs(dx_hat[i]) * (1 + std::fabs(x_hat)) / count;
        });
        each(g, width, [&](int64_t s, int64_t c) {
          const size_t i = (size_t)((n * spatial + s) * channels + c), row = (size_t)(n * channels + c);
          const double x_hat = (value(n, s, c) - mean) / deviation;
          r.dst[i] = (dx_hat[i] - sum - x_hat * product) / deviation;
          r.dst_size[i] = (std::fabs(dx_hat[i]) + size * (1 + std::fabs(x_hat))) / deviation;
          r.dadd[row] += r.dst[i];
          r.dadd_size[row] += r.dst_size[i];
        });
      }
    }
    return r;
  }

  template <typename Body>
  void each(int64_t g, int64_t width, const Body& body) const {
    for (int64_t s = 0; s < problem.spatial; s++) {
      for (int64_t c = g * width; c < (g + 1) * width; c++) {
        body(s, c);
      }
    }
  }

  // A dozen roundings a term; those of the statistics are shared by all terms of a group.
  void compare(const char* name, const float* got, const std::vector<double>& expected, const std::vector<double>& size) const {
    std::vector<double> bound;
    for (double s : size) {
      bound.push_back(40 * EPSILON * (s + 0.1));
    }
    CHECK_CLOSE(text("%s of (%ld, %ld, %ld) in %ld groups, add %d scale %d silu %d", name, (long)problem.n, (long)problem.spatial,
                     (long)problem.channels, (long)problem.groups, problem.add, problem.scale_shift, problem.silu),
                got, expected, bound);
  }

  void check() {
    const Reference r = reference();
    CHECK_STATUS(LGV_OK, lgv_group_norm_backward(&args));
    compare("dst", args.dst, r.dst, r.dst_size);
    compare("dgamma", dgamma, r.dgamma, r.dgamma_size);
    compare("dbeta", dbeta, r.dbeta, r.dbeta_size);
    if (problem.add) {
      compare("dadd", dadd, r.dadd, r.dadd_size);
    }
    if (problem.scale_shift) {
      compare("dscale", dscale, r.dscale, r.dscale_size);
      compare("dshift", dshift, r.dshift, r.dshift_size);
    }
  }

  Problem problem;
  Floats src, add, gamma, beta, scale, shift, dy, dst, dgamma, dbeta, dadd, dscale, dshift;
  Scratch scratch;
  lgv_group_norm_backward_args args;
};

TEST("norm_gradient", "of groups equals the definition in double") {
  for (int64_t spatial : {1, 5, 64}) {
    for (const auto& [channels, groups] : {std::pair<int64_t, int64_t>{6, 3}, {16, 4}, {20, 5}, {33, 3}, {64, 8}, {96, 2}}) {
      for (int options = 0; options < 8; options++) {
        Instance({2, spatial, channels, groups, (options & 1) != 0, (options & 2) != 0, (options & 4) != 0}).check();
      }
    }
  }
}

TEST("norm_gradient", "of groups may take the place of dy, and leaves out what is not asked for") {
  Instance apart({2, 30, 24, 4, false, false, true}), in_place(apart.problem);
  apart.check();
  in_place.args.dst = in_place.dy;
  in_place.args.dgamma = in_place.args.dbeta = nullptr;
  CHECK_STATUS(LGV_OK, lgv_group_norm_backward(&in_place.args));
  CHECK(in_place.dy.same_bits(apart.dst));
}

TEST("norm_gradient", "does not depend on the number of threads") {
  const Problem problem = {3, 400, 48, 8, true, true, true};
  Instance first(problem);
  CHECK_STATUS(LGV_OK, lgv_group_norm_backward(&first.args));
  for_thread_counts([&](int) {
    Instance again(problem);
    CHECK_STATUS(LGV_OK, lgv_group_norm_backward(&again.args));
    CHECK(again.dst.same_bits(first.dst));
    CHECK(again.dgamma.same_bits(first.dgamma));
    CHECK(again.dadd.same_bits(first.dadd));
  });
}

TEST("norm_gradient", "refuses what does not fit") {
  Instance good({2, 5, 8, 4, true, true, false});
  auto status = [&](auto change) {
    lgv_group_norm_backward_args args = good.args;
    change(args);
    return lgv_group_norm_backward(&args);
  };
  typedef lgv_group_norm_backward_args& A;
  CHECK_STATUS(LGV_NULL_POINTER, lgv_group_norm_backward(nullptr));
  CHECK_STATUS(LGV_NULL_POINTER, status([](A a) { a.src = nullptr; }));
  CHECK_STATUS(LGV_NULL_POINTER, status([](A a) { a.dy = nullptr; }));
  CHECK_STATUS(LGV_NULL_POINTER, status([](A a) { a.dst = nullptr; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.groups = 3; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.spatial = 0; }));
  CHECK_STATUS(LGV_BAD_VALUE, status([](A a) { a.eps = 0; }));
  for (int64_t i = 0; i < good.dst.count(); i++) {
    CHECK(std::isnan(good.dst[i]));  // nothing was written
  }
}

// A layer is a group norm of one group over rows of one pixel, whose gradient is checked above.
TEST("norm_gradient", "of layers equals that of one group a row") {
  for (int64_t channels : {1, 5, 16, 40, 320, 1283}) {
    for (int64_t rows : {1, 3, 77}) {
      Instance groups({rows, 1, channels, 1});
      CHECK_STATUS(LGV_OK, lgv_group_norm_backward(&groups.args));
      Floats dst(rows * channels), dgamma(channels), dbeta(channels);
      lgv_layer_norm_backward_args args{};
      args.src = groups.src;
      args.gamma = groups.gamma;
      args.dy = groups.dy;
      args.dst = dst;
      args.dgamma = dgamma;
      args.dbeta = dbeta;
      args.rows = rows;
      args.channels = channels;
      args.eps = 1e-5;
      Scratch scratch(std::max<int64_t>(lgv_layer_norm_backward_scratch_bytes(&args), 1));
      args.scratch = scratch.data();
      args.scratch_bytes = scratch.bytes();
      CHECK_STATUS(LGV_OK, lgv_layer_norm_backward(&args));
      const Reference r = groups.reference();
      groups.compare("layer's dst", dst, r.dst, r.dst_size);
      groups.compare("layer's dgamma", dgamma, r.dgamma, r.dgamma_size);
      groups.compare("layer's dbeta", dbeta, r.dbeta, r.dbeta_size);
    }
  }
}

}  // namespace
