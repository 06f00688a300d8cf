#include "device_check.h"

using namespace test;

namespace {

double activation(int64_t post, double value, double y) {
  switch (post) {
    case LGC_POST_SCALE: return y * value;
    case LGC_POST_OFFSET: return y + value;
    case LGC_POST_SWISH: return y / (1 + std::exp(-value * y));
    case LGC_POST_GELU: return 0.5 * y * (1 + std::erf(y / std::sqrt(2.0)));
    case LGC_POST_GELU_TANH: return 0.5 * y * (1 + std::tanh(std::sqrt(2 / M_PI) * (y + 0.044715 * y * y * y)));
    case LGC_POST_RELU: return y > 0 ? y : value * y;
    case LGC_POST_TANH: return std::tanh(y);
    default: return y;
  }
}

// Where GELU's two factors cancel, the error is one of the argument's size, not of the result's.
double error_of(double y, double result) { return 8 * EPSILON * (std::fabs(y) + std::fabs(result)); }

TEST("elementwise", "activations equal their definitions") {
  const struct {
    int64_t post;
    double value;
  } functions[] = {{LGC_POST_NONE, 0},      {LGC_POST_SCALE, -1.5},  {LGC_POST_OFFSET, 0.25},  {LGC_POST_SWISH, 1},
                   {LGC_POST_SWISH, 1.702}, {LGC_POST_GELU, 0},      {LGC_POST_GELU_TANH, 0}, {LGC_POST_RELU, 0},
                   {LGC_POST_RELU, 0.2},    {LGC_POST_TANH, 0}};
  for (const auto& function : functions) {
    for (const int64_t type : TYPES) {
      const Numbers src = normal_numbers(1000, type, 3, 0, 4);
      Numbers dst(1000, type);
      lgc_pointwise_args args = {};
      args.src = src;
      args.dst = dst;
      args.n = 1;
      args.spatial = 100;
      args.channels = 10;
      args.src_type = args.dst_type = type;
      args.post[0] = function.post;
      args.value[0] = function.value;
      run("lgc_pointwise", LGC_POINTWISE_THREADS, 1, args, {&dst});
      auto expected = [&](int64_t i) { return activation(function.post, function.value, src[i]); };
      CHECK_NUMBERS(text("post %ld", (long)function.post), dst, expected,
                    [&](int64_t i) { return error_of(src[i], expected(i)); });
    }
  }
}

TEST("elementwise", "activations pass on what is not a number and do not overflow") {
  Numbers x(4, LGC_F32), y(4, LGC_F32);
  for (int64_t post = LGC_POST_SWISH; post <= LGC_POST_TANH; post++) {
    const double values[] = {NAN, 1e30, -1e30, 0};
    for (int64_t i = 0; i < 4; i++) {
      x.set(i, values[i]);
    }
    lgc_pointwise_args args = {};
    args.src = x;
    args.dst = y;
    args.n = args.spatial = 1;
    args.channels = 4;
    args.post[0] = post;
    args.value[0] = 1;
    run("lgc_pointwise", LGC_POINTWISE_THREADS, 1, args, {&y});
    CHECK(std::isnan(y[0]) && y[1] == (post == LGC_POST_TANH ? 1 : (double)1e30f) && !std::isnan(y[2]) && y[3] == 0);
  }
}

struct Shape {
  int64_t n, spatial, channels;
};

TEST("elementwise", "four posts in turn, with operands of every shape") {
  for (const Shape s : {Shape{1, 1, 1}, Shape{2, 5, 7}, Shape{3, 37, 16}, Shape{2, 300, 24}, Shape{1, 1, 2049}}) {
    for (const int64_t type : TYPES) {
      const int64_t count = s.n * s.spatial * s.channels;
      const Numbers src = normal_numbers(count, LGC_F32, 1), full = normal_numbers(count, type, 2);
      const Numbers row = normal_numbers(s.n * s.channels, LGC_F32, 3), sample = normal_numbers(s.spatial * s.channels, type, 4);
      const Numbers slopes = normal_numbers(s.channels, LGC_F32, 5);
      Numbers dst(count, type);
      lgc_pointwise_args args = {};
      args.src = src;
      args.dst = dst;
      args.n = s.n;
      args.spatial = s.spatial;
      args.channels = s.channels;
      args.src_type = LGC_F32;
      args.dst_type = type;
      const Numbers* operands[] = {&full, &row, &sample, &slopes};
      const int64_t posts[] = {LGC_POST_ADD, LGC_POST_MULTIPLY, LGC_POST_ADD, LGC_POST_PRELU};
      const int64_t samples[] = {s.spatial * s.channels, s.channels, 0, 0}, pixels[] = {s.channels, 0, s.channels, 0};
      for (int i = 0; i < 4; i++) {
        args.operand[i] = *operands[i];
        args.operand_type[i] = operands[i]->type();
        args.post[i] = posts[i];
        args.sample_stride[i] = samples[i];
        args.pixel_stride[i] = pixels[i];
      }
      run("lgc_pointwise", LGC_POINTWISE_THREADS, pieces(count, LGC_POINTWISE_ELEMENTS), args, {&dst});
      double size = 0;
      auto expected = [&](int64_t i) {
        const int64_t n = i / s.channels / s.spatial, c = i % s.channels;
        const double product = (src[i] + full[i]) * row[n * s.channels + c];
        const double y = product + sample[i % (s.spatial * s.channels)];
        size = std::fabs(product) + std::fabs(y) + (std::fabs(src[i]) + std::fabs(full[i])) * std::fabs(row[n * s.channels + c]);
        size *= 1 + std::fabs(slopes[c]);
        return y > 0 ? y : slopes[c] * y;
      };
      CHECK_NUMBERS(text("(%ld, %ld, %ld)", (long)s.n, (long)s.spatial, (long)s.channels), dst, expected,
                    [&](int64_t i) { return expected(i) != expected(i) ? 0 : 2 * EPSILON * size; });
    }
  }
}

TEST("elementwise", "a sum may be written over either term") {
  Numbers a = normal_numbers(600, LGC_F16, 1), b = normal_numbers(600, LGC_F16, 2), apart(600, LGC_F16);
  lgc_pointwise_args args = {};
  args.src = a;
  args.operand[0] = b;
  args.dst = apart;
  args.n = 2;
  args.spatial = 30;
  args.channels = 10;
  args.src_type = args.dst_type = args.operand_type[0] = LGC_F16;
  args.post[0] = LGC_POST_ADD;
  args.sample_stride[0] = 300;
  args.pixel_stride[0] = 10;
  run("lgc_pointwise", LGC_POINTWISE_THREADS, 1, args, {&apart});
  Numbers first = a;
  args.src = first;
  args.dst = first;
  run("lgc_pointwise", LGC_POINTWISE_THREADS, 1, args, {&first});
  args.src = a;
  args.dst = b;
  run("lgc_pointwise", LGC_POINTWISE_THREADS, 1, args, {&b});
  for (int64_t i = 0; i < 600; i++) {
    CHECK(first[i] == apart[i] && b[i] == apart[i]);
  }
}

TEST("elementwise", "gates multiply one half by a function of the other") {
  for (const Shape s : {Shape{1, 1, 1}, Shape{1, 3, 5}, Shape{1, 40, 64}, Shape{1, 7, 1000}}) {
    for (const int64_t type : TYPES) {
      for (const int64_t gate_first : {0, 1}) {
        const int64_t c = s.channels, count = s.spatial * c;
        const Numbers src = normal_numbers(2 * count, type, 8, 0, 2);
        Numbers dst(count, type);
        const int64_t post = gate_first != 0 ? LGC_POST_SWISH : LGC_POST_GELU;
        const lgc_gate_args args = {src, dst, s.spatial, c, gate_first, post, type, type, 1};
        run("lgc_gate", LGC_POINTWISE_THREADS, pieces(count, LGC_POINTWISE_ELEMENTS), args, {&dst});
        auto factor = [&](int64_t i) { return src[i / c * 2 * c + gate_first * c + i % c]; };
        auto gate = [&](int64_t i) { return src[i / c * 2 * c + (1 - gate_first) * c + i % c]; };
        CHECK_NUMBERS(text("gate of %ld", (long)c), dst,
                      [&](int64_t i) { return factor(i) * activation(post, 1, gate(i)); },
                      [&](int64_t i) { return 10 * EPSILON * std::fabs(factor(i) * gate(i)); });
      }
    }
  }
}

}  // namespace
