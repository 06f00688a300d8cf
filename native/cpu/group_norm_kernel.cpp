#include "exponential.h"
#include "group_norm.h"
#include "kernels.h"
#include "parallel.h"

namespace lgv {
namespace {

// Adds sum and sum of squares of channels [c, c + VECTORS*W/2) over some pixels to those of their groups. Double sums take
// squares of f32 without loss, so that nothing has to be known of the mean beforehand. The sums stay in registers over
// all pixels.
template <int VECTORS>
void add_sums(const float* src, int64_t stride, int64_t pixels, const float* add, int64_t first_channel,
              int64_t group_size, double* sums) {
  vdouble total[VECTORS] = {};
  vdouble squares[VECTORS] = {};
  vfloat_half offset[VECTORS] = {};
  if (add != nullptr) {
    for (int v = 0; v < VECTORS; v++) {
      offset[v] = load_half(add + v * W / 2);
    }
  }
  for (int64_t p = 0; p < pixels; p++) {
    for (int v = 0; v < VECTORS; v++) {
      vdouble x = widen(load_half(src + p * stride + v * W / 2) + offset[v]);
      total[v] += x;
      squares[v] += x * x;
    }
  }
  for (int v = 0; v < VECTORS; v++) {
    for (int64_t lane = 0; lane < W / 2; lane++) {
      double* group = sums + (first_channel + v * W / 2 + lane) / group_size * 2;
      group[0] += total[v][lane];
      group[1] += squares[v][lane];
    }
  }
}

void add_sums_of_channel(const float* src, int64_t stride, int64_t pixels, float add, double* group) {
  double total = 0;
  double squares = 0;
  for (int64_t p = 0; p < pixels; p++) {
    double x = src[p * stride] + add;
    total += x;
    squares += x * x;
  }
  group[0] += total;
  group[1] += squares;
}

void add_part_sums(const float* src, int64_t channels, int64_t pixels, const float* add, int64_t group_size,
                   double* sums) {
  constexpr int BLOCK = 4;  // eight sums in registers, which leaves eight of the baseline's sixteen
  int64_t c = 0;
  for (; c + BLOCK * W / 2 <= channels; c += BLOCK * W / 2) {
    add_sums<BLOCK>(src + c, channels, pixels, add ? add + c : nullptr, c, group_size, sums);
  }
  for (; c + W / 2 <= channels; c += W / 2) {
    add_sums<1>(src + c, channels, pixels, add ? add + c : nullptr, c, group_size, sums);
  }
  for (; c < channels; c++) {
    add_sums_of_channel(src + c, channels, pixels, add ? add[c] : 0, sums + c / group_size * 2);
  }
}

// The three rows of `affine` from the sums of all parts. The mean is subtracted as an f32 before the multiplication, and what
// that f32 lacks of it goes into the third row: x - mean then loses nothing where the mean is large against the deviation.
void find_affine(const lgv_group_norm_args& args, const GroupNormParts& parts, int64_t n, const double* sums,
                 float* affine) {
  int64_t group_size = args.channels / args.groups;
  double count = (double)group_size * (double)args.spatial;
  for (int64_t g = 0; g < args.groups; g++) {
    double total = 0;
    double squares = 0;
    for (int64_t part = 0; part < parts.count; part++) {
      total += sums[(part * args.groups + g) * 2];
      squares += sums[(part * args.groups + g) * 2 + 1];
    }
    double mean = total / count;
    double variance = squares / count - mean * mean;
    double inverse = 1 / __builtin_sqrt((variance < 0 ? 0 : variance) + args.eps);
    for (int64_t c = g * group_size; c < (g + 1) * group_size; c++) {
      double factor = args.gamma == nullptr ? inverse : inverse * args.gamma[c];
      double offset = args.beta == nullptr ? 0 : args.beta[c];
      if (args.scale != nullptr) {
        double scale = 1 + (double)args.scale[n * args.scale_stride + c];
        factor *= scale;
        offset *= scale;
      }
      if (args.shift != nullptr) {
        offset += args.shift[n * args.shift_stride + c];
      }
      float rounded_mean = (float)mean;
      affine[c] = rounded_mean;
      affine[args.channels + c] = (float)factor;
      affine[2 * args.channels + c] = (float)(offset - (mean - rounded_mean) * factor);
    }
  }
}

template <bool ADD, bool SILU>
inline vfloat apply(vfloat x, vfloat add, vfloat mean, vfloat factor, vfloat offset) {
  vfloat y = ((ADD ? x + add : x) - mean) * factor + offset;
  return SILU ? silu(y) : y;
}

template <bool ADD, bool SILU>
void normalise(const float* src, int64_t channels, int64_t pixels, const float* add, const float* affine, float* dst) {
  const float* offset = ADD ? add : affine;  // not used without ADD, and safe to read
  const float* factor = affine + channels;
  const float* shift = factor + channels;
  int64_t whole = channels / W * W;
  int64_t rest = channels - whole;
  for (int64_t p = 0; p < pixels; p++, src += channels, dst += channels) {
    for (int64_t c = 0; c < whole; c += W) {
      store(dst + c, apply<ADD, SILU>(load(src + c), load(offset + c), load(affine + c), load(factor + c),
                                      load(shift + c)));
    }
    if (rest > 0) {
      const int64_t c = whole;
      vfloat y = apply<ADD, SILU>(load_partial(src + c, rest), load_partial(offset + c, rest),
                                  load_partial(affine + c, rest), load_partial(factor + c, rest),
                                  load_partial(shift + c, rest));
      store_partial(dst + c, y, rest);
    }
  }
}

void normalise(const float* src, int64_t channels, int64_t pixels, const float* add, const float* affine, bool silu,
               float* dst) {
  auto* kernel = add != nullptr ? (silu ? normalise<true, true> : normalise<true, false>)
                                : (silu ? normalise<false, true> : normalise<false, false>);
  kernel(src, channels, pixels, add, affine, dst);
}

}  // namespace

namespace LGV_ISA {

void group_norm(const lgv_group_norm_args& args) {
  const GroupNormParts parts(args);
  const int64_t group_size = args.channels / args.groups;
  double* sums = (double*)args.scratch;
  float* affine = (float*)((char*)args.scratch + parts.sums_bytes(args));
  const int64_t tasks = args.n * parts.count;
  const int threads = threads_for(args.n * args.spatial * args.channels, ELEMENTS_PER_THREAD);

#pragma omp parallel num_threads(threads) if (threads > 1)
  {
#pragma omp for schedule(static)
    for (int64_t task = 0; task < tasks; task++) {
      int64_t n = task / parts.count;
      int64_t first = task % parts.count * parts.pixels;
      int64_t pixels = smaller(parts.pixels, args.spatial - first);
      double* task_sums = sums + task * args.groups * 2;
      for (int64_t i = 0; i < args.groups * 2; i++) {
        task_sums[i] = 0;
      }
      const float* add = args.add == nullptr ? nullptr : args.add + n * args.add_stride;
      int64_t pixel = n * args.spatial + first;
      add_part_sums(args.src + pixel * args.channels, args.channels, pixels, add, group_size, task_sums);
    }
#pragma omp for schedule(static)
    for (int64_t n = 0; n < args.n; n++) {
      find_affine(args, parts, n, sums + n * parts.count * args.groups * 2, affine + n * 3 * args.channels);
    }
#pragma omp for schedule(static)
    for (int64_t task = 0; task < tasks; task++) {
      int64_t n = task / parts.count;
      int64_t first = task % parts.count * parts.pixels;
      int64_t pixels = smaller(parts.pixels, args.spatial - first);
      const float* add = args.add == nullptr ? nullptr : args.add + n * args.add_stride;
      const int64_t at = (n * args.spatial + first) * args.channels;
      normalise(args.src + at, args.channels, pixels, add, affine + n * 3 * args.channels, args.silu, args.dst + at);
    }
  }
}

}  // namespace LGV_ISA
}  // namespace lgv
