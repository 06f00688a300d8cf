#include "checks.h"
#include "kernels.h"
#include "norm_gradient.h"

namespace {

using namespace lgv;

int32_t check_sizes(const lgv_layer_norm_backward_args& args) {
  return args.rows >= 0 && args.channels >= 1 && args.channels <= MAX_ELEMENTS / 64 && fits(args.rows, 64 * args.channels)
             ? LGV_OK
             : LGV_BAD_SIZE;
}

}  // namespace

int64_t lgv_layer_norm_backward_scratch_bytes(const lgv_layer_norm_backward_args* args) {
  if (args == nullptr || check_sizes(*args) != LGV_OK) {
    return 0;
  }
  return NormParts(args->rows, args->channels).count * 2 * args->channels * (int64_t)sizeof(float);
}

int32_t lgv_layer_norm_backward(const lgv_layer_norm_backward_args* args) {
  if (args == nullptr) {
    return LGV_NULL_POINTER;
  }
  if (int32_t status = check_sizes(*args)) {
    return status;
  }
  if (!(args->eps > 0) || !is_finite(args->eps)) {
    return LGV_BAD_VALUE;
  }
  if (args->gamma == nullptr || (args->rows > 0 && (args->src == nullptr || args->dy == nullptr || args->dst == nullptr))) {
    return LGV_NULL_POINTER;
  }
  if (args->rows > 0) {
    if (int32_t status = check_scratch(args->scratch, args->scratch_bytes, lgv_layer_norm_backward_scratch_bytes(args))) {
      return status;
    }
  }
  kernels().layer_norm_backward(*args);
  return LGV_OK;
}
