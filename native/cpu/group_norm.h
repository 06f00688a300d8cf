// The parts that a group normalisation is worked in, and the places of its scratch.
#ifndef LANGEVIN_CPU_GROUP_NORM_H
#define LANGEVIN_CPU_GROUP_NORM_H

#include "langevin.h"

namespace lgv {
namespace {

// A sample is cut into parts of whole pixels. A part is the unit of sharing, and its sums are added in the order of the
// parts: so the result depends on the sample's shape only, not on the threads. 64 KiB stay in the second-level cache.
struct GroupNormParts {
  static constexpr int64_t ELEMENTS = 16384;

  int64_t pixels;     // of a part; the last may have fewer
  int64_t count;      // parts of a sample

  explicit GroupNormParts(const lgv_group_norm_args& args) {
    pixels = args.channels < ELEMENTS ? ELEMENTS / args.channels : 1;
    count = (args.spatial + pixels - 1) / pixels;
  }

  // Scratch: double sums[n][count][groups][2], the sum and the sum of squares; then float affine[n][3][channels], such
  // that y = (x - affine[0]) * affine[1] + affine[2].
  int64_t sums_bytes(const lgv_group_norm_args& args) const { return args.n * count * args.groups * 16; }
  int64_t affine_bytes(const lgv_group_norm_args& args) const { return args.n * 3 * args.channels * 4; }
};

}  // namespace
}  // namespace lgv

#endif
