// The parts that attention's gradient is worked in, and the places of its scratch.
#ifndef LANGEVIN_CPU_ATTENTION_BACKWARD_H
#define LANGEVIN_CPU_ATTENTION_BACKWARD_H

#include "attention.h"
#include "langevin_training.h"
#include "sizes.h"

namespace lgv {
namespace {

// A task is up to PART_QUERIES queries of one head; it sums what they say about all keys and values in memory of its own,
// since several add to the same keys. Its size does not follow from the threads, so that the sums do not either.
struct AttentionGradientShape {
  static constexpr int64_t QUERIES = AttentionShare::QUERIES;
  static constexpr int64_t KEYS = AttentionShare::KEYS;
  static constexpr int64_t PART_QUERIES = 1024;

  int64_t stride;       // between rows of d elements, which are filled with zeros
  int64_t blocks;       // of keys
  int64_t parts;        // of a head's queries
  int64_t part_floats;  // two sums (Lk, stride), of keys and of values
  int64_t tasks;

  // Where each array of a thread's share starts, in floats; all are 64-byte aligned.
  int64_t queries;        // (d, QUERIES): transposed and scaled
  int64_t results;        // (d, QUERIES): dy transposed
  int64_t sums_of_query;  // (d, QUERIES): dq, or y transposed before
  int64_t query_rows;     // (QUERIES, stride)
  int64_t result_rows;    // (QUERIES, stride): dy
  int64_t keys;           // (KEYS, stride)
  int64_t values;         // (KEYS, stride)
  int64_t slopes;         // (KEYS, QUERIES): the gradient by the scores
  int64_t maxima;         // (QUERIES); likewise the next three
  int64_t sums;
  int64_t dots;           // y . dy
  int64_t factors;        // what a new maximum changes, of no use here
  int64_t block_maxima;   // (blocks, QUERIES): to which a block's weights are relative
  int64_t weights;        // (blocks * KEYS, QUERIES)
  int64_t share_floats;

  explicit AttentionGradientShape(const lgv_attention_backward_args& args) {
    const int64_t d = args.head_size;
    stride = AttentionShare(d).key_stride;
    blocks = divide_up(args.key_length, KEYS);
    parts = divide_up(args.query_length, PART_QUERIES);
    part_floats = 2 * args.key_length * stride;
    tasks = args.n * args.heads * parts;
    queries = 0;
    results = queries + d * QUERIES;
    sums_of_query = results + d * QUERIES;
    query_rows = sums_of_query + d * QUERIES;
    result_rows = query_rows + QUERIES * stride;
    keys = result_rows + QUERIES * stride;
    values = keys + KEYS * stride;
    slopes = values + KEYS * stride;
    maxima = slopes + KEYS * QUERIES;
    sums = maxima + QUERIES;
    dots = sums + QUERIES;
    factors = dots + QUERIES;
    block_maxima = factors + QUERIES;
    weights = block_maxima + blocks * QUERIES;
    share_floats = weights + blocks * KEYS * QUERIES;
  }

  int64_t part_bytes() const { return tasks * part_floats * 4; }
  int64_t share_bytes() const { return share_floats * 4; }
};

}  // namespace
}  // namespace lgv

#endif
