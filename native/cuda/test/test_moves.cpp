#include <algorithm>

#include "device_check.h"

using namespace test;

namespace {

constexpr int D = LGC_MAX_DIMS;

// A copy between dense arrays of these extents, shifted, the dimensions of src permuted.
lgc_copy_args dense(const std::vector<int64_t>& dst, const std::vector<int64_t>& src, const std::vector<int64_t>& offset) {
  lgc_copy_args args = {};
  int64_t to = 1, from = 1;
  for (int d = D - 1; d >= 0; d--) {
    const int k = d - (D - (int)dst.size());
    args.extent[d] = k < 0 ? 1 : dst[(size_t)k];
    args.src_extent[d] = k < 0 ? 1 : src[(size_t)k];
    args.offset[d] = k < 0 ? 0 : offset[(size_t)k];
    args.dst_stride[d] = to;
    args.src_stride[d] = from;
    to *= args.extent[d];
    from *= args.src_extent[d];
  }
  return args;
}

void copy(lgc_copy_args args, const Numbers& src, Numbers& dst) {
  int64_t elements = 1;
  for (const int64_t extent : args.extent) {
    elements *= extent;
  }
  args.src = args.src == nullptr ? src.data() : args.src;
  args.dst = args.dst == nullptr ? dst.data() : args.dst;
  args.src_type = src.type();
  args.dst_type = dst.type();
  run("lgc_copy", LGC_POINTWISE_THREADS, pieces(elements, LGC_POINTWISE_ELEMENTS), args, {&dst});
}

TEST("moves", "pad with zeros and cut, at every edge") {
  for (const int64_t type : TYPES) {
    for (const int64_t c : {3, 8, 16}) {
      const Numbers src = normal_numbers(2 * 5 * 7 * c, type, 1);
      Numbers padded(2 * 9 * 10 * c, type), cut(2 * 3 * 4 * c, LGC_F32);
      copy(dense({2, 9, 10, c}, {2, 5, 7, c}, {0, 3, 1, 0}), src, padded);
      copy(dense({2, 3, 4, c}, {2, 5, 7, c}, {0, -2, -1, 0}), src, cut);
      for (int64_t i = 0; i < padded.count(); i++) {
        const int64_t h = i / c / 10 % 9 - 3, w = i / c % 10 - 1, n = i / c / 90;
        const bool inside = h >= 0 && h < 5 && w >= 0 && w < 7;
        CHECK(padded[i] == (inside ? src[((n * 5 + h) * 7 + w) * c + i % c] : 0));
      }
      for (int64_t i = 0; i < cut.count(); i++) {
        CHECK(cut[i] == src[((i / c / 12 * 5 + i / c / 4 % 3 + 2) * 7 + i / c % 4 + 1) * c + i % c]);
      }
    }
  }
}

TEST("moves", "concatenate along the channels") {
  for (const int64_t b : {5, 8}) {
    const int64_t a = 16, rows = 33;
    const Numbers left = normal_numbers(rows * a, LGC_F16, 1), right = normal_numbers(rows * b, LGC_F16, 2);
    Numbers dst(rows * (a + b), LGC_F16);
    lgc_copy_args args = dense({rows, a}, {rows, a}, {0, 0});
    args.dst_stride[D - 2] = a + b;
    copy(args, left, dst);
    args = dense({rows, b}, {rows, b}, {0, 0});
    args.dst_stride[D - 2] = a + b;
    args.dst = static_cast<char*>(dst.data()) + 2 * a;
    copy(args, right, dst);
    for (int64_t i = 0; i < dst.count(); i++) {
      const int64_t row = i / (a + b), c = i % (a + b);
      CHECK(dst[i] == (c < a ? left[row * a + c] : right[row * b + c - a]));
    }
  }
}

TEST("moves", "fold squares of pixels into channels and back") {
  const int64_t n = 2, h = 3, w = 5, c = 3, f = 2;
  const Numbers src = normal_numbers(n * h * f * w * f * c, LGC_F32, 4);  // (N, H f, W f, C)
  Numbers folded(src.count(), LGC_BF16), back(src.count(), LGC_BF16);
  // (n, h, w, c, i, j) of (N, H, W, C f f)
  lgc_copy_args args = dense({n, h, w, c, f, f}, {n, h, w, c, f, f}, {0, 0, 0, 0, 0, 0});
  const int64_t strides[] = {h * f * w * f * c, f * w * f * c, f * c, 1, w * f * c, c};
  std::copy(strides, strides + D, args.src_stride);
  copy(args, src, folded);
  for (int64_t i = 0; i < src.count(); i++) {
    const int64_t x = i / c % (w * f), y = i / c / (w * f);  // y over all samples
    const int64_t to = ((y / f * w + x / f) * c + i % c) * f * f + y % f * f + x % f;
    CHECK(std::fabs(folded[to] - src[i]) <= rounding(LGC_BF16, src[i]));
  }
  std::swap(args.src_stride, args.dst_stride);
  copy(args, folded, back);
  for (int64_t i = 0; i < src.count(); i++) {
    CHECK(std::fabs(back[i] - src[i]) <= rounding(LGC_BF16, src[i]));
  }
}

TEST("moves", "repeat by a stride of zero, and change types") {
  const Numbers src = normal_numbers(7, LGC_F32, 4, 0, 30);
  for (const int64_t type : {LGC_F16, LGC_BF16, LGC_S8, LGC_E4M3}) {
    Numbers dst(3 * 7, type);
    lgc_copy_args args = dense({3, 7}, {3, 7}, {0, 0});
    args.src_stride[D - 2] = 0;
    copy(args, src, dst);
    for (int64_t i = 0; i < dst.count(); i++) {
      CHECK(std::fabs(dst[i] - src[i % 7]) <= rounding(type, src[i % 7]));
    }
  }
}

TEST("moves", "transpose, of any size") {
  const struct {
    int64_t batch, rows, columns;
  } shapes[] = {{1, 1, 1}, {2, 3, 70}, {1, 32, 32}, {3, 33, 31}, {2, 4, 100}};
  for (const auto& s : shapes) {
    for (const int64_t type : TYPES) {
      const Numbers src = normal_numbers(s.batch * s.rows * s.columns, type, 9);
      Numbers dst(src.count(), LGC_F32);
      const lgc_transpose_args args = {src, dst, s.batch, s.rows, s.columns, type, LGC_F32};
      run("lgc_transpose", LGC_TRANSPOSE_THREADS, s.batch * pieces(s.rows, 32) * pieces(s.columns, 32), args, {&dst});
      for (int64_t i = 0; i < dst.count(); i++) {
        const int64_t r = i % s.rows, c = i / s.rows % s.columns, n = i / s.rows / s.columns;
        CHECK(dst[i] == src[(n * s.rows + r) * s.columns + c]);
      }
    }
  }
}

lgc_resample_args picture(const Numbers& src, const Numbers& dst, int64_t n, int64_t h, int64_t w, int64_t c, int64_t oh,
                          int64_t ow) {
  lgc_resample_args args = {};
  args.src = src;
  args.dst = dst;
  args.n = n;
  args.height = h;
  args.width = w;
  args.channels = c;
  args.dst_height = oh;
  args.dst_width = ow;
  args.src_type = src.type();
  args.dst_type = dst.type();
  return args;
}

// torch.nn.functional.interpolate in double.
double interpolated(const Numbers& src, const lgc_resample_args& a, int64_t i) {
  const int64_t c = i % a.channels, x = i / a.channels % a.dst_width, y = i / a.channels / a.dst_width % a.dst_height;
  const int64_t n = i / a.channels / a.dst_width / a.dst_height;
  auto at = [&](int64_t h, int64_t w) { return src[((n * a.height + h) * a.width + w) * a.channels + c]; };
  if (a.bilinear == 0) {
    return at((int64_t)std::floor((double)y * (double)a.height / (double)a.dst_height),
              (int64_t)std::floor((double)x * (double)a.width / (double)a.dst_width));
  }
  auto place = [&](int64_t k, int64_t size, int64_t dst) {
    if (a.align_corners != 0) {
      return dst > 1 ? (double)k * (double)(size - 1) / (double)(dst - 1) : 0.0;
    }
    return std::fmax(0, ((double)k + 0.5) * (double)size / (double)dst - 0.5);
  };
  const double h = place(y, a.height, a.dst_height), w = place(x, a.width, a.dst_width);
  const int64_t h0 = (int64_t)h, w0 = (int64_t)w, h1 = std::min(h0 + 1, a.height - 1), w1 = std::min(w0 + 1, a.width - 1);
  const double u = h - (double)h0, v = w - (double)w0;
  return (1 - u) * ((1 - v) * at(h0, w0) + v * at(h0, w1)) + u * ((1 - v) * at(h1, w0) + v * at(h1, w1));
}

TEST("moves", "resample by the nearest pixel and bilinearly") {
  const struct {
    int64_t n, h, w, c, oh, ow;
  } shapes[] = {{1, 1, 1, 1, 1, 1}, {2, 3, 4, 5, 6, 8}, {1, 5, 7, 8, 10, 21}, {1, 8, 6, 16, 3, 5}, {1, 1, 9, 3, 4, 1}};
  for (const auto& s : shapes) {
    for (const int64_t type : TYPES) {
      for (int mode = 0; mode < 3; mode++) {
        const Numbers src = normal_numbers(s.n * s.h * s.w * s.c, type, 3);
        Numbers dst(s.n * s.oh * s.ow * s.c, type);
        lgc_resample_args args = picture(src, dst, s.n, s.h, s.w, s.c, s.oh, s.ow);
        args.bilinear = mode > 0;
        args.align_corners = mode > 1;
        run("lgc_resample", LGC_POINTWISE_THREADS, pieces(dst.count(), LGC_POINTWISE_ELEMENTS), args, {&dst});
        // The place is rounded to f32, beside numbers of up to 4.
        CHECK_NUMBERS(text("resample mode %d", mode), dst, [&](int64_t i) { return interpolated(src, args, i); },
                      [&](int64_t) { return mode == 0 ? 0 : 8.0 * EPSILON * 4 * (double)std::max(s.h, s.w); });
      }
    }
  }
}

TEST("moves", "pool to means, and drop what is left at the border") {
  for (const int64_t type : TYPES) {
    const Numbers src = normal_numbers(2 * 7 * 9 * 3, type, 3);
    Numbers dst(2 * 3 * 4 * 3, type);
    lgc_resample_args args = picture(src, dst, 2, 7, 9, 3, 3, 4);
    args.window = 2;
    run("lgc_average_pool", LGC_POINTWISE_THREADS, 1, args, {&dst});
    CHECK_NUMBERS("pool", dst, [&](int64_t i) {
      double sum = 0;
      for (int64_t k = 0; k < 4; k++) {
        sum += src[((i / 36 * 7 + i / 12 % 3 * 2 + k / 2) * 9 + i / 3 % 4 * 2 + k % 2) * 3 + i % 3] / 4;
      }
      return sum;
    }, [](int64_t) { return 4 * EPSILON * 4; });
  }
}

}  // namespace
