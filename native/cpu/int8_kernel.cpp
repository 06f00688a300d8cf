// Layers of 8-bit integers, see int8.h.
#include <string.h>

#include "byte_products.h"
#include "exponential.h"
#include "int8.h"
#include "kernels.h"
#include "parallel.h"

namespace lgv {
namespace {

// Where the taps of a kernel lie in a band, from a result's first source pixel.
struct Taps {
  int64_t count;
  int64_t offset[9];
};

// results[pixel][channel] of one panel: the sums of bytes times bytes, over all taps and source channels. Pixels are
// `pixel_stride` bytes apart.
typedef void Multiply(const uint8_t* band, int64_t pixel_stride, const Taps& taps, int64_t c, const int8_t* weights,
                      int32_t* results);

template <typename Form, int M>
void multiply_tile(const uint8_t* band, int64_t pixel_stride, const Taps& taps, int64_t c, const int8_t* weights,
                   int32_t* results) {
  constexpr int V = Form::REGISTERS == 1 ? smaller(2, INT8_PANEL / W) : 1;
  for (int64_t column = 0; column < INT8_PANEL; column += V * W) {
    vint sums[M][V] = {};
    const int8_t* w = weights + column * 4;
    for (int64_t tap = 0; tap < taps.count; tap++) {
      const uint8_t* source = band + taps.offset[tap];
      for (int64_t i = 0; i < c; i += 4) {
        typename Form::Signed panel[V];
#pragma GCC unroll 2
        for (int v = 0; v < V; v++) {
          panel[v] = Form::signed_bytes(load_lanes(w + v * W * 4));
        }
#pragma GCC unroll 16
        for (int m = 0; m < M; m++) {
          const typename Form::Unsigned x = Form::unsigned_bytes(spread_four(source + m * pixel_stride));
#pragma GCC unroll 2
          for (int v = 0; v < V; v++) {
            sums[m][v] = Form::add(sums[m][v], x, panel[v]);
          }
        }
        w += 4 * INT8_PANEL;
        source += 4;
      }
    }
#pragma GCC unroll 16
    for (int m = 0; m < M; m++) {
#pragma GCC unroll 2
      for (int v = 0; v < V; v++) {
        store_lanes(results + m * INT8_PANEL + column + v * W, sums[m][v]);
      }
    }
  }
}

// By the number of pixels.
template <typename Form>
constexpr Multiply* MULTIPLY[] = {multiply_tile<Form, 1>, multiply_tile<Form, 2>,  multiply_tile<Form, 3>,  multiply_tile<Form, 4>,
#if defined(__AVX512F__)
                                  multiply_tile<Form, 5>, multiply_tile<Form, 6>,  multiply_tile<Form, 7>,  multiply_tile<Form, 8>,
                                  multiply_tile<Form, 9>, multiply_tile<Form, 10>, multiply_tile<Form, 11>, multiply_tile<Form, 12>
#endif
};

// The bytes x / scale + zero of a range of values.
struct Quantisation {
  float scale, inverse;
  int32_t zero;
};

// Finds least and largest of values, beginning with 0, which has a byte of its own so that zeros around a picture are exact.
struct Range {
  vfloat least{}, largest{}, invalid{};

  void add(const float* values, int64_t count) {
    for (int64_t i = 0; i < count; i += W) {
      const vfloat x = i + W <= count ? load(values + i) : load_partial(values + i, count - i);
      least = x < least ? x : least;
      largest = x > largest ? x : largest;
      invalid += x * 0.0f;
    }
  }

