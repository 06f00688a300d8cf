#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>

#include "check.h"

using namespace test;

namespace {

struct Post {
  int64_t kind;
  double value = 0;
};

struct Problem {
  int64_t n, height, width, c, k, kernel;
  int64_t stride = 1;
  std::array<int64_t, 4> pad = {0, 0, 0, 0};  // top, left, bottom, right
  bool bias = true;
  std::vector<Post> post = {};
  double mean = 0.5;
};

std::string describe(const Problem& p) {
  return text("(%ld, %ld, %ld, %ld) -> %ld, kernel %ld, stride %ld, pad %ld %ld %ld %ld, %zu post", (long)p.n, (long)p.height,
              (long)p.width, (long)p.c, (long)p.k, (long)p.kernel, (long)p.stride, (long)p.pad[0], (long)p.pad[1],
              (long)p.pad[2], (long)p.pad[3], p.post.size());
}

struct Instance {
  explicit Instance(const Problem& p)
      : problem(p),
        height((p.height + p.pad[0] + p.pad[2] - p.kernel) / p.stride + 1),
        width((p.width + p.pad[1] + p.pad[3] - p.kernel) / p.stride + 1),
        src(normal(p.n * p.height * p.width * p.c, 1, p.mean)),
        weights(normal(p.k * p.c * p.kernel * p.kernel, 2, 0, 0.1)),
        bias(normal(p.k, 3)),
        operand(normal(p.n * height * width * p.k, 4)),
        dst(p.n * height * width * p.k),
        packed(lgv_int8_weights_bytes(&(weights_args = pack_sizes(p)))) {
    weights_args.src = weights;
    weights_args.dst = packed.data();
    args = sizes(p);
    for (size_t i = 0; i < p.post.size(); i++) {
      args.post[i] = p.post[i].kind;
      args.operand[i] = operand;
      args.value[i] = p.post[i].value;
    }
    args.src = src;
    args.weights = packed.data();
    args.bias = p.bias ? bias.data() : nullptr;
    args.dst = dst;
  }

  static lgv_int8_weights_args pack_sizes(const Problem& p) { return {nullptr, nullptr, p.k, p.c, p.kernel}; }

  static lgv_int8_args sizes(const Problem& p) {
    lgv_int8_args args{};
    args.n = p.n;
    args.height = p.height;
    args.width = p.width;
    args.input_channels = p.c;
    args.output_channels = p.k;
    args.kernel = p.kernel;
    args.stride = p.stride;
    args.pad_top = p.pad[0];
    args.pad_left = p.pad[1];
    args.pad_bottom = p.pad[2];
    args.pad_right = p.pad[3];
    return args;
  }

  // With scratch for the team that there is now.
  void run() {
    CHECK_STATUS(LGV_OK, lgv_int8_weights(&weights_args));
    args.scratch_bytes = lgv_int8_scratch_bytes(&args);
    const Scratch scratch(args.scratch_bytes);
    args.scratch = scratch.data();
    CHECK_STATUS(LGV_OK, lgv_int8(&args));
    args.scratch = nullptr;
  }

  double source(int64_t n, int64_t y, int64_t x, int64_t c) const {
    const bool inside = y >= 0 && y < problem.height && x >= 0 && x < problem.width;
    return inside ? (double)src[((n * problem.height + y) * problem.width + x) * problem.c + c] : 0;
  }

  // Ranges of whole samples, or of rows of a matrix: at least those of the kernel.
  double source_step(int64_t n, int64_t y, int64_t x) const {
    double low = 0, high = 0;
    for (int64_t i = 0; i < (problem.kernel == 1 ? 1 : problem.height * problem.width); i++) {
      for (int64_t c = 0; c < problem.c; c++) {
        const double v = problem.kernel == 1 ? source(n, y, x, c) : source(n, i / problem.width, i % problem.width, c);
        low = std::min(low, v);
        high = std::max(high, v);
      }
    }
    return (high - low) / 255;
  }

