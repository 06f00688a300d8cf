// Attention in 8-bit integers: where its bytes lie in the scratch.
//
// Before the queries, the keys and values of each head of each sample are written as bytes, once for all queries: a packed
// head. Every thread then has a share as in attention.h.
#ifndef LANGEVIN_CPU_INT8_ATTENTION_H
#define LANGEVIN_CPU_INT8_ATTENTION_H

#include "langevin.h"
#include "sizes.h"

namespace lgv {
namespace {

struct Int8AttentionShape {
  static constexpr int64_t QUERIES = 64;  // of a task
  static constexpr int64_t KEYS = 128;    // of a block of keys

  int64_t key_bytes;    // of a key or query, filled up with zeros
  int64_t value_bytes;  // of four keys' values: for each channel the four bytes

  // Where each array of a packed head starts, in bytes.
  int64_t query_factors;   // (d) f32: what multiplies a query's channel
  int64_t value_scales;    // (d) f32
  int64_t value_middles;   // (d) f32
  int64_t keys;            // (Lk, key_bytes)
  int64_t values;          // (Lk / 4 rounded up, value_bytes)
  int64_t head_bytes;
  int64_t packed_bytes;    // of all heads

  // And of a share.
  int64_t queries;         // (key_bytes / 4, QUERIES, 4)
  int64_t scores;          // (KEYS, QUERIES) int32
  int64_t weights;         // (KEYS / 4, QUERIES, 4)
  int64_t outputs;         // (d, QUERIES) f32
  int64_t query_scales;    // (QUERIES) f32: of a score; not a number for a query that is none
  int64_t block_maxima;    // (QUERIES) int32: of the scores of a block of keys
  int64_t maxima;          // (QUERIES) int32: of those so far
  int64_t sums;            // (QUERIES) f32: of weights, as outputs are of weighted values
  int64_t old_factors;     // (QUERIES) f32: what a new maximum multiplies outputs and sums by
  int64_t new_factors;     // (QUERIES) f32: and what it multiplies the block's by
  int64_t share_bytes;

  explicit Int8AttentionShape(const lgv_attention_args& args) {
    const int64_t d = args.head_size;
    key_bytes = divide_up(d, 4) * 4;
    value_bytes = 4 * d;
    int64_t end = 0;
    query_factors = place(end, 4 * d);
    value_scales = place(end, 4 * d);
    value_middles = place(end, 4 * d);
    keys = place(end, args.key_length * key_bytes + 64);  // keys are written in whole vectors
    values = place(end, divide_up(args.key_length, 4) * value_bytes);
    head_bytes = end;
    packed_bytes = args.n * args.heads * head_bytes;
    end = 0;
    queries = place(end, key_bytes * QUERIES);
    scores = place(end, KEYS * QUERIES * 4);
    weights = place(end, KEYS * QUERIES);
    outputs = place(end, d * QUERIES * 4);
    query_scales = place(end, QUERIES * 4);
    block_maxima = place(end, QUERIES * 4);
    maxima = place(end, QUERIES * 4);
    sums = place(end, QUERIES * 4);
    old_factors = place(end, QUERIES * 4);
    new_factors = place(end, QUERIES * 4);
    share_bytes = end;
  }

 private:
  static int64_t place(int64_t& end, int64_t bytes) {
    const int64_t start = end;
    end += divide_up(bytes, 64) * 64;
    return start;
  }
};

}  // namespace
}  // namespace lgv

#endif
