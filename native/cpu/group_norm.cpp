#include "group_norm.h"

#include "checks.h"
#include "kernels.h"

namespace {

using namespace lgv;

int32_t check_sizes(const lgv_group_norm_args& args) {
  bool positive = args.n >= 0 && args.spatial >= 1 && args.channels >= 1 && args.groups >= 1;
  // The scratch's sums of a sample are no more than one a channel and pixel.
  return positive && args.channels % args.groups == 0 && fits(args.n, args.spatial, args.channels) ? LGV_OK
                                                                                                   : LGV_BAD_SIZE;
}

bool stride_ok(const float* matrix, int64_t stride, const lgv_group_norm_args& args) {
  return matrix == nullptr || (stride >= args.channels && fits(args.n, stride));
}

int32_t check(const lgv_group_norm_args& args) {
  if (int32_t status = check_sizes(args)) {
    return status;
  }
  if (!stride_ok(args.add, args.add_stride, args) || !stride_ok(args.scale, args.scale_stride, args) ||
      !stride_ok(args.shift, args.shift_stride, args)) {
    return LGV_BAD_SIZE;
  }
  if (!(args.eps > 0) || !is_finite(args.eps) || !is_flag(args.silu)) {
    return LGV_BAD_VALUE;
  }
  if (args.n == 0) {
    return LGV_OK;
  }
  if (args.src == nullptr || args.dst == nullptr) {
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
