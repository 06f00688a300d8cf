#include "attention_backward.h"

#include <omp.h>

#include "attention_checks.h"
#include "kernels.h"

namespace {

using namespace lgv;

// Whether the bytes of scratch can be computed.
bool sizes_known(const lgv_attention_backward_args& args) {
  return args.n >= 0 && args.heads >= 1 && args.head_size >= 1 && args.head_size <= 512 && args.query_length >= 1 &&
         args.key_length >= 1 && args.key_length <= MAX_ELEMENTS / 4096 && args.query_length <= MAX_ELEMENTS / 4096 &&
         fits(args.n, args.heads, args.query_length) &&
         fits(args.n * args.heads * divide_up(args.query_length, AttentionGradientShape::PART_QUERIES), args.key_length,
              4096);
}

int32_t check_sizes(const lgv_attention_backward_args& args) {
  if (!sizes_known(args) || !fits(args.heads, args.head_size) || !sources_ok(args) || !bias_ok(args)) {
    return LGV_BAD_SIZE;
  }
  const int64_t row = args.heads * args.head_size;
  if (!fits(args.n, args.query_length, row)) {
    return LGV_BAD_SIZE;
  }
  // Two samples in the same rows would write one gradient twice.
  const bool apart = args.q_batch_stride >= row && args.k_batch_stride >= row && args.v_batch_stride >= row;
  return args.n <= 1 || apart ? LGV_OK : LGV_BAD_SIZE;
}

}  // namespace

int64_t lgv_attention_backward_scratch_bytes(const lgv_attention_backward_args* args) {
  if (args == nullptr || !sizes_known(*args)) {
    return 0;
  }
  const AttentionGradientShape shape(*args);
  return shape.part_bytes() + shape.share_bytes() * omp_get_max_threads();
}

int32_t lgv_attention_backward(const lgv_attention_backward_args* args) {
  if (args == nullptr) {
    return LGV_NULL_POINTER;
  }
  if (int32_t status = check_sizes(*args)) {
    return status;
  }
  if (!is_finite(args->scale) || !is_flag(args->causal)) {
    return LGV_BAD_VALUE;
  }
  if (args->n == 0) {
    return LGV_OK;
  }
  if (args->q == nullptr || args->k == nullptr || args->v == nullptr || args->y == nullptr || args->dy == nullptr ||
      args->dq == nullptr || args->dk == nullptr || args->dv == nullptr) {
    return LGV_NULL_POINTER;
  }
  const AttentionGradientShape shape(*args);
  if (int32_t status = check_scratch(args->scratch, args->scratch_bytes, shape.part_bytes() + shape.share_bytes())) {
    return status;
  }
  kernels().attention_backward(*args);
  return LGV_OK;
}
