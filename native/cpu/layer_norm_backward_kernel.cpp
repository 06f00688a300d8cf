#include "kernels.h"
#include "norm_gradient.h"
#include "parallel.h"
#include "vector.h"

namespace lgv {
namespace {

inline float sum_of(vfloat v) {
  double total = 0;
  for (int64_t lane = 0; lane < W; lane++) {
    total += v[lane];
  }
  return (float)total;
}

// One row: dx = inverse * (e - mean(e) - normalised * mean(e * normalised)), e = dy * gamma; and what it adds to the sums of
// dy * normalised x and of dy.
void row_gradient(const lgv_layer_norm_backward_args& args, int64_t row, float* sums) {
  const int64_t channels = args.channels;
  const float* src = args.src + row * channels;
  const float* dy = args.dy + row * channels;
  float* dst = args.dst + row * channels;
  double total = 0;
  double squares = 0;
  for (int64_t c = 0; c < channels; c++) {
    total += src[c];
    squares += (double)src[c] * src[c];
  }
  const double mean = total / (double)channels;
  const double variance = squares / (double)channels - mean * mean;
  const float inverse = (float)(1 / __builtin_sqrt((variance < 0 ? 0 : variance) + args.eps));
  const float rounded = (float)mean;
  const float rest = (float)((mean - rounded) * inverse);
  vfloat e_total{};
  vfloat e_along{};
  for (int64_t c = 0; c < channels; c += W) {
    const int64_t count = smaller(W, channels - c);
    vfloat normalised = (load_partial(src + c, count) - rounded) * inverse - rest;
    vfloat g = load_partial(dy + c, count);
    vfloat e = g * load_partial(args.gamma + c, count);
    e_total += e;
    e_along += e * normalised;
    store_partial(sums + c, load_partial(sums + c, count) + g * normalised, count);
    store_partial(sums + channels + c, load_partial(sums + channels + c, count) + g, count);
  }
  const float mean_e = sum_of(e_total) / (float)channels;
  const float mean_along = sum_of(e_along) / (float)channels;
  for (int64_t c = 0; c < channels; c += W) {
    const int64_t count = smaller(W, channels - c);
    vfloat normalised = (load_partial(src + c, count) - rounded) * inverse - rest;
    vfloat e = load_partial(dy + c, count) * load_partial(args.gamma + c, count);
    store_partial(dst + c, (e - mean_e - normalised * mean_along) * inverse, count);
  }
}

}  // namespace

namespace LGV_ISA {

void layer_norm_backward(const lgv_layer_norm_backward_args& args) {
  const int64_t channels = args.channels;
  const NormParts parts(args.rows, channels);
  float* sums = (float*)args.scratch;  // [part][2][channels]
  const int threads = threads_for((double)args.rows * (double)channels, ELEMENTS_PER_THREAD / 4);
#pragma omp parallel for num_threads(threads) if (threads > 1) schedule(static)
  for (int64_t part = 0; part < parts.count; part++) {
    float* own = sums + part * 2 * channels;
    for (int64_t i = 0; i < 2 * channels; i++) {
      own[i] = 0;
    }
    const int64_t end = smaller(args.rows, (part + 1) * parts.rows);
    for (int64_t row = part * parts.rows; row < end; row++) {
      row_gradient(args, row, own);
    }
  }
  for (int64_t c = 0; c < channels; c++) {
    double dgamma = 0;
    double dbeta = 0;
    for (int64_t part = 0; part < parts.count; part++) {
      dgamma += sums[part * 2 * channels + c];
      dbeta += sums[(part * 2 + 1) * channels + c];
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
