#include "device_check.h"

using namespace test;

namespace {

TEST("tables", "embeddings pick rows, add positions and report an index outside") {
  const int64_t entries = 50, length = 7, count = 3 * length;
  for (const int64_t c : {1, 5, 320}) {
    for (const int64_t type : TYPES) {
      const Numbers table = normal_numbers(entries * c, type, 1), positions = normal_numbers(length * c, type, 2);
      GuardedBytes memory(count * 8);
      int64_t* indices = static_cast<int64_t*>(memory.data());
      for (int64_t i = 0; i < count; i++) {
        indices[i] = i * 17 % entries;
      }
      Numbers dst(count * c, type), bad(1, LGC_F32);
      bad.set(0, 0);
      lgc_embedding_args args = {indices, table, positions, dst, reinterpret_cast<int32_t*>(bad.floats()), count, length,
                                 entries, c, type, type};
      const int64_t units = pieces(count * c, LGC_POINTWISE_ELEMENTS);
      run("lgc_embedding", LGC_POINTWISE_THREADS, units, args, {&dst, &bad});
      auto expected = [&](int64_t i) {
        return table[i / c * 17 % entries * c + i % c] + positions[i / c % length * c + i % c];
      };
      CHECK_NUMBERS("embedding", dst, expected, [&](int64_t i) { return EPSILON * std::fabs(expected(i)); });
      CHECK(bad[0] == 0);
      args.positions = nullptr;
      for (const int64_t outside : {(int64_t)-1, entries, INT64_MAX, INT64_MIN}) {
        indices[4] = outside;
        Numbers flag(1, LGC_F32);
        flag.set(0, 0);
        args.bad = reinterpret_cast<int32_t*>(flag.floats());
        run("lgc_embedding", LGC_POINTWISE_THREADS, units, args, {&dst, &flag});
        CHECK(*args.bad == 1);
        for (int64_t i = 0; i < dst.count(); i++) {
          CHECK(dst[i] == (i / c == 4 ? 0 : table[i / c * 17 % entries * c + i % c]));
        }
      }
    }
  }
}

TEST("tables", "time embeddings are sines and cosines of angles rounded to f32") {
  for (const int64_t dim : {1, 2, 7, 320}) {
    for (const int64_t flip : {0, 1}) {
      for (const int64_t type : TYPES) {
        Numbers times(5, LGC_F32), frequencies(dim / 2, LGC_F32), dst(5 * dim, type);
        for (int64_t i = 0; i < 5; i++) {
          times.set(i, (double)i * 249.75);
        }
        for (int64_t i = 0; i < dim / 2; i++) {
          frequencies.set(i, std::exp(-9.21 * (double)i / (double)(dim / 2)));
        }
        const lgc_time_embedding_args args = {times.floats(), frequencies.floats(), dst, 5, dim, flip, type};
        run("lgc_time_embedding", LGC_POINTWISE_THREADS, pieces(5 * dim, LGC_POINTWISE_THREADS), args, {&dst});
        CHECK_NUMBERS(text("width %ld", (long)dim), dst, [&](int64_t i) {
          const int64_t c = i % dim, half = dim / 2;
          if (c >= 2 * half) {
            return 0.0;
          }
          const double angle = (float)times[i / dim] * (float)frequencies[c % half];
          return (c < half) == (flip != 0) ? std::cos(angle) : std::sin(angle);
        }, [](int64_t) { return 1e-12; });
      }
    }
  }
}

TEST("tables", "rotary positions turn pairs, halves apart or neighbours") {
  const struct {
    int64_t n, length, heads, d, rotated;
  } shapes[] = {{1, 1, 1, 2, 2}, {2, 5, 3, 8, 8}, {1, 7, 2, 9, 6}, {1, 3, 1, 64, 0}, {2, 2, 5, 40, 20}};
  for (const auto& s : shapes) {
    for (const int64_t interleaved : {0, 1}) {
      for (const int64_t type : TYPES) {
        const int64_t c = s.heads * s.d, half = s.rotated / 2;
        Numbers x = normal_numbers(s.n * s.length * c, type, 1), dst(x.count(), type);
        Numbers cosines(s.length * half, LGC_F32), sines(s.length * half, LGC_F32);
        for (int64_t i = 0; i < cosines.count(); i++) {
          cosines.set(i, std::cos((double)i * 0.7));
          sines.set(i, std::sin((double)i * 0.7));
        }
        lgc_rope_args args = {x,         dst,         cosines.floats(), sines.floats(), s.n,          s.length,
                              s.heads,   s.d,         s.rotated,        interleaved,    c,            s.length * c,
                              c,         s.length * c, type,            type};
        const int64_t units = pieces(s.n * s.length * s.heads * pieces(s.d, 2), LGC_POINTWISE_THREADS);
        run("lgc_rope", LGC_POINTWISE_THREADS, units, args, {&dst});
        CHECK_NUMBERS(text("heads of %ld, %ld turned", (long)s.d, (long)s.rotated), dst, [&](int64_t i) {
          const int64_t e = i % s.d, token = i / c % s.length;
          if (e >= s.rotated) {
            return x[i];
          }
          const int64_t pair = interleaved != 0 ? e / 2 : e % half, apart = interleaved != 0 ? 1 : half;
          const bool second = interleaved != 0 ? e % 2 == 1 : e >= half;
          const double cosine = cosines[token * half + pair], sine = sines[token * half + pair];
          return second ? x[i - apart] * sine + x[i] * cosine : x[i] * cosine - x[i + apart] * sine;
        }, [](int64_t) { return 12 * EPSILON; });
        args.dst = x;  // in place
        run("lgc_rope", LGC_POINTWISE_THREADS, units, args, {&x});
        for (int64_t i = 0; i < x.count(); i++) {
          CHECK(x[i] == dst[i]);
        }
      }
    }
  }
}

TEST("tables", "the nearest row is the first of equals") {
  const int64_t entries = 100, rows = 21;
  for (const int64_t c : {1, 3, 40}) {
    for (const int64_t type : TYPES) {
      const Numbers src = normal_numbers(rows * c, type, 1);
      Numbers table = normal_numbers(entries * c, LGC_F32, 2), dst(rows * c, type);
      for (int64_t i = 0; i < 20 * c; i++) {
        table.set((entries - 1) * c - i / c * c + i % c, table[i]);  // twins, far behind
      }
      const lgc_nearest_row_args args = {src, table.floats(), dst, rows, entries, c, type, type};
      run("lgc_nearest_row", LGC_ROW_NORM_THREADS, pieces(rows, LGC_ROW_NORM_ROWS), args, {&dst});
      std::vector<int64_t> nearest;
      for (int64_t r = 0; r < rows; r++) {
        double least = INFINITY;
        nearest.push_back(0);
        for (int64_t k = 0; k < entries; k++) {
          double distance = 0;
          for (int64_t e = 0; e < c; e++) {
            distance += std::pow(src[r * c + e] - table[k * c + e], 2);
          }
          if (distance < least) {
            least = distance;
            nearest.back() = k;
          }
        }
      }
      CHECK_NUMBERS("nearest", dst, [&](int64_t i) { return table[nearest[(size_t)(i / c)] * c + i % c]; },
                    [](int64_t) { return 0; });
    }
  }
}

TEST("tables", "quantised rows are within half a step, and their scales what they should be") {
  for (const int64_t to : {LGC_S8, LGC_E4M3}) {
    const double limit = to == LGC_S8 ? 127 : 448;
    for (const int64_t type : TYPES) {
      for (const int64_t c : {1, 7, 300}) {
        Numbers src = normal_numbers(5 * c, type, 3, 0, 7), dst(5 * c, to), scale(5, LGC_F32);
        for (int64_t i = 0; i < c; i++) {
          src.set(2 * c + i, 0);
        }
        lgc_quantize_args args = {src, dst, scale.floats(), 5, c, 1, 0, type, to};
        run("lgc_quantize", LGC_QUANTIZE_THREADS, 5, args, {&dst, &scale});
        for (int64_t row = 0; row < 5; row++) {
          double largest = 0;
          for (int64_t i = 0; i < c; i++) {
            largest = std::fmax(largest, std::fabs(src[row * c + i]));
          }
          const double expected = largest == 0 ? 1 : largest / limit;
          CHECK(std::fabs(scale[row] - expected) <= 2 * EPSILON * expected);
          for (int64_t i = row * c; i < (row + 1) * c; i++) {
            const double step = to == LGC_S8 ? 0.5 : rounding(to, src[i] / scale[row]);
            CHECK(std::fabs(dst[i] - src[i] / scale[row]) <= step * (1 + 1e-5));
          }
        }
        Numbers given(1, LGC_F32);
        given.set(0, 0.01);
        args.scale = given.floats();
        args.scale_stride = 0;
        args.given = 1;
        run("lgc_quantize", LGC_QUANTIZE_THREADS, 5, args, {&dst});
        for (int64_t i = 0; i < 5 * c; i++) {
          const double x = std::fmin(std::fmax(src[i] / 0.01, -limit), limit);
          CHECK(std::fabs(dst[i] - x) <= (to == LGC_S8 ? 0.5 : rounding(to, x)) * (1 + 1e-4));
        }
      }
    }
  }
}

TEST("tables", "a row that is not finite says so in its scale") {
  for (const double bad : {(double)NAN, (double)INFINITY}) {
    for (const int64_t place : {0, 1, 299}) {
      Numbers src = normal_numbers(600, LGC_F32, 1), dst(600, LGC_S8), scale(2, LGC_F32);
      src.set(300 + place, bad);
      const lgc_quantize_args args = {src, dst, scale.floats(), 2, 300, 1, 0, LGC_F32, LGC_S8};
      run("lgc_quantize", LGC_QUANTIZE_THREADS, 2, args, {&dst, &scale});
      CHECK(scale[0] > 0 && std::isnan(scale[1]));
    }
  }
}

}  // namespace
