// Weights are widened to floats a panel at a time, which stays in the nearest cache while all pixels of a block meet it. They
// lie by result channel, then tap, then source channel. So a result is a product of two rows, summed over lanes at the end;
// and the gradient by the source adds rows of weights, each times one element of the result's gradient.
#include "checks.h"
#include "half.h"
#include "half_convert.h"
#include "kernels.h"
#include "parallel.h"

namespace lgv {
namespace {

constexpr int64_t PRODUCTS_PER_THREAD = 1 << 18;
constexpr int64_t LANES = 4;  // result channels of a forward panel

// Register tiles: DOT_ROWS x 4 sums of vectors, or AXPY_ROWS x AXPY_VECTORS.
#if defined(__AVX512F__)
constexpr int DOT_ROWS = 6, AXPY_ROWS = 6, AXPY_VECTORS = 4;
#else
constexpr int DOT_ROWS = 3, AXPY_ROWS = 4, AXPY_VECTORS = 2;
#endif

constexpr int64_t DEPTH = 1280;          // source channels of a forward panel: 20 KB
constexpr int64_t BLOCK = 132;           // pixels that meet a panel, a multiple of both ROWS
constexpr int64_t AXPY_WIDTH = AXPY_VECTORS * W;
constexpr int64_t AXPY_DEPTH = 96;       // result channels of a backward panel: 24 KB

inline __m128 folded(vfloat v) {
#if defined(__AVX512F__)
  const __m256 half = _mm256_add_ps((__m256)_mm512_maskz_extractf32x8_ps(0xff, (__m512)v, 0),
                                    _mm512_maskz_extractf32x8_ps(0xff, (__m512)v, 1));
  return _mm_add_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1));
#elif defined(__AVX2__)
  return _mm_add_ps(_mm256_castps256_ps128((__m256)v), _mm256_extractf128_ps((__m256)v, 1));
#else
  return (__m128)v;
#endif
}

// The sums over the lanes of four vectors.
inline __m128 sums(const vfloat* v) {
  __m128 a = folded(v[0]), b = folded(v[1]), c = folded(v[2]), d = folded(v[3]);
  _MM_TRANSPOSE4_PS(a, b, c, d);
  return _mm_add_ps(_mm_add_ps(a, b), _mm_add_ps(c, d));
}

// dst[r] (4) = begin[r] + rows[r] (count) x panel (4, stride).
template <int R>
void dot_tile(const float* const* rows, const float* panel, int64_t stride, int64_t count, __m128* total) {
  vfloat sum[R][LANES] = {};
  int64_t i = 0;
  for (; i + W <= count; i += W) {
    vfloat weights[LANES];
    for (int64_t k = 0; k < LANES; k++) {
      weights[k] = load(panel + k * stride + i);
    }
    for (int r = 0; r < R; r++) {
      const vfloat x = load(rows[r] + i);
      for (int64_t k = 0; k < LANES; k++) {
        sum[r][k] += x * weights[k];
      }
    }
  }
  if (i < count) {
    for (int r = 0; r < R; r++) {
      const vfloat x = load_partial(rows[r] + i, count - i);
      for (int64_t k = 0; k < LANES; k++) {
        sum[r][k] += x * load(panel + k * stride + i);
      }
    }
  }
  for (int r = 0; r < R; r++) {
    total[r] = sums(sum[r]);
  }
}

template <int R = DOT_ROWS>
inline void dot(int64_t count_of_rows, const float* const* rows, const float* panel, int64_t stride, int64_t count,
                __m128* total) {
  if constexpr (R > 1) {
    if (count_of_rows < R) {
      dot<R - 1>(count_of_rows, rows, panel, stride, count, total);
      return;
    }
  }
  dot_tile<R>(rows, panel, stride, count, total);
}

// dst[r] (AXPY_VECTORS * W) += rows[r] (count) x panel (count, AXPY_WIDTH); `width` floats of dst are there.
template <int R>
void axpy_tile(const float* const* rows, const float* panel, int64_t count, bool first, float* dst, int64_t stride,
               int64_t width) {
  vfloat sum[R][AXPY_VECTORS] = {};
  if (!first) {
    for (int r = 0; r < R; r++) {
      for (int v = 0; v < AXPY_VECTORS; v++) {
        const int64_t there = width - v * W;
        const float* at = dst + r * stride + v * W;
        sum[r][v] = there >= W ? load(at) : there > 0 ? load_partial(at, there) : vfloat{};
      }
    }
  }
  for (int64_t i = 0; i < count; i++) {
    vfloat weights[AXPY_VECTORS];
    for (int v = 0; v < AXPY_VECTORS; v++) {
      weights[v] = load(panel + i * AXPY_WIDTH + v * W);
    }
    for (int r = 0; r < R; r++) {
      const vfloat x = splat(rows[r][i]);
      for (int v = 0; v < AXPY_VECTORS; v++) {
        sum[r][v] += x * weights[v];
      }
    }
  }
  for (int r = 0; r < R; r++) {
    for (int v = 0; v < AXPY_VECTORS; v++) {
      const int64_t there = width - v * W;
      float* at = dst + r * stride + v * W;
      if (there >= W) {
        store(at, sum[r][v]);
      } else if (there > 0) {
        store_partial(at, sum[r][v], there);
      }
    }
  }
}

