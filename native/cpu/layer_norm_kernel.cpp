#include "kernels.h"
#include "parallel.h"
#include "vector.h"

namespace lgv {
namespace {

struct Moments {
  double mean;
  double variance;
};

// Sums in double, as group normalisation takes them. Four sets of sums hide the additions' latency.
Moments moments(const float* row, int64_t channels) {
  constexpr int SETS = 4;
  vdouble totals[SETS] = {};
  vdouble squares[SETS] = {};
  int64_t c = 0;
  for (; c + SETS * W / 2 <= channels; c += SETS * W / 2) {
    for (int s = 0; s < SETS; s++) {
      vdouble x = widen(load_half(row + c + s * W / 2));
      totals[s] += x;
      squares[s] += x * x;
    }
  }
  double total = sum((totals[0] + totals[1]) + (totals[2] + totals[3]));
  double square = sum((squares[0] + squares[1]) + (squares[2] + squares[3]));
  for (; c < channels; c++) {
    double x = row[c];
    total += x;
    square += x * x;
  }
  double mean = total / (double)channels;
  double variance = square / (double)channels - mean * mean;
  return {mean, variance < 0 ? 0 : variance};
}

struct Affine {
  vfloat mean;
  vfloat inverse;
  vfloat rest;  // what the f32 mean lacks of the mean, times the inverse deviation

  vfloat operator()(vfloat x, vfloat gamma, vfloat beta) const { return ((x - mean) * inverse - rest) * gamma + beta; }
};

void normalise(const lgv_layer_norm_args& args, const float* src, float* dst) {
  const Moments m = moments(src, args.channels);
  const double inverse = 1 / __builtin_sqrt(m.variance + args.eps);
  const float mean = (float)m.mean;
  const Affine affine = {splat(mean), splat((float)inverse), splat((float)((m.mean - mean) * inverse))};
  const vfloat one = splat(1);
  int64_t c = 0;
  for (; c + W <= args.channels; c += W) {
    vfloat gamma = args.gamma == nullptr ? one : load(args.gamma + c);
    vfloat beta = args.beta == nullptr ? vfloat{} : load(args.beta + c);
    store(dst + c, affine(load(src + c), gamma, beta));
  }
  int64_t rest = args.channels - c;
  if (rest > 0) {
    vfloat gamma = args.gamma == nullptr ? one : load_partial(args.gamma + c, rest);
    vfloat beta = args.beta == nullptr ? vfloat{} : load_partial(args.beta + c, rest);
    store_partial(dst + c, affine(load_partial(src + c, rest), gamma, beta), rest);
  }
}

}  // namespace

namespace LGV_ISA {

void layer_norm(const lgv_layer_norm_args& args) {
  const int threads = threads_for(args.rows * args.channels, ELEMENTS_PER_THREAD);
#pragma omp parallel for num_threads(threads) if (threads > 1) schedule(static)
  for (int64_t row = 0; row < args.rows; row++) {
    normalise(args, args.src + row * args.channels, args.dst + row * args.channels);
  }
}

}  // namespace LGV_ISA
}  // namespace lgv
