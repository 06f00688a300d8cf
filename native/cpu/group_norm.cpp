#include "group_norm.h"

#include "checks.h"
#include "kernels.h"

namespace {

using namespace lgv;

int32_t check_sizes(const lgv_group_norm_args& args) {
  bool positive = args.n >= 0 && args.spatial >= 1 && args.c0 >= 1 && args.c1 >= 0 && args.groups >= 1;
  if (!positive || args.c0 > MAX_ELEMENTS || args.c1 > MAX_ELEMENTS) {
    return LGV_BAD_SIZE;
  }
  int64_t channels = args.c0 + args.c1;
  // The scratch's sums of a sample are no more than one a channel and pixel.
  return channels % args.groups == 0 && fits(args.n, args.spatial, channels) ? LGV_OK : LGV_BAD_SIZE;
}

bool stride_ok(const float* matrix, int64_t stride, int64_t n, int64_t channels) {
  return matrix == nullptr || (stride >= channels && fits(n, stride));
}

int32_t check(const lgv_group_norm_args& args) {
  if (int32_t status = check_sizes(args)) {
    return status;
  }
  int64_t channels = args.c0 + args.c1;
  if (!stride_ok(args.add, args.add_stride, args.n, channels) ||
      !stride_ok(args.scale, args.scale_stride, args.n, channels) ||
      !stride_ok(args.shift, args.shift_stride, args.n, channels)) {
    return LGV_BAD_SIZE;
  }
  if (!(args.eps > 0) || !is_finite(args.eps) || !is_flag(args.silu)) {
    return LGV_BAD_VALUE;
  }
  if (args.n == 0) {
    return LGV_OK;
  }
  if (args.src0 == nullptr || args.dst == nullptr || (args.c1 > 0 && args.src1 == nullptr)) {
    return LGV_NULL_POINTER;
  }
  return check_scratch(args.scratch, args.scratch_bytes, lgv_group_norm_scratch_bytes(&args));
}

}  // namespace

int64_t lgv_group_norm_scratch_bytes(const lgv_group_norm_args* args) {
  if (args == nullptr || check_sizes(*args) != LGV_OK) {
    return 0;
  }
  GroupNormParts parts(*args);
  return parts.sums_bytes(*args) + parts.affine_bytes(*args);
}

int32_t lgv_group_norm(const lgv_group_norm_args* args) {
  if (args == nullptr) {
    return LGV_NULL_POINTER;
  }
  int32_t status = check(*args);
  if (status == LGV_OK && args->n > 0) {
    kernels().group_norm(*args);
  }
  return status;
}