  double weight(int64_t k, int64_t c, int64_t y, int64_t x) const {
    return weights[((k * problem.c + c) * problem.kernel + y) * problem.kernel + x];
  }

  double finish(double y, int64_t at, double& bound) const {
    for (const Post& each : problem.post) {
      switch (each.kind) {
        case LGV_POST_ADD:
          y += (double)operand[at];
          break;
        case LGV_POST_MULTIPLY:
          y *= (double)operand[at];
          bound *= std::abs((double)operand[at]);
          break;
        case LGV_POST_SCALE:
          y *= each.value;
          bound *= std::abs(each.value);
          break;
        case LGV_POST_SWISH:
          y /= 1 + std::exp(-each.value * y);
          bound *= 1.13;  // the steepest slope is 1.0998, GELU's 1.129
          break;
        default:
          y *= 0.5 * (1 + std::erf(y * std::sqrt(0.5)));
          bound *= 1.13;
      }
    }
    return y;
  }

  void check() const {
    std::vector<double> expected((size_t)dst.count()), bound((size_t)dst.count());
    std::vector<double> weight_step((size_t)problem.k);
    const int64_t per_channel = problem.c * problem.kernel * problem.kernel;
    for (int64_t i = 0; i < problem.k * per_channel; i++) {
      double& step = weight_step[(size_t)(i / per_channel)];
      step = std::max(step, std::abs((double)weights[i]) / 127);
    }
    for (int64_t n = 0; n < problem.n; n++) {
      double step = problem.kernel == 1 ? 0 : source_step(n, 0, 0);
      for (int64_t pixel = 0; pixel < height * width; pixel++) {
        const int64_t y = pixel / width, x = pixel % width;
        if (problem.kernel == 1) {
          step = source_step(n, y, x);
        }
        for (int64_t k = 0; k < problem.k; k++) {
          double sum = problem.bias ? (double)bias[k] : 0, error = 1e-5;
          for (int64_t c = 0; c < problem.c; c++) {
            for (int64_t ky = 0; ky < problem.kernel; ky++) {
              for (int64_t kx = 0; kx < problem.kernel; kx++) {
                const double a = source(n, y * problem.stride + ky - problem.pad[0], x * problem.stride + kx - problem.pad[1], c);
                const double w = weight(k, c, ky, kx), by = weight_step[(size_t)k];
                sum += a * w;
                error += 1.001 * (std::abs(a) * by / 2 + std::abs(w) * step / 2 + by * step / 4);
              }
            }
          }
          const int64_t at = (n * height * width + pixel) * problem.k + k;
          expected[(size_t)at] = finish(sum, at, error);
          bound[(size_t)at] = error + 4 * EPSILON * std::abs(expected[(size_t)at]) + 1e-5;
        }
      }
    }
    CHECK_CLOSE(describe(problem), dst, expected, bound);
  }

