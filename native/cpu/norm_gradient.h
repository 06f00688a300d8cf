// The parts that gradients of normalisations are worked in, and the places of their scratch.
#ifndef LANGEVIN_CPU_NORM_GRADIENT_H
#define LANGEVIN_CPU_NORM_GRADIENT_H

#include "langevin_training.h"

namespace lgv {
namespace {

// Rows (pixels of a sample, or rows of a matrix) are cut into parts, the unit of sharing. Sums over a part are added in the
// order of the parts, so that the result depends on the shapes only, not on the threads. 64 KiB of two tensors stay in the
// second-level cache.
struct NormParts {
  static constexpr int64_t ELEMENTS = 16384;

  int64_t rows;   // of a part; the last may have fewer
  int64_t count;  // parts of a sample

  NormParts(int64_t all_rows, int64_t channels) {
    rows = channels < ELEMENTS ? ELEMENTS / channels : 1;
    count = (all_rows + rows - 1) / rows;
  }
};

// Scratch of a group normalisation's gradient:
//   double moments[n][count][C][2]   sums of x and of x^2 over a part
//   double slopes[n][count][C][2]    sums of dz and of dz * (x - mean) over a part
//   double parameters[n][2][C]       this sample's part of dgamma and dbeta
//   float  forward[n][3][C]          mean, and factor and offset of z = (x - mean) * factor + offset
//   float  backward[n][3][C]         dx = dz * [0] + (x - mean) * [1] + [2]
struct GroupNormGradientScratch {
  int64_t slopes;  // where each begins, in bytes; moments begin at 0
  int64_t parameters;
  int64_t forward;
  int64_t backward;
  int64_t bytes;

  GroupNormGradientScratch(const lgv_group_norm_backward_args& args, const NormParts& parts) {
    const int64_t sums = args.n * parts.count * args.channels * 2 * (int64_t)sizeof(double);
    slopes = sums;
    parameters = slopes + sums;
    forward = parameters + args.n * 2 * args.channels * (int64_t)sizeof(double);
    backward = forward + args.n * 3 * args.channels * (int64_t)sizeof(float);
    bytes = backward + args.n * 3 * args.channels * (int64_t)sizeof(float);
  }
};

}  // namespace
}  // namespace lgv

#endif
