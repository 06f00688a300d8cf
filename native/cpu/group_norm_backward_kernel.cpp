#include "exponential.h"
#include "kernels.h"
#include "norm_gradient.h"
#include "parallel.h"

namespace lgv {
namespace {

// With normalised x = (x - mean) * inverse, u = normalised * gamma + beta, z = u * (1 + scale) + shift and y = f(z):
//
//   dshift = sum dz              dbeta  = sum over samples of (1 + scale) * sum dz
//   dscale = sum dz * u          dgamma = sum over samples of (1 + scale) * sum dz * normalised
//   dx     = inverse * (e - mean(e) - normalised * mean(e * normalised)),  e = dz * (1 + scale) * gamma
//
// so that two sums a channel, of dz and of dz * normalised x, tell everything but dx itself.


// Sums of x + add and of its square over some pixels, in double as the forward kernel takes them.
void add_moments(const float* src, const float* add, int64_t pixels, int64_t channels, double* sums) {
  for (int64_t i = 0; i < 2 * channels; i++) {
    sums[i] = 0;
  }
  int64_t c = 0;
  for (; c + W / 2 <= channels; c += W / 2) {
    vdouble total{};
    vdouble squares{};
    const vfloat_half offset = add == nullptr ? vfloat_half{} : load_half(add + c);
    for (int64_t p = 0; p < pixels; p++) {
      vdouble x = widen(load_half(src + p * channels + c) + offset);
      total += x;
      squares += x * x;
    }
    for (int64_t lane = 0; lane < W / 2; lane++) {
      sums[2 * (c + lane)] = total[lane];
      sums[2 * (c + lane) + 1] = squares[lane];
    }
  }
  for (; c < channels; c++) {
    for (int64_t p = 0; p < pixels; p++) {
      double x = src[p * channels + c] + (add == nullptr ? 0 : add[c]);
      sums[2 * c] += x;
      sums[2 * c + 1] += x * x;
    }
  }
}

inline vfloat sigmoid(vfloat x) {
  vfloat exponent = at_most(at_least(x * -LOG2_E, -126.0f), 126.0f);
  return 1.0f / (1.0f + exp2(exponent));
}

// dy * f'(z).
template <bool SILU>
inline vfloat slope(vfloat dy, vfloat z) {
  if (!SILU) {
    return dy;
  }
  vfloat s = sigmoid(z);
  return dy * (s + z * s * (1.0f - s));
}

// The constants of some channels of a sample.
struct Lanes {
  vfloat add;
  vfloat mean;
  vfloat factor;
  vfloat offset;

  Lanes(const float* add_row, const float* forward, int64_t channels, int64_t c, int64_t count) {
    add = add_row == nullptr ? vfloat{} : load_partial(add_row + c, count);
    mean = load_partial(forward + c, count);
    factor = load_partial(forward + channels + c, count);
    offset = load_partial(forward + 2 * channels + c, count);
  }
};

// Sums of dz and of dz * (x - mean) over a part, whose few hundred terms f32 takes without harm.
template <bool SILU>
void add_slopes(const float* src, const float* dy, const float* add, const float* forward, int64_t pixels, int64_t channels,
                double* sums) {
  for (int64_t c = 0; c < channels; c += W) {
    const int64_t count = smaller(W, channels - c);
    const Lanes lanes(add, forward, channels, c, count);
    vfloat total{};
    vfloat along{};
    for (int64_t p = 0; p < pixels; p++) {
      const float* x = src + p * channels + c;
      const float* g = dy + p * channels + c;
      vfloat deviation = (count == W ? load(x) : load_partial(x, count)) + lanes.add - lanes.mean;
      vfloat dz = slope<SILU>(count == W ? load(g) : load_partial(g, count), deviation * lanes.factor + lanes.offset);
      total += dz;
      along += dz * deviation;
    }
    for (int64_t lane = 0; lane < count; lane++) {
      sums[2 * (c + lane)] = total[lane];
      sums[2 * (c + lane) + 1] = along[lane];
    }
  }
}

template <bool SILU>
void write_gradient(const float* src, const float* dy, const float* add, const float* forward, const float* backward,
                    int64_t pixels, int64_t channels, float* dst) {
  for (int64_t p = 0; p < pixels; p++) {
    for (int64_t c = 0; c < channels; c += W) {
      const int64_t count = smaller(W, channels - c);
      const int64_t at = p * channels + c;
      const Lanes lanes(add, forward, channels, c, count);
      vfloat deviation = load_partial(src + at, count) + lanes.add - lanes.mean;
      vfloat dz = slope<SILU>(load_partial(dy + at, count), deviation * lanes.factor + lanes.offset);
      vfloat dx = dz * load_partial(backward + c, count) + deviation * load_partial(backward + channels + c, count) +
                  load_partial(backward + 2 * channels + c, count);
      store_partial(dst + at, dx, count);
    }
  }
}

struct Sample {
  double total[2];

