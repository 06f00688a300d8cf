#include "checks.h"
#include "kernels.h"

namespace {

using namespace lgv;

bool not_negative(double x) { return x >= 0 && is_finite(x); }

bool values_ok(const lgv_adamw_args& args) {
  return not_negative(args.learning_rate) && args.beta1 >= 0 && args.beta1 < 1 && args.beta2 >= 0 && args.beta2 < 1 &&
         not_negative(args.epsilon) && not_negative(args.weight_decay) && args.bias_correction1 > 0 &&
         args.bias_correction1 <= 1 && args.bias_correction2 > 0 && args.bias_correction2 <= 1 &&
         is_finite(args.grad_scale) &&
         (args.average == nullptr || (args.average_decay >= 0 && args.average_decay <= 1));
}

int32_t check(const lgv_adamw_args& args) {
  if (args.count < 0 || args.count > MAX_ELEMENTS) {
    return LGV_BAD_SIZE;
  }
  if (!values_ok(args)) {
    return LGV_BAD_VALUE;
  }
  bool pointers = args.param != nullptr && args.grad != nullptr && args.moment1 != nullptr && args.moment2 != nullptr;
  return args.count == 0 || pointers ? LGV_OK : LGV_NULL_POINTER;
}

}  // namespace

int32_t lgv_adamw(const lgv_adamw_args* args) {
  if (args == nullptr) {
    return LGV_NULL_POINTER;
  }
  int32_t status = check(*args);
  if (status == LGV_OK && args->count > 0) {
    kernels().adamw(*args);
  }
  return status;
}
