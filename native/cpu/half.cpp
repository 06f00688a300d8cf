#include "half.h"

#include "checks.h"
#include "kernels.h"

namespace {

using namespace lgv;

int32_t check(const lgv_half_pack_args& args) {
  if (args.output_channels < 1 || args.input_channels < 1 || args.taps < 1 ||
      !fits(args.output_channels, args.input_channels, args.taps)) {
    return LGV_BAD_SIZE;
  }
  if (!is_flag(args.bf16)) {
    return LGV_BAD_VALUE;
  }
  return args.src != nullptr && args.dst != nullptr ? LGV_OK : LGV_NULL_POINTER;
}

bool axis_ok(int64_t size, int64_t kernel, int64_t before, int64_t behind) {
  return size >= 1 && size <= MAX_ELEMENTS && kernel >= 1 && kernel <= 1024 && before >= 0 && before < kernel &&
         behind >= 0 && behind < kernel && size + before + behind >= kernel;
}

int32_t check_sizes(const lgv_half_conv_args& args) {
  if (args.n < 0 || args.input_channels < 1 || args.output_channels < 1 || args.stride < 1 ||
      !axis_ok(args.height, args.kernel_height, args.pad_top, args.pad_bottom) ||
      !axis_ok(args.width, args.kernel_width, args.pad_left, args.pad_right)) {
    return LGV_BAD_SIZE;
  }
  const int64_t taps = args.kernel_height * args.kernel_width;
  // A result has at most the source's size and a kernel's less one on each axis.
  const int64_t height = args.height + args.kernel_height, width = args.width + args.kernel_width;
  if (!fits(args.n, height, width) || !fits(args.n * height * width, args.input_channels) ||
      !fits(args.n * height * width, args.output_channels) || !fits(args.n * height * width, 8 * taps) ||
      !fits(args.output_channels, args.input_channels, taps)) {
    return LGV_BAD_SIZE;
  }
  return LGV_OK;
}

int32_t check(const lgv_half_conv_args& args) {
  if (int32_t status = check_sizes(args)) {
    return status;
  }
  if (!is_flag(args.bf16) || !is_flag(args.gradient) ||
      (args.gradient && (args.bias != nullptr || args.residual != nullptr))) {
    return LGV_BAD_VALUE;
  }
  if (args.n == 0) {
    return LGV_OK;
  }
  if (args.src == nullptr || args.weights == nullptr || args.dst == nullptr) {
    return LGV_NULL_POINTER;
  }
  return check_scratch(args.scratch, args.scratch_bytes, HalfShape(args).scratch_bytes());
}

}  // namespace

int32_t lgv_half_pack(const lgv_half_pack_args* args) {
  if (args == nullptr) {
    return LGV_NULL_POINTER;
  }
  if (int32_t status = check(*args)) {
    return status;
  }
  kernels().half_pack(*args);
  return LGV_OK;
}

int64_t lgv_half_conv_scratch_bytes(const lgv_half_conv_args* args) {
  return args == nullptr || check_sizes(*args) != LGV_OK || !is_flag(args->gradient) ? 0
                                                                                     : HalfShape(*args).scratch_bytes();
}

int32_t lgv_half_conv(const lgv_half_conv_args* args) {
  if (args == nullptr) {
    return LGV_NULL_POINTER;
  }
  if (int32_t status = check(*args)) {
    return status;
  }
  if (args->n > 0) {
    kernels().half_conv(*args);
  }
  return LGV_OK;
}