  Problem problem;
  int64_t height, width;
  Floats src, weights, bias, operand, dst;
  lgv_int8_weights_args weights_args{};
  Scratch packed;
  lgv_int8_args args{};
};

TEST("int8", "a linear layer within the error of rounding") {
  for (int64_t rows : {1, 2, 11, 12, 13, 100}) {
    for (int64_t c : {1, 15, 16, 17, 320}) {
      Instance instance({1, 1, rows, c, 35, 1});
      instance.run();
      instance.check();
    }
  }
}

TEST("int8", "a convolution within the error of rounding, whatever its size, stride and padding") {
  const std::vector<Problem> problems = {
      {1, 8, 8, 32, 32, 3, 1, {1, 1, 1, 1}},  {2, 5, 13, 20, 33, 3, 1, {1, 1, 1, 1}}, {1, 1, 1, 5, 7, 3, 1, {1, 1, 1, 1}},
      {1, 9, 30, 16, 16, 3, 2, {1, 1, 1, 1}}, {1, 8, 8, 16, 64, 3, 2, {0, 0, 1, 1}},   {1, 7, 6, 4, 4, 3, 1, {2, 0, 1, 2}},
      {1, 4, 4, 3, 5, 3, 1, {0, 0, 0, 0}},    {1, 40, 40, 64, 8, 3, 1, {1, 1, 1, 1}},
  };
  for (const Problem& problem : problems) {
    Instance instance(problem);
    instance.run();
    instance.check();
  }
}

TEST("int8", "what follows a layer is done in order") {
  const std::vector<std::vector<Post>> posts = {
      {{LGV_POST_ADD}, {LGV_POST_SCALE, 0.5}},
      {{LGV_POST_GELU}, {LGV_POST_MULTIPLY}},
      {{LGV_POST_SWISH, 1}, {LGV_POST_ADD}},
      {{LGV_POST_SWISH, 1.702}},
  };
  for (const std::vector<Post>& each : posts) {
    Instance linear({1, 1, 9, 40, 20, 1, 1, {0, 0, 0, 0}, true, each});
    linear.run();
    linear.check();
    Instance convolution({1, 6, 6, 16, 20, 3, 1, {1, 1, 1, 1}, false, each});
    convolution.run();
    convolution.check();
  }
}

TEST("int8", "values that bytes hold exactly give exact results") {
  Problem problem{1, 1, 5, 16, 3, 1};
  problem.bias = false;
  Instance instance(problem);
  for (int64_t i = 0; i < instance.src.count(); i++) {
    instance.src[i] = (float)(i % 16 == 0 ? 255 : i % 16);
  }
  for (int64_t i = 0; i < instance.weights.count(); i++) {
    instance.weights[i] = (float)(i % 16 == 1 ? 127 : i % 16 - 8);
  }
  instance.run();
  for (int64_t row = 0; row < 5; row++) {
    for (int64_t k = 0; k < 3; k++) {
      double sum = 0;
      for (int64_t c = 0; c < 16; c++) {
        sum += instance.source(0, 0, row, c) * instance.weight(k, c, 0, 0);
      }
      CHECK((double)instance.dst[row * 3 + k] == sum);
    }
  }
}

TEST("int8", "the same bits whatever the number of threads and the rest of the batch") {
  for (const Problem& problem : {Problem{3, 24, 24, 48, 96, 3, 1, {1, 1, 1, 1}}, Problem{1, 1, 700, 320, 160, 1}}) {
    Instance first(problem);
    first.run();
    for_thread_counts([&](int threads) {
      Instance again(problem);
      again.run();
      if (!again.dst.same_bits(first.dst)) {
        fail(__FILE__, __LINE__, text("%s differs with %d threads", describe(problem).c_str(), threads));
      }
    });
    Problem one = problem;
    one.n = 1;
    Instance alone(one);
    memcpy(alone.src, first.src, (size_t)alone.src.count() * 4);
    alone.run();
    CHECK(memcmp(alone.dst, first.dst, (size_t)alone.dst.count() * 4) == 0);
  }
}

TEST("int8", "less scratch than for the whole team is enough") {
  Instance instance({2, 16, 16, 64, 64, 3, 1, {1, 1, 1, 1}});
  instance.run();
  const Floats expected = instance.dst;
  lgv_set_num_threads(1);
  const int64_t share = lgv_int8_scratch_bytes(&instance.args);
  lgv_set_num_threads(3);
  const Scratch scratch(share);
  instance.args.scratch = scratch.data();
  instance.args.scratch_bytes = share;
  CHECK_STATUS(LGV_OK, lgv_int8(&instance.args));
  CHECK(instance.dst.same_bits(expected));
}

TEST("int8", "zeros give the bias, and what is not finite shows") {
  Instance instance({1, 1, 3, 20, 4, 1});
  std::fill_n(instance.src.data(), 20, 0.0f);
  instance.src[20 + 7] = std::numeric_limits<float>::quiet_NaN();
  instance.src[40 + 7] = std::numeric_limits<float>::infinity();
  instance.run();
  for (int64_t k = 0; k < 4; k++) {
    CHECK(instance.dst[k] == instance.bias[k]);
    CHECK(std::isnan(instance.dst[4 + k]));
    CHECK(std::isnan(instance.dst[8 + k]));
  }
  Instance weights({1, 1, 2, 20, 4, 1});
  std::fill_n(weights.weights.data(), 20, 0.0f);
  weights.weights[20 + 3] = std::numeric_limits<float>::infinity();
  weights.run();
  CHECK(weights.dst[0] == weights.bias[0]);
  CHECK(std::isnan(weights.dst[1]));
  CHECK(std::isfinite(weights.dst[2]));
}

TEST("int8", "refuses bad arguments") {
  CHECK_STATUS(LGV_NULL_POINTER, lgv_int8(nullptr));
  CHECK_STATUS(LGV_NULL_POINTER, lgv_int8_weights(nullptr));
  const Problem good{1, 8, 8, 16, 16, 3, 1, {1, 1, 1, 1}, true, {{LGV_POST_ADD}}};
  const auto refused = [&](int32_t expected, const std::function<void(lgv_int8_args&)>& spoil) {
    Instance instance(good);
    instance.args.scratch_bytes = lgv_int8_scratch_bytes(&instance.args);
    const Scratch scratch(instance.args.scratch_bytes);
    instance.args.scratch = scratch.data();
    spoil(instance.args);
    CHECK_STATUS(expected, lgv_int8(&instance.args));
  };
  refused(LGV_OK, [](lgv_int8_args&) {});
  refused(LGV_OK, [](lgv_int8_args& a) { a.n = 0; });
  refused(LGV_NULL_POINTER, [](lgv_int8_args& a) { a.src = nullptr; });
  refused(LGV_NULL_POINTER, [](lgv_int8_args& a) { a.weights = nullptr; });
  refused(LGV_NULL_POINTER, [](lgv_int8_args& a) { a.dst = nullptr; });
  refused(LGV_NULL_POINTER, [](lgv_int8_args& a) { a.operand[0] = nullptr; });
  refused(LGV_BAD_SCRATCH, [](lgv_int8_args& a) { a.scratch = nullptr; });
  refused(LGV_BAD_SCRATCH, [](lgv_int8_args& a) { a.scratch_bytes = 64; });
  refused(LGV_BAD_SIZE, [](lgv_int8_args& a) { a.kernel = 2; });
  refused(LGV_BAD_SIZE, [](lgv_int8_args& a) { a.kernel = 1; });  // padding is for 3x3 only
  refused(LGV_BAD_SIZE, [](lgv_int8_args& a) { a.stride = 3; });
  refused(LGV_BAD_SIZE, [](lgv_int8_args& a) { a.pad_left = 3; });
  refused(LGV_BAD_SIZE, [](lgv_int8_args& a) { a.pad_top = -1; });
  refused(LGV_BAD_SIZE, [](lgv_int8_args& a) { a.n = -1; });
  refused(LGV_BAD_SIZE, [](lgv_int8_args& a) { a.height = 0; });
  refused(LGV_BAD_SIZE, [](lgv_int8_args& a) { a.height = INT64_MAX; });
  refused(LGV_BAD_SIZE, [](lgv_int8_args& a) { a.input_channels = 8192; });
  refused(LGV_BAD_SIZE, [](lgv_int8_args& a) { a.output_channels = INT64_MAX; });
  refused(LGV_BAD_VALUE, [](lgv_int8_args& a) { a.post[1] = LGV_POST_GELU + 1; });
  refused(LGV_BAD_VALUE, [](lgv_int8_args& a) { a.post[3] = -1; });
  refused(LGV_BAD_VALUE, [](lgv_int8_args& a) { a.value[0] = std::nan(""); });
  const lgv_int8_weights_args empty{nullptr, nullptr, 16, 16, 3};
  CHECK_STATUS(LGV_NULL_POINTER, lgv_int8_weights(&empty));
  const lgv_int8_weights_args large{nullptr, nullptr, INT64_MAX, 16, 3};
  CHECK_STATUS(LGV_BAD_SIZE, lgv_int8_weights(&large));
  CHECK(lgv_int8_weights_bytes(&large) == 0);
}

}  // namespace
