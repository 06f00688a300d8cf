// What the entry points of attention and of its gradient check alike; both argument blocks have these fields.
#ifndef LANGEVIN_CPU_ATTENTION_CHECKS_H
#define LANGEVIN_CPU_ATTENTION_CHECKS_H

#include "checks.h"

namespace lgv {
namespace {

// A tensor (n, length, heads, d) by strides: whether its last offset can be computed.
inline bool strides_ok(int64_t n, int64_t length, int64_t row, int64_t row_stride, int64_t batch_stride) {
  return row_stride >= row && batch_stride >= 0 && fits(length, row_stride) && fits(n, batch_stride);
}

// Of q, k and v, rows of heads * d elements.
template <typename Args>
bool sources_ok(const Args& args) {
  const int64_t row = args.heads * args.head_size;
  return strides_ok(args.n, args.query_length, row, args.q_row_stride, args.q_batch_stride) &&
         strides_ok(args.n, args.key_length, row, args.k_row_stride, args.k_batch_stride) &&
         strides_ok(args.n, args.key_length, row, args.v_row_stride, args.v_batch_stride);
}

template <typename Args>
bool bias_ok(const Args& args) {
  return args.bias == nullptr ||
         (args.bias_batch_stride >= 0 && args.bias_head_stride >= 0 && args.bias_query_stride >= 0 &&
          args.bias_key_stride >= 0 && fits(args.n, args.bias_batch_stride) &&
          fits(args.heads, args.bias_head_stride) && fits(args.query_length, args.bias_query_stride) &&
          fits(args.key_length, args.bias_key_stride));
}

}  // namespace
}  // namespace lgv

#endif
