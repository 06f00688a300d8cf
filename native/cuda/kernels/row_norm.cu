// Layer and root-mean-square normalisation: a warp a row, so no barrier is needed.
#include "post.h"
#include "reduce.h"

LGC_DEVICE float value_of(const lgc_row_norm_args& args, int64_t i) {
  const float x = load(args.src, args.src_type, i);
  return args.add == nullptr ? x : x + load(args.add, args.src_type, i);
}

LGC_KERNEL(lgc_row_norm, lgc_row_norm_args, LGC_ROW_NORM_THREADS) {
  const int lane = (int)threadIdx.x % 32;
  const int64_t step = (int64_t)gridDim.x * LGC_ROW_NORM_ROWS;
  for (int64_t row = (int64_t)blockIdx.x * LGC_ROW_NORM_ROWS + threadIdx.x / 32; row < args.rows; row += step) {
    const int64_t first = row * args.channels;
    // Deviations from the row's first value: see group_norm.cu.
    const float shift = args.rms != 0 ? 0.0f : value_of(args, first);
    float s = 0.0f, q = 0.0f;
    for (int64_t c = lane; c < args.channels; c += 32) {
      const float d = value_of(args, first + c) - shift;
      s += d;
      q += d * d;
    }
    const double count = (double)args.channels;
    const double total = args.rms != 0 ? 0 : warp_sum((double)s);
    const double squares = warp_sum((double)q) - total * total / count;
    const float mean = (float)(shift + total / count);
    const float factor = (float)(1 / sqrt(squares / count + args.eps));
    const int64_t n = row / args.spatial;
    for (int64_t c = lane; c < args.channels; c += 32) {
      const float x = value_of(args, first + c);
      float y = (x - mean) * factor * (args.gamma == nullptr ? 1.0f : args.gamma[c]) + (args.beta == nullptr ? 0.0f : args.beta[c]);
      if (args.scale != nullptr) {
        y = y * (1.0f + load(args.scale, args.row_type, n * args.scale_stride + c)) +
            load(args.shift, args.row_type, n * args.shift_stride + c);
      }
      if (args.sum != nullptr) {
        store(args.sum, args.src_type, first + c, x);
      }
      store(args.dst, args.dst_type, first + c, args.silu != 0 ? silu(y) : y);
    }
  }
}
