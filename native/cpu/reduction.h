// The blocks that sums are taken in, each of them by one thread; the blocks' sums are then added in order. So a result
// depends on the sizes only, not on the threads.
#ifndef LANGEVIN_CPU_REDUCTION_H
#define LANGEVIN_CPU_REDUCTION_H

#include "langevin.h"

namespace lgv {
namespace {

// Of lgv_sum_rows. Scratch: double sums[outer][count][cols].
struct RowBlocks {
  // 128 KiB: a thread gets enough to stream. At least 128 rows, for the sums of a block are written and read too, and cost
  // as much memory as 2 of its rows.
  static constexpr int64_t ELEMENTS = 32768;
  static constexpr int64_t MIN_ROWS = 128;

  int64_t rows;   // of a block, a multiple of 128; the last block may have fewer
  int64_t count;  // blocks of an outer index

  explicit RowBlocks(const lgv_sum_rows_args& args) {
    const int64_t fitting = ELEMENTS / args.cols / MIN_ROWS * MIN_ROWS;
    rows = fitting < MIN_ROWS ? MIN_ROWS : fitting;
    count = (args.rows - 1) / rows + 1;
  }
};

// Of lgv_sum_squares. Scratch: double sums[blocks].
constexpr int64_t SQUARES_OF_BLOCK = 32768;

inline int64_t square_blocks(int64_t count) { return count / SQUARES_OF_BLOCK + (count % SQUARES_OF_BLOCK > 0); }

}  // namespace
}  // namespace lgv

#endif
