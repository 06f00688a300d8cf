#include "checks.h"
#include "kernels.h"

namespace {

int32_t check(const lgv_layer_norm_args& args) {
  if (args.rows < 0 || args.channels < 1 || !lgv::fits(args.rows, args.channels)) {
    return LGV_BAD_SIZE;
  }
  if (!(args.eps > 0) || !lgv::is_finite(args.eps)) {
    return LGV_BAD_VALUE;
  }
  bool pointers = args.rows == 0 || (args.src != nullptr && args.dst != nullptr);
  return pointers ? LGV_OK : LGV_NULL_POINTER;
}

}  // namespace

int32_t lgv_layer_norm(const lgv_layer_norm_args* args) {
  if (args == nullptr) {
    return LGV_NULL_POINTER;
  }
  int32_t status = check(*args);
  if (status == LGV_OK && args->rows > 0) {
    lgv::kernels().layer_norm(*args);
  }
  return status;
}
