#include "attention.h"

#include <omp.h>

#include "attention_checks.h"
#include "int8_attention.h"
#include "kernels.h"

namespace {

using namespace lgv;

int32_t check_sizes(const lgv_attention_args& args) {
  if (args.n < 0 || args.heads < 1 || args.head_size < 1 || args.head_size > 512 || args.query_length < 1 ||
      args.key_length < 1 || !fits(args.heads, args.head_size) || !fits(args.n, args.heads, args.query_length)) {
    return LGV_BAD_SIZE;
  }
  const int64_t row = args.heads * args.head_size;
  if (!sources_ok(args) || !bias_ok(args) ||
      !strides_ok(args.n, args.query_length, row, args.dst_row_stride, args.dst_batch_stride)) {
    return LGV_BAD_SIZE;
  }
  // Two samples of the result in the same rows would depend on the order of the threads.
  return args.n > 1 && args.dst_batch_stride < row ? LGV_BAD_SIZE : LGV_OK;
}

int32_t check(const lgv_attention_args& args, int64_t scratch_bytes) {
  if (int32_t status = check_sizes(args)) {
    return status;
  }
  if (!is_finite(args.scale) || !is_flag(args.causal)) {
    return LGV_BAD_VALUE;
  }
  if (args.n == 0) {
    return LGV_OK;
  }
  if (args.q == nullptr || args.k == nullptr || args.v == nullptr || args.dst == nullptr) {
    return LGV_NULL_POINTER;
  }
  return check_scratch(args.scratch, args.scratch_bytes, scratch_bytes);
}

// Whether the sizes of the packed heads can be computed; `check` looks at the rest.
bool packs(const lgv_attention_args& args) {
  return args.n >= 0 && args.heads >= 1 && args.head_size >= 1 && args.head_size <= 512 && args.key_length >= 1 &&
         fits(args.n, args.heads) && args.key_length <= MAX_ELEMENTS / 1024 &&
         fits(args.n * args.heads, args.key_length + 16, args.head_size + 16);
}

}  // namespace

int64_t lgv_attention_scratch_bytes(const lgv_attention_args* args) {
  if (args == nullptr || args->head_size < 1 || args->head_size > 512) {
    return 0;
  }
  return AttentionShare(args->head_size).bytes() * omp_get_max_threads();
}

int32_t lgv_attention(const lgv_attention_args* args) {
  if (args == nullptr) {
    return LGV_NULL_POINTER;
  }
  int32_t status = check(*args, AttentionShare(args->head_size).bytes());
  if (status == LGV_OK && args->n > 0) {
    kernels().attention(*args);
  }
  return status;
}

int64_t lgv_int8_attention_scratch_bytes(const lgv_attention_args* args) {
  if (args == nullptr || !packs(*args)) {
    return 0;
  }
  const Int8AttentionShape shape(*args);
  return shape.packed_bytes + shape.share_bytes * omp_get_max_threads();
}

int32_t lgv_int8_attention(const lgv_attention_args* args) {
  if (args == nullptr) {
    return LGV_NULL_POINTER;
  }
  if (!packs(*args)) {
    return LGV_BAD_SIZE;
  }
  const Int8AttentionShape shape(*args);
  int32_t status = check(*args, shape.packed_bytes + shape.share_bytes);
  if (status == LGV_OK && (args->bias != nullptr || args->causal != 0)) {
    status = LGV_BAD_VALUE;
  }
  if (status == LGV_OK && args->n > 0) {
    kernels().int8_attention(*args);
  }
  return status;
}