  Quantisation quantisation() const {
    float low = 0, high = 0, not_finite = 0;
    for (int64_t i = 0; i < W; i++) {
      low = least[i] < low ? least[i] : low;
      high = largest[i] > high ? largest[i] : high;
      not_finite += invalid[i];
    }
    const float scale = (high - low) / 255;
    const float inverse = scale > 0 && not_finite == 0 && scale - scale == 0 ? 1 / scale : 0;
    return {scale + not_finite, inverse, (int32_t)(-low * (inverse > 0 ? inverse : 0) + 0.5f)};
  }
};

void quantise(const float* values, int64_t count, const Quantisation& q, uint8_t* bytes) {
  const float offset = (float)q.zero + 0.5f;
  for (int64_t i = 0; i < count; i += W) {
    const vfloat x = i + W <= count ? load(values + i) : load_partial(values + i, count - i);
    const vfloat shifted = at_most(at_least(x * q.inverse + offset, 0), 255);
    store_bytes(bytes + i, to_int(shifted));  // at the end into the filling: channels lie in whole blocks
  }
}

struct Task {
  const lgv_int8_args& args;
  const Int8Shape& shape;
  uint8_t* band;
  float* scales;    // of result pixels
  int32_t* zeros;
  int64_t n, first_row, rows;        // of results
  int64_t first_column, columns;
};

// A matrix: each row by its own range.
void quantise_rows(const Task& task) {
  const int64_t channels = task.args.input_channels;
  const float* src = task.args.src + (task.n * task.shape.width + task.first_column) * channels;
  for (int64_t i = 0; i < task.columns; i++) {
    Range range;
    range.add(src + i * channels, channels);
    const Quantisation q = range.quantisation();
    quantise(src + i * channels, channels, q, task.band + i * task.shape.pixel_bytes);
    task.scales[i] = q.scale;
    task.zeros[i] = q.zero;
  }
}

// A band of a picture, by one range.
void quantise_band(const Task& task) {
  const lgv_int8_args& args = task.args;
  const Int8Shape& shape = task.shape;
  const int64_t channels = args.input_channels;
  const int64_t top = task.first_row * shape.stride - args.pad_top;
  const int64_t bottom = top + (task.rows - 1) * shape.stride + shape.kernel;
  const float* picture = args.src + task.n * args.height * args.width * channels;
  const int64_t first = top < 0 ? 0 : top, end = smaller(bottom, args.height);
  const int64_t inside = smaller(args.width, shape.source_width - args.pad_left);  // a stride may leave a last column unread
  Range range;
  for (int64_t y = first; y < end; y++) {
    range.add(picture + y * args.width * channels, inside * channels);
  }
  const Quantisation q = range.quantisation();
  for (int64_t y = top; y < bottom; y++) {
    uint8_t* row = task.band + (y - top) * shape.source_width * shape.pixel_bytes;
    if (y < 0 || y >= args.height) {
      memset(row, q.zero, (size_t)(shape.source_width * shape.pixel_bytes));
      continue;
    }
    memset(row, q.zero, (size_t)(args.pad_left * shape.pixel_bytes));
    for (int64_t x = 0; x < inside; x++) {
      quantise(picture + (y * args.width + x) * channels, channels, q, row + (args.pad_left + x) * shape.pixel_bytes);
    }
    const int64_t written = args.pad_left + inside;
    memset(row + written * shape.pixel_bytes, q.zero, (size_t)((shape.source_width - written) * shape.pixel_bytes));
  }
  for (int64_t i = 0; i < task.rows * task.columns; i++) {
    task.scales[i] = q.scale;
    task.zeros[i] = q.zero;
  }
}

// erf by Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26.
inline vfloat error_function(vfloat x) {
  const vfloat size = x < 0.0f ? -x : x;
  const vfloat t = 1.0f / (1.0f + 0.3275911f * size);
  const vfloat p = t * (0.254829592f + t * (-0.284496736f + t * (1.421413741f + t * (-1.453152027f + t * 1.061405429f))));
  const vfloat result = 1.0f - p * exp2(size * size * -LOG2_E);
  return x < 0.0f ? -result : result;
}

// `at` is the place in dst of the first of `lanes` results.
inline vfloat finish(const lgv_int8_args& args, vfloat y, int64_t at, int64_t lanes) {
  const auto read = [&](const float* p) { return lanes == W ? load(p) : load_partial(p, lanes); };
  for (int64_t i = 0; i < LGV_MAX_POST; i++) {
    switch (args.post[i]) {
      case LGV_POST_NONE:
        break;
      case LGV_POST_ADD:
        y += read(args.operand[i] + at);
        break;
      case LGV_POST_MULTIPLY:
        y *= read(args.operand[i] + at);
        break;
      case LGV_POST_SCALE:
        y *= (float)args.value[i];
        break;
      case LGV_POST_SWISH: {
        const vfloat exponent = at_most(at_least(y * (float)(-LOG2_E * args.value[i]), -126.0f), 126.0f);
        y = y / (1.0f + exp2(exponent));
        break;
      }
      default:
        y = 0.5f * y * (1.0f + error_function(y * 0.70710678f));
    }
  }
  return y;
}

// Results of `count` pixels, the first being `pixel` of the band, and of a panel's channels.
void write(const Task& task, const int32_t* sums, int64_t pixel, int64_t count, int64_t first_k) {
  const lgv_int8_args& args = task.args;
  const Int8Weights layout(args.input_channels, args.output_channels, args.kernel);
  const char* packed = static_cast<const char*>(args.weights);
  const float* weight_scales = reinterpret_cast<const float*>(packed + layout.scales_offset());
  const int32_t* weight_sums = reinterpret_cast<const int32_t*>(packed + layout.sums_offset());
  const int64_t row = pixel / task.shape.band_width, column = pixel % task.shape.band_width;
  const int64_t first = ((task.n * task.shape.height + task.first_row + row) * task.shape.width + task.first_column + column) *
                        args.output_channels;
  for (int64_t k = first_k; k < smaller(first_k + INT8_PANEL, args.output_channels); k += W) {
    const int64_t lanes = smaller(W, args.output_channels - k);
    const vfloat scale = load(weight_scales + k);
    const vint sum = load_lanes(weight_sums + k);
    vfloat bias{};
    if (args.bias != nullptr) {
      bias = lanes == W ? load(args.bias + k) : load_partial(args.bias + k, lanes);
    }
    for (int64_t m = 0; m < count; m++) {
      const vint exact = load_lanes(sums + m * INT8_PANEL + k - first_k) - task.zeros[pixel + m] * sum;
      const vfloat y = to_float(exact) * (scale * task.scales[pixel + m]) + bias;
      const int64_t at = first + m * args.output_channels + k;
      const vfloat result = finish(args, y, at, lanes);
      if (lanes == W) {
        lgv::store(args.dst + at, result);
      } else {
        store_partial(args.dst + at, result, lanes);
      }
    }
  }
}

void multiply(const Task& task, Multiply* const* table, int64_t first_panel, int64_t last_panel) {
  const lgv_int8_args& args = task.args;
  const Int8Shape& shape = task.shape;
  Taps taps{shape.kernel * shape.kernel, {}};
  for (int64_t tap = 0; tap < taps.count; tap++) {
    taps.offset[tap] = (tap / shape.kernel * shape.source_width + tap % shape.kernel) * shape.pixel_bytes;
  }
  const Int8Weights layout(args.input_channels, args.output_channels, args.kernel);
  const int64_t tiles = divide_up(task.columns, INT8_TILE);
  int32_t sums[INT8_TILE * INT8_PANEL];
  for (int64_t panel = first_panel; panel < last_panel; panel++) {
    const int8_t* weights = static_cast<const int8_t*>(args.weights) + panel * layout.panel_bytes();
    for (int64_t row = 0; row < task.rows; row++) {
      const uint8_t* line = task.band + row * shape.stride * shape.source_width * shape.pixel_bytes;
      for (int64_t tile = 0; tile < tiles; tile++) {
        const int64_t first = tile * task.columns / tiles, count = (tile + 1) * task.columns / tiles - first;
        table[count - 1](line + first * shape.stride * shape.pixel_bytes, shape.stride * shape.pixel_bytes, taps, shape.c,
                         weights, sums);
        write(task, sums, row * shape.band_width + first, count, panel * INT8_PANEL);
      }
    }
  }
}

}  // namespace

namespace LGV_ISA {

void int8(const lgv_int8_args& args) {
  const Int8Shape shape(args);
  const double work = (double)(args.n * shape.height * shape.width) * (double)(shape.kernel * shape.kernel) * (double)shape.c *
                      (double)args.output_channels;
  const int useful = threads_for(work, 128 * ELEMENTS_PER_THREAD);
  const int64_t threads = smaller(useful, args.scratch_bytes / shape.share_bytes());
  // Several tasks a thread, so that none waits long at the end; each part of a band's channels reads its source again.
  const int64_t bands = args.n * shape.bands;
  int64_t parts = 1;
  while (threads > 1 && bands * parts < 4 * threads && shape.panels >= 4 * parts) {
    parts *= 2;
  }
  Multiply* const* table = has_byte_products() ? MULTIPLY<ByteProducts> : MULTIPLY<WordProducts>;
#pragma omp parallel for num_threads((int)threads) if (threads > 1) schedule(dynamic)
  for (int64_t index = 0; index < bands * parts; index++) {
    const int64_t band = index / parts % shape.bands, part = index % parts;
    uint8_t* share = (uint8_t*)args.scratch + omp_get_thread_num() * shape.share_bytes();
    Task task = {args,
                 shape,
                 share,
                 (float*)(share + shape.source_bytes()),
                 (int32_t*)(share + shape.source_bytes() + shape.scales_bytes()),
                 index / parts / shape.bands,
                 0,
                 1,
                 0,
                 shape.width};
    if (shape.kernel == 1) {
      task.first_column = band * shape.band_width;
      task.columns = smaller(shape.band_width, shape.width - task.first_column);
      quantise_rows(task);
    } else {
      task.first_row = band * shape.band_height;
      task.rows = smaller(shape.band_height, shape.height - task.first_row);
      quantise_band(task);
    }
    multiply(task, table, part * shape.panels / parts, (part + 1) * shape.panels / parts);
  }
}

}  // namespace LGV_ISA
}  // namespace lgv