template <int R = AXPY_ROWS>
inline void axpy(int64_t count_of_rows, const float* const* rows, const float* panel, int64_t count, bool first,
                 float* dst, int64_t stride, int64_t width) {
  if constexpr (R > 1) {
    if (count_of_rows < R) {
      axpy<R - 1>(count_of_rows, rows, panel, count, first, dst, stride, width);
      return;
    }
  }
  axpy_tile<R>(rows, panel, count, first, dst, stride, width);
}

// Which row of src each pixel of dst meets at each tap; the row of zeros where it meets none.
struct Places {
  const lgv_half_conv_args& args;
  const HalfShape& shape;
  const float* zeros;
  const float** rows;  // (taps, shape.rows)

  Places(const lgv_half_conv_args& a, const HalfShape& s)
      : args(a), shape(s), zeros((const float*)a.scratch), rows((const float**)((float*)a.scratch + s.zeros)) {
    for (int64_t i = 0; i < shape.zeros; i++) {
      ((float*)a.scratch)[i] = 0;
    }
    for (int64_t tap = 0; tap < shape.taps; tap++) {
      fill(tap / args.kernel_width, tap % args.kernel_width, rows + tap * shape.rows);
    }
  }

  void fill(int64_t ky, int64_t kx, const float** to) const {
    const int64_t height = args.gradient ? args.height : shape.result_height;
    const int64_t width = args.gradient ? args.width : shape.result_width;
    for (int64_t n = 0; n < args.n; n++) {
      for (int64_t y = 0; y < height; y++) {
        for (int64_t x = 0; x < width; x++) {
          *to++ = row(n, y, x, ky, kx);
        }
      }
    }
  }

  const float* row(int64_t n, int64_t y, int64_t x, int64_t ky, int64_t kx) const {
    int64_t height = args.height, width = args.width;
    if (args.gradient) {
      y = y + args.pad_top - ky;
      x = x + args.pad_left - kx;
      if (y < 0 || x < 0 || y % args.stride != 0 || x % args.stride != 0) {
        return zeros;
      }
      y /= args.stride;
      x /= args.stride;
      height = shape.result_height;
      width = shape.result_width;
    } else {
      y = y * args.stride + ky - args.pad_top;
      x = x * args.stride + kx - args.pad_left;
    }
    return y < 0 || x < 0 || y >= height || x >= width ? zeros
                                                       : args.src + ((n * height + y) * width + x) * shape.src_channels;
  }
};

inline __m128 load_lanes(const float* p, int64_t count) {
  float values[LANES] = {};
  for (int64_t i = 0; i < count; i++) {
    values[i] = p[i];
  }
  return _mm_loadu_ps(values);
}

inline void store_lanes(float* p, __m128 v, int64_t count) {
  if (count == LANES) {
    _mm_storeu_ps(p, v);
    return;
  }
  float values[LANES];
  _mm_storeu_ps(values, v);
  for (int64_t i = 0; i < count; i++) {
    p[i] = values[i];
  }
}

// The results of channels k to k + 3 of pixels `first` to `last`.
template <bool BF16>
void forward(const Places& places, int64_t k, int64_t first, int64_t last) {
  const lgv_half_conv_args& args = places.args;
  const HalfShape& shape = places.shape;
  const int64_t channels = args.input_channels, lanes = smaller(LANES, args.output_channels - k);
  alignas(64) float panel[LANES * (DEPTH + 16)];
  for (int64_t tap = 0; tap < shape.taps; tap++) {
    for (int64_t c = 0; c < channels; c += DEPTH) {
      const int64_t count = smaller(DEPTH, channels - c);
      const int64_t stride = (divide_up(count, 16) * 16) | 16;  // an odd number of lines: the rows lie in other sets
      for (int64_t lane = 0; lane < LANES; lane++) {
        const int64_t from = ((k + smaller(lane, lanes - 1)) * shape.taps + tap) * channels + c;
        widen_row<BF16>(args.weights + from, count, panel + lane * stride, stride);
      }
      const bool begin = tap == 0 && c == 0;
      for (int64_t row = first; row < last; row += DOT_ROWS) {
        const int64_t rows = smaller(DOT_ROWS, last - row);
        const float* from[DOT_ROWS];
        for (int64_t r = 0; r < rows; r++) {
          from[r] = places.rows[tap * shape.rows + row + r];
          from[r] += from[r] == places.zeros ? 0 : c;
        }
        __m128 total[DOT_ROWS];
        dot(rows, from, panel, stride, count, total);
        for (int64_t r = 0; r < rows; r++) {
          float* at = args.dst + (row + r) * args.output_channels + k;
          if (!begin) {
            total[r] = _mm_add_ps(total[r], load_lanes(at, lanes));
          } else {
            if (args.bias != nullptr) {
              total[r] = _mm_add_ps(total[r], load_lanes(args.bias + k, lanes));
            }
            if (args.residual != nullptr) {
              total[r] = _mm_add_ps(total[r], load_lanes(args.residual + (at - args.dst), lanes));
            }
          }
          store_lanes(at, total[r], lanes);
        }
      }
    }
  }
}

