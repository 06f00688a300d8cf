#include "reduction.h"

#include "kernels.h"
#include "parallel.h"
#include "vector.h"

namespace lgv {
namespace {

constexpr int64_t ROWS = 4;  // read side by side, so that a column's sum is read and written once for all of them

// What the hardware takes for several streams it does not fetch in time; so the rows these many bytes on are asked for.
constexpr int64_t BYTES_AHEAD = 8192;

// sums[i] += sum over rows of src[row][i]
template <int64_t R>
void add_rows(const float* src, int64_t stride, int64_t width, double* sums) {
  const int64_t ahead = (BYTES_AHEAD / (R * stride * 4 + 1) + 1) * R;
  int64_t i = 0;
  for (; i + W / 2 <= width; i += W / 2) {
    vdouble total[2] = {};  // two, for an addition takes the time of four
    for (int64_t r = 0; r < R; r++) {
      total[r % 2] += widen(load_half(src + r * stride + i));
      __builtin_prefetch(src + (r + ahead) * stride + i);
    }
    store(sums + i, load(sums + i) + (total[0] + total[1]));
  }
  for (; i < width; i++) {
    double total = 0;
    for (int64_t r = 0; r < R; r++) {
      total += src[r * stride + i];
    }
    sums[i] += total;
  }
}

void add_all_rows(const float* src, int64_t rows, int64_t width, double* sums) {
  int64_t r = 0;
  for (; r + ROWS <= rows; r += ROWS) {
    add_rows<ROWS>(src + r * width, width, width, sums);
  }
  for (; r < rows; r++) {
    add_rows<1>(src + r * width, width, width, sums);
  }
}

// Narrow rows fill no vector, or leave much of one over. FOLD of them in a row of memory make one wide row, whose sums are
// at last added by column.
constexpr int64_t FOLD = 16;
constexpr int64_t NARROW = 64;

void sum_block(const float* src, int64_t rows, int64_t cols, double* sums) {
  for (int64_t c = 0; c < cols; c++) {
    sums[c] = 0;
  }
  if (cols >= NARROW || cols % (W / 2) == 0) {
    add_all_rows(src, rows, cols, sums);
    return;
  }
  double wide[FOLD * NARROW];
  const int64_t width = FOLD * cols;
  const int64_t whole = rows / FOLD;
  for (int64_t i = 0; i < width; i++) {
    wide[i] = 0;
  }
  add_all_rows(src, whole, width, wide);
  add_rows<1>(src + whole * width, 0, (rows - whole * FOLD) * cols, wide);
  for (int64_t i = 0; i < width; i++) {
    sums[i % cols] += wide[i];
  }
}

double sum_of_squares(const float* src, int64_t count) {
  constexpr int SETS = 4;
  vdouble totals[SETS] = {};
  int64_t i = 0;
  for (; i + SETS * W / 2 <= count; i += SETS * W / 2) {
    for (int s = 0; s < SETS; s++) {
      const vdouble x = widen(load_half(src + i + s * W / 2));
      totals[s] += x * x;
    }
  }
  double total = sum((totals[0] + totals[1]) + (totals[2] + totals[3]));
  for (; i < count; i++) {
    total += (double)src[i] * src[i];
  }
  return total;
}

}  // namespace

namespace LGV_ISA {

void sum_rows(const lgv_sum_rows_args& args) {
  constexpr int64_t COLS = 64;  // of a task of the second loop: half a kilobyte in a row
  const RowBlocks blocks(args);
  double* sums = (double*)args.scratch;
  const int64_t tasks = args.outer * blocks.count;
  const int64_t chunks = (args.cols - 1) / COLS + 1;
  const int threads = threads_for((double)(args.outer * args.rows * args.cols), ELEMENTS_PER_THREAD);

#pragma omp parallel num_threads(threads) if (threads > 1)
  {
#pragma omp for schedule(static)
    for (int64_t task = 0; task < tasks; task++) {
      const int64_t outer = task / blocks.count;
      const int64_t first = task % blocks.count * blocks.rows;
      sum_block(args.src + (outer * args.rows + first) * args.cols, smaller(blocks.rows, args.rows - first), args.cols,
                sums + task * args.cols);
    }
#pragma omp for schedule(static)
    for (int64_t task = 0; task < args.outer * chunks; task++) {
      const int64_t outer = task / chunks;
      const int64_t first = task % chunks * COLS;
      const int64_t cols = smaller(COLS, args.cols - first);
      double total[COLS] = {};
      for (int64_t block = 0; block < blocks.count; block++) {
        const double* from = sums + (outer * blocks.count + block) * args.cols + first;
        for (int64_t c = 0; c < cols; c++) {
          total[c] += from[c];
        }
      }
      for (int64_t c = 0; c < cols; c++) {
        args.dst[outer * args.cols + first + c] = (float)total[c];
      }
    }
  }
}

void sum_squares(const lgv_sum_squares_args& args) {
  double* sums = (double*)args.scratch;
  const int64_t blocks = square_blocks(args.count);
  const int threads = threads_for((double)args.count, ELEMENTS_PER_THREAD);
#pragma omp parallel for num_threads(threads) if (threads > 1) schedule(static)
  for (int64_t block = 0; block < blocks; block++) {
    const int64_t first = block * SQUARES_OF_BLOCK;
    sums[block] = sum_of_squares(args.src + first, smaller(SQUARES_OF_BLOCK, args.count - first));
  }
  double total = 0;
  for (int64_t block = 0; block < blocks; block++) {
    total += sums[block];
  }
  *args.dst = total;
}

}  // namespace LGV_ISA
}  // namespace lgv
