// The tiles that attention is worked in, and the places of a thread's share of the scratch.
#ifndef LANGEVIN_CPU_ATTENTION_H
#define LANGEVIN_CPU_ATTENTION_H

#include "langevin.h"

namespace lgv {
namespace {

struct AttentionShare {
  static constexpr int64_t QUERIES = 64;  // of a task
  static constexpr int64_t KEYS = 64;     // of a block of keys

  int64_t key_stride;  // between the rows of the copies of keys and values

  // All counts of floats are multiples of 16, so that everything is 64-byte aligned.
  explicit AttentionShare(int64_t head_size) {
    key_stride = (head_size + 15) / 16 * 16;
    if (key_stride % 64 == 0) {
      key_stride += 16;  // a power of two would put all rows in a few sets of the first-level cache
    }
    queries = 0;
    outputs = queries + head_size * QUERIES;
    scores = outputs + head_size * QUERIES;
    keys = scores + KEYS * QUERIES;
    values = keys + KEYS * key_stride;
    maxima = values + KEYS * key_stride;
    sums = maxima + QUERIES;
    factors = sums + QUERIES;
    floats = factors + QUERIES;
  }

  // Where each array starts, in floats.
  int64_t queries;  // (d, QUERIES): scaled
  int64_t outputs;  // (d, QUERIES): not yet divided by the sums
  int64_t scores;   // (KEYS, QUERIES): later their exponentials
  int64_t keys;     // (KEYS, key_stride)
  int64_t values;   // (KEYS, key_stride)
  int64_t maxima;   // (QUERIES)
  int64_t sums;     // (QUERIES)
  int64_t factors;  // (QUERIES): what a new maximum multiplies outputs and sums by
  int64_t floats;

  int64_t bytes() const { return floats * 4; }
};

}  // namespace
}  // namespace lgv

#endif
