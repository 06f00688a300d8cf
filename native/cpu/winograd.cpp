#include "winograd.h"

#include <omp.h>

#include "checks.h"
#include "kernels.h"
#include "winograd_gradient.h"

namespace {

using namespace lgv;

bool tile_ok(int64_t tile) { return tile == 2 || tile == 4; }

// Whether packed weights of these channels, padded and with up to 36 points, have sizes that can be computed.
bool channels_ok(int64_t a, int64_t b) {
  return a >= 1 && b >= 1 && a <= MAX_ELEMENTS && b <= MAX_ELEMENTS &&
         fits(padded_channels(a), padded_channels(b), 36);
}

int32_t check_sizes(const lgv_winograd_weights_args& args) {
  return channels_ok(args.output_channels, args.input_channels) && tile_ok(args.tile) ? LGV_OK : LGV_BAD_SIZE;
}

int32_t check(const lgv_winograd_weights_args& args) {
  if (int32_t status = check_sizes(args)) {
    return status;
  }
  if (!is_flag(args.transposed)) {
    return LGV_BAD_VALUE;
  }
  return args.src != nullptr && args.dst != nullptr ? LGV_OK : LGV_NULL_POINTER;
}

bool pad_ok(int64_t pad) { return pad >= 0 && pad <= 2; }

int32_t check_sizes(const lgv_winograd_args& args) {
  if (!channels_ok(args.input_channels, args.output_channels) || !tile_ok(args.tile) || args.n < 0 ||
      args.height < 1 || args.width < 1 || args.height > MAX_ELEMENTS || args.width > MAX_ELEMENTS ||
      !pad_ok(args.pad_top) || !pad_ok(args.pad_left) || !pad_ok(args.pad_bottom) || !pad_ok(args.pad_right)) {
    return LGV_BAD_SIZE;
  }
  // dst has up to two rows and columns more than src, or fewer; tiles cover up to 3 more.
  const int64_t height = args.height + 8, width = args.width + 8;
  if (args.height + args.pad_top + args.pad_bottom < 3 || args.width + args.pad_left + args.pad_right < 3 ||
      !fits(args.n, height, width) || !fits(args.n * height * width, padded_channels(args.input_channels)) ||
      !fits(args.n * height * width, padded_channels(args.output_channels))) {
    return LGV_BAD_SIZE;
  }
  return LGV_OK;
}

int64_t share_bytes(const lgv_winograd_args& args) { return WinogradShare(WinogradShape(args), args.halves != 0).bytes(); }

int32_t check(const lgv_winograd_args& args) {
  if (int32_t status = check_sizes(args)) {
    return status;
  }
  if (!is_flag(args.silu) || args.halves < 0 || args.halves > 2 || !is_flag(args.transposed) || !is_finite(args.scale)) {
    return LGV_BAD_VALUE;
  }
  if (args.n == 0) {
    return LGV_OK;
  }
  if (args.src == nullptr || args.weights == nullptr || args.dst == nullptr) {
    return LGV_NULL_POINTER;
  }
  return check_scratch(args.scratch, args.scratch_bytes, share_bytes(args));
}

int64_t share_bytes(const lgv_winograd_gradient_args& args) {
  return GradientShare(WinogradShape(convolution(args))).bytes();
}

int32_t check(const lgv_winograd_gradient_args& args) {
  if (int32_t status = check_sizes(convolution(args))) {
    return status;
  }
  if (args.dst == nullptr || (args.n > 0 && (args.src == nullptr || args.dy == nullptr))) {
    return LGV_NULL_POINTER;
  }
  return args.n == 0 ? LGV_OK : check_scratch(args.scratch, args.scratch_bytes, share_bytes(args));
}

}  // namespace

int64_t lgv_winograd_weights_bytes(const lgv_winograd_weights_args* args) {
  if (args == nullptr || check_sizes(*args) != LGV_OK) {
    return 0;
  }
  return winograd_points(args->tile) *
         point_stride(padded_channels(args->output_channels), padded_channels(args->input_channels)) * 4;
}

int32_t lgv_winograd_weights(const lgv_winograd_weights_args* args) {
  if (args == nullptr) {
    return LGV_NULL_POINTER;
  }
  int32_t status = check(*args);
  if (status == LGV_OK) {
    kernels().winograd_weights(*args);
  }
  return status;
}

int64_t lgv_winograd_scratch_bytes(const lgv_winograd_args* args) {
  if (args == nullptr || check_sizes(*args) != LGV_OK || args->n == 0) {
    return 0;
  }
  return share_bytes(*args) * omp_get_max_threads();
}

int32_t lgv_winograd(const lgv_winograd_args* args) {
  if (args == nullptr) {
    return LGV_NULL_POINTER;
  }
  int32_t status = check(*args);
  if (status == LGV_OK && args->n > 0) {
    kernels().winograd(*args);
  }
  return status;
}

int64_t lgv_winograd_gradient_scratch_bytes(const lgv_winograd_gradient_args* args) {
  if (args == nullptr || check_sizes(convolution(*args)) != LGV_OK || args->n == 0) {
    return 0;
  }
  return share_bytes(*args) * omp_get_max_threads();
}

int32_t lgv_winograd_gradient(const lgv_winograd_gradient_args* args) {
  if (args == nullptr) {
    return LGV_NULL_POINTER;
  }
  int32_t status = check(*args);
  if (status == LGV_OK) {
    kernels().winograd_gradient(*args);
  }
  return status;
}
