// Copies with strides, padding and a change of type; transposition.
#include "number.h"

LGC_KERNEL(lgc_copy, lgc_copy_args, LGC_POINTWISE_THREADS) {
  int64_t elements = 1;
  for (int d = 0; d < LGC_MAX_DIMS; d++) {
    elements *= args.extent[d];
  }
  // Eight neighbours lie side by side on both sides, all inside or all outside.
  const int last = LGC_MAX_DIMS - 1;
  const bool whole = args.src_stride[last] == 1 && args.dst_stride[last] == 1 && args.extent[last] % LANES == 0 &&
                     args.src_extent[last] % LANES == 0 && args.offset[last] % LANES == 0;
  const int64_t step = (int64_t)gridDim.x * LGC_POINTWISE_ELEMENTS;
  for (int64_t first = ((int64_t)blockIdx.x * LGC_POINTWISE_THREADS + threadIdx.x) * LANES; first < elements; first += step) {
    for (int64_t i = first; i < smaller(elements, first + LANES); i += whole ? LANES : 1) {
      int64_t rest = i, from = 0, to = 0;
      bool inside = true;
      LGC_UNROLL for (int d = last; d >= 0; d--) {
        const int64_t index = rest % args.extent[d];
        rest /= args.extent[d];
        const int64_t there = index - args.offset[d];
        inside = inside && there >= 0 && there < args.src_extent[d];
        from += there * args.src_stride[d];
        to += index * args.dst_stride[d];
      }
      if (whole) {
        float x[LANES] = {};
        if (inside) {
          load8(args.src, args.src_type, from, x);
        }
        store8(args.dst, args.dst_type, to, x);
      } else {
        store(args.dst, args.dst_type, to, inside ? load(args.src, args.src_type, from) : 0.0f);
      }
    }
  }
}

constexpr int SIDE = 32;

LGC_KERNEL(lgc_transpose, lgc_transpose_args, LGC_TRANSPOSE_THREADS) {
  LGC_SHARED(float, tile, SIDE * (SIDE + 1));  // one more column: a column's elements lie in different banks
  const int64_t down = parts(args.rows, SIDE), across = parts(args.columns, SIDE);
  const int x = (int)threadIdx.x % SIDE, y = (int)threadIdx.x / SIDE;
  for (int64_t unit = blockIdx.x; unit < args.batch * down * across; unit += gridDim.x) {
    const int64_t first_column = unit % across * SIDE, first_row = unit / across % down * SIDE;
    const int64_t matrix = unit / across / down * args.rows * args.columns;
    for (int i = y; i < SIDE; i += LGC_TRANSPOSE_THREADS / SIDE) {
      if (first_row + i < args.rows && first_column + x < args.columns) {
        tile[i * (SIDE + 1) + x] = load(args.src, args.src_type, matrix + (first_row + i) * args.columns + first_column + x);
      }
    }
    __syncthreads();
    for (int i = y; i < SIDE; i += LGC_TRANSPOSE_THREADS / SIDE) {
      if (first_column + i < args.columns && first_row + x < args.rows) {
        store(args.dst, args.dst_type, matrix + (first_column + i) * args.rows + first_row + x, tile[x * (SIDE + 1) + i]);
      }
    }
    __syncthreads();
  }
}