// A panel of the gradient: result channels k to k + count - 1 of a tap.
struct GradientPanel {
  int64_t tap, k, count;

  GradientPanel(const lgv_half_conv_args& args, int64_t index) {
    const int64_t panels = divide_up(args.output_channels, AXPY_DEPTH);
    tap = index / panels;
    k = index % panels * AXPY_DEPTH;
    count = smaller(AXPY_DEPTH, args.output_channels - k);
  }

  // The weights of its i-th channel from source channel c on.
  const uint16_t* weights(const lgv_half_conv_args& args, int64_t taps, int64_t i, int64_t c) const {
    return args.weights + ((k + i) * taps + tap) * args.input_channels + c;
  }
};

// The gradients of channels c to c + AXPY_WIDTH - 1 of pixels `first` to `last`. A panel's rows lie pages apart, where the
// processor does not foresee the next; so they are asked for while the panel before is computed with.
template <bool BF16>
void backward(const Places& places, int64_t c, int64_t first, int64_t last) {
  const lgv_half_conv_args& args = places.args;
  const HalfShape& shape = places.shape;
  const int64_t width = smaller(AXPY_WIDTH, args.input_channels - c);
  const int64_t panels = shape.taps * divide_up(args.output_channels, AXPY_DEPTH);
  alignas(64) float panel[AXPY_DEPTH * AXPY_WIDTH];
  for (int64_t index = 0; index < panels; index++) {
    const GradientPanel at(args, index), next(args, smaller(index + 1, panels - 1));
    for (int64_t i = 0; i < at.count; i++) {
      widen_row<BF16>(at.weights(args, shape.taps, i, c), width, panel + i * AXPY_WIDTH, AXPY_WIDTH);
    }
    int64_t asked = 0;
    for (int64_t row = first; row < last; row += AXPY_ROWS) {
      const int64_t rows = smaller(AXPY_ROWS, last - row);
      const float* from[AXPY_ROWS];
      for (int64_t r = 0; r < rows; r++) {
        from[r] = places.rows[at.tap * shape.rows + row + r];
        from[r] += from[r] == places.zeros ? 0 : at.k;
      }
      for (const int64_t end = next.count * (row + rows - first) / (last - first); asked < end; asked++) {
        __builtin_prefetch(next.weights(args, shape.taps, asked, c));
      }
      axpy(rows, from, panel, at.count, index == 0, args.dst + row * args.input_channels + c, args.input_channels,
           width);
    }
  }
}

template <bool BF16>
void convolve(const lgv_half_conv_args& args) {
  const HalfShape shape(args);
  const Places places(args, shape);
  const int64_t unit = args.gradient ? AXPY_WIDTH : LANES;
  const int64_t units = divide_up(shape.dst_channels, unit), blocks = divide_up(shape.rows, BLOCK);
  const int threads = threads_for((double)shape.rows * (double)(shape.taps * shape.src_channels) *
                                      (double)shape.dst_channels, PRODUCTS_PER_THREAD);
#pragma omp parallel for num_threads(threads) if (threads > 1) schedule(static)
  for (int64_t task = 0; task < blocks * units; task++) {
    const int64_t first = task / units * BLOCK, at = task % units * unit;
    if (args.gradient) {
      backward<BF16>(places, at, first, smaller(first + BLOCK, shape.rows));
    } else {
      forward<BF16>(places, at, first, smaller(first + BLOCK, shape.rows));
    }
  }
}

template <bool BF16>
void pack(const lgv_half_pack_args& args) {
  const int64_t channels = args.input_channels, taps = args.taps;
  const int threads =
      threads_for((double)args.output_channels * (double)channels * (double)taps, ELEMENTS_PER_THREAD);
#pragma omp parallel for num_threads(threads) if (threads > 1) schedule(static)
  for (int64_t k = 0; k < args.output_channels; k++) {
    const float* from = args.src + k * channels * taps;
    uint16_t* to = args.dst + k * channels * taps;
    for (int64_t t = 0; t < taps; t++) {
      for (int64_t c = 0; c < channels; c++) {
        to[t * channels + c] = halved<BF16>(from[c * taps + t]);
      }
    }
  }
}

}  // namespace

namespace LGV_ISA {

void half_pack(const lgv_half_pack_args& args) { args.bf16 ? pack<true>(args) : pack<false>(args); }

void half_conv(const lgv_half_conv_args& args) { args.bf16 ? convolve<true>(args) : convolve<false>(args); }

}  // namespace LGV_ISA
}  // namespace lgv