  Sample(const double* sums, int64_t parts, int64_t channels, int64_t c) : total{} {
    for (int64_t part = 0; part < parts; part++) {
      total[0] += sums[(part * channels + c) * 2];
      total[1] += sums[(part * channels + c) * 2 + 1];
    }
  }
};

inline double scale_of(const lgv_group_norm_backward_args& args, int64_t n, int64_t c) {
  return args.scale == nullptr ? 1 : 1 + (double)args.scale[n * args.scale_stride + c];
}

// As in the forward kernel: what the f32 mean lacks of the mean goes into the offset.
void find_forward(const lgv_group_norm_backward_args& args, const NormParts& parts, int64_t n, const double* moments,
                  float* forward) {
  const int64_t size = args.channels / args.groups;
  const double count = (double)size * (double)args.spatial;
  for (int64_t g = 0; g < args.groups; g++) {
    double total = 0;
    double squares = 0;
    for (int64_t c = g * size; c < (g + 1) * size; c++) {
      const Sample sums(moments, parts.count, args.channels, c);
      total += sums.total[0];
      squares += sums.total[1];
    }
    const double mean = total / count;
    const double variance = squares / count - mean * mean;
    const double inverse = 1 / __builtin_sqrt((variance < 0 ? 0 : variance) + args.eps);
    const float rounded = (float)mean;
    for (int64_t c = g * size; c < (g + 1) * size; c++) {
      const double scale = scale_of(args, n, c);
      const double factor = inverse * args.gamma[c] * scale;
      const double shift = args.shift == nullptr ? 0 : args.shift[n * args.shift_stride + c];
      forward[c] = rounded;
      forward[args.channels + c] = (float)factor;
      forward[2 * args.channels + c] = (float)(args.beta[c] * scale + shift - (mean - rounded) * factor);
    }
  }
}

void find_backward(const lgv_group_norm_backward_args& args, const NormParts& parts, int64_t n, const double* moments,
                   const double* slopes, float* backward, double* parameters) {
  const int64_t size = args.channels / args.groups;
  const double pixels = (double)args.spatial;
  const double count = (double)size * pixels;
  for (int64_t g = 0; g < args.groups; g++) {
    double total = 0;
    double squares = 0;
    for (int64_t c = g * size; c < (g + 1) * size; c++) {
      const Sample sums(moments, parts.count, args.channels, c);
      total += sums.total[0];
      squares += sums.total[1];
    }
    const double mean = total / count;
    const double variance = squares / count - mean * mean;
    const double inverse = 1 / __builtin_sqrt((variance < 0 ? 0 : variance) + args.eps);
    const double rest = mean - (double)(float)mean;  // the slopes were taken against the f32 mean
    double mean_e = 0;
    double mean_along = 0;
    for (int64_t c = g * size; c < (g + 1) * size; c++) {
      const Sample sums(slopes, parts.count, args.channels, c);
      const double along = (sums.total[1] - rest * sums.total[0]) * inverse;  // sum of dz * normalised x
      const double scale = scale_of(args, n, c);
      mean_e += sums.total[0] * scale * args.gamma[c] / count;
      mean_along += along * scale * args.gamma[c] / count;
      parameters[c] = scale * along;
      parameters[args.channels + c] = scale * sums.total[0];
      if (args.dscale != nullptr) {
        args.dscale[n * args.dscale_stride + c] = (float)(args.gamma[c] * along + args.beta[c] * sums.total[0]);
      }
      if (args.dshift != nullptr) {
        args.dshift[n * args.dshift_stride + c] = (float)sums.total[0];
      }
    }
    for (int64_t c = g * size; c < (g + 1) * size; c++) {
      const double weight = inverse * scale_of(args, n, c) * args.gamma[c];
      const double tilt = -inverse * inverse * mean_along;
      backward[c] = (float)weight;
      backward[args.channels + c] = (float)tilt;
      backward[2 * args.channels + c] = (float)(-inverse * mean_e - rest * tilt);
      if (args.dadd != nullptr) {
        const double x = Sample(moments, parts.count, args.channels, c).total[0] - pixels * mean;
        const double dz = Sample(slopes, parts.count, args.channels, c).total[0];
        args.dadd[n * args.dadd_stride + c] = (float)(dz * weight + x * tilt - pixels * inverse * mean_e);
      }
    }
  }
}

}  // namespace

namespace LGV_ISA {

void group_norm_backward(const lgv_group_norm_backward_args& args) {
  const int64_t channels = args.channels;
  const NormParts parts(args.spatial, channels);
  const GroupNormGradientScratch places(args, parts);
  char* const memory = (char*)args.scratch;
  double* const moments = (double*)memory;
  double* const sums = (double*)(memory + places.slopes);
  double* const parameters = (double*)(memory + places.parameters);
  float* const forward = (float*)(memory + places.forward);
  float* const backward = (float*)(memory + places.backward);
  const int64_t tasks = args.n * parts.count;
  const int threads = threads_for((double)args.n * (double)args.spatial * (double)channels, ELEMENTS_PER_THREAD / 4);
  auto* slopes = args.silu ? add_slopes<true> : add_slopes<false>;
  auto* gradient = args.silu ? write_gradient<true> : write_gradient<false>;

#pragma omp parallel num_threads(threads) if (threads > 1)
  {
#pragma omp for schedule(static)
    for (int64_t task = 0; task < tasks; task++) {
      const int64_t n = task / parts.count;
      const int64_t first = task % parts.count * parts.rows;
      const int64_t at = (n * args.spatial + first) * channels;
      const float* add = args.add == nullptr ? nullptr : args.add + n * args.add_stride;
      add_moments(args.src + at, add, smaller(parts.rows, args.spatial - first), channels,
                  moments + task * channels * 2);
    }
#pragma omp for schedule(static)
    for (int64_t n = 0; n < args.n; n++) {
      find_forward(args, parts, n, moments + n * parts.count * channels * 2, forward + n * 3 * channels);
    }
#pragma omp for schedule(static)
    for (int64_t task = 0; task < tasks; task++) {
      const int64_t n = task / parts.count;
      const int64_t first = task % parts.count * parts.rows;
      const int64_t at = (n * args.spatial + first) * channels;
      const float* add = args.add == nullptr ? nullptr : args.add + n * args.add_stride;
      slopes(args.src + at, args.dy + at, add, forward + n * 3 * channels,
             smaller(parts.rows, args.spatial - first), channels, sums + task * channels * 2);
    }
#pragma omp for schedule(static)
    for (int64_t n = 0; n < args.n; n++) {
      const int64_t at = n * parts.count * channels * 2;
      find_backward(args, parts, n, moments + at, sums + at, backward + n * 3 * channels, parameters + n * 2 * channels);
    }
#pragma omp for schedule(static)
    for (int64_t task = 0; task < tasks; task++) {
      const int64_t n = task / parts.count;
      const int64_t first = task % parts.count * parts.rows;
      const int64_t at = (n * args.spatial + first) * channels;
      const float* add = args.add == nullptr ? nullptr : args.add + n * args.add_stride;
      gradient(args.src + at, args.dy + at, add, forward + n * 3 * channels, backward + n * 3 * channels,
               smaller(parts.rows, args.spatial - first), channels, args.dst + at);
    }
  }
  for (int64_t c = 0; c < channels; c++) {
    double dgamma = 0;
    double dbeta = 0;
    for (int64_t n = 0; n < args.n; n++) {
      dgamma += parameters[n * 2 * channels + c];
      dbeta += parameters[(n * 2 + 1) * channels + c];
    }
    if (args.dgamma != nullptr) {
      args.dgamma[c] = (float)dgamma;
    }
    if (args.dbeta != nullptr) {
      args.dbeta[c] = (float)dbeta;
    }
  }
}

}  // namespace LGV_ISA
}  // namespace lgv
