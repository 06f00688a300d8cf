#include "langevin_int8.h"

#include <math.h>
#include <omp.h>
#include <string.h>

#include "checks.h"
#include "int8.h"
#include "kernels.h"

namespace {

using namespace lgv;

// With so many products a sum of 255 * 127 each still fits 32 bits.
constexpr int64_t MAX_PRODUCTS = 65536;

bool channels_ok(int64_t input, int64_t output, int64_t kernel) {
  return (kernel == 1 || kernel == 3) && input >= 1 && output >= 1 && input <= MAX_PRODUCTS && output <= MAX_ELEMENTS / 2 &&
         rounded_up(input, INT8_BLOCK) * kernel * kernel <= MAX_PRODUCTS && fits(output + INT8_PANEL, MAX_PRODUCTS);
}

int32_t check_sizes(const lgv_int8_weights_args& args) {
  return channels_ok(args.input_channels, args.output_channels, args.kernel) ? LGV_OK : LGV_BAD_SIZE;
}

Int8Weights shape_of(const lgv_int8_weights_args& args) {
  return {args.input_channels, args.output_channels, args.kernel};
}

bool pad_ok(int64_t pad, int64_t kernel) { return pad >= 0 && pad <= (kernel == 3 ? 2 : 0); }

int32_t check_sizes(const lgv_int8_args& args) {
  if (!channels_ok(args.input_channels, args.output_channels, args.kernel) || args.n < 0 || args.height < 1 || args.width < 1 ||
      args.height > MAX_ELEMENTS || args.width > MAX_ELEMENTS || args.stride < 1 || args.stride > (args.kernel == 3 ? 2 : 1) ||
      !pad_ok(args.pad_top, args.kernel) || !pad_ok(args.pad_left, args.kernel) || !pad_ok(args.pad_bottom, args.kernel) ||
      !pad_ok(args.pad_right, args.kernel)) {
    return LGV_BAD_SIZE;
  }
  const int64_t height = args.height + 4, width = args.width + 4;
  if (args.height + args.pad_top + args.pad_bottom < args.kernel || args.width + args.pad_left + args.pad_right < args.kernel ||
      !fits(args.n, height, width) || !fits(args.n * height * width, args.input_channels + INT8_BLOCK) ||
      !fits(args.n * height * width, args.output_channels)) {
    return LGV_BAD_SIZE;
  }
  return LGV_OK;
}

int32_t check(const lgv_int8_args& args) {
  if (int32_t status = check_sizes(args)) {
    return status;
  }
  if (args.n == 0) {
    return LGV_OK;
  }
  if (args.src == nullptr || args.weights == nullptr || args.dst == nullptr) {
    return LGV_NULL_POINTER;
  }
  for (int64_t i = 0; i < LGV_MAX_POST; i++) {
    if (args.post[i] < LGV_POST_NONE || args.post[i] > LGV_POST_GELU || !is_finite(args.value[i])) {
      return LGV_BAD_VALUE;
    }
    if ((args.post[i] == LGV_POST_ADD || args.post[i] == LGV_POST_MULTIPLY) && args.operand[i] == nullptr) {
      return LGV_NULL_POINTER;
    }
  }
  return check_scratch(args.scratch, args.scratch_bytes, Int8Shape(args).share_bytes());
}

void pack_channel(const lgv_int8_weights_args& args, const Int8Weights& shape, int64_t k) {
  const int64_t channels = args.input_channels;
  char* const dst = static_cast<char*>(args.dst);
  const float* const src = args.src + k * channels * shape.taps;
  float largest = 0, invalid = 0;
  for (int64_t i = 0; i < channels * shape.taps; i++) {
    largest = fmaxf(largest, fabsf(src[i]));
    invalid += src[i] * 0;
  }
  const float scale = largest / 127 + invalid;
  const float inverse = largest > 0 && is_finite(scale) ? 127 / largest : 0;
  int32_t sum = 0;
  char* const panel = dst + k / INT8_PANEL * shape.panel_bytes() + k % INT8_PANEL * 4;
  for (int64_t tap = 0; tap < shape.taps; tap++) {
    for (int64_t c = 0; c < channels; c++) {
      const auto q = (signed char)(inverse == 0 ? 0 : lrintf(src[c * shape.taps + tap] * inverse));
      panel[((tap * shape.c + c) / 4) * 4 * INT8_PANEL + c % 4] = (char)q;
      sum += q;
    }
  }
  memcpy(dst + shape.scales_offset() + k * 4, &scale, 4);
  memcpy(dst + shape.sums_offset() + k * 4, &sum, 4);
}

}  // namespace

int64_t lgv_int8_weights_bytes(const lgv_int8_weights_args* args) {
  return args == nullptr || check_sizes(*args) != LGV_OK ? 0 : shape_of(*args).bytes();
}

int32_t lgv_int8_weights(const lgv_int8_weights_args* args) {
  if (args == nullptr) {
    return LGV_NULL_POINTER;
  }
  if (int32_t status = check_sizes(*args)) {
    return status;
  }
  if (args->src == nullptr || args->dst == nullptr) {
    return LGV_NULL_POINTER;
  }
  const Int8Weights shape = shape_of(*args);
  memset(args->dst, 0, (size_t)shape.bytes());
#pragma omp parallel for
  for (int64_t k = 0; k < args->output_channels; k++) {
    pack_channel(*args, shape, k);
  }
  return LGV_OK;
}

int64_t lgv_int8_scratch_bytes(const lgv_int8_args* args) {
  return args == nullptr || check_sizes(*args) != LGV_OK || args->n == 0
             ? 0
             : Int8Shape(*args).share_bytes() * omp_get_max_threads();
}

int32_t lgv_int8(const lgv_int8_args* args) {
  if (args == nullptr) {
    return LGV_NULL_POINTER;
  }
  const int32_t status = check(*args);
  if (status == LGV_OK && args->n > 0) {
    kernels().int8(*args);
  }
  return status;
}
