// Activations, sums, products and gates: eight neighbours a thread.
#include "post.h"

LGC_KERNEL(lgc_pointwise, lgc_pointwise_args, LGC_POINTWISE_THREADS) {
  const int64_t sample = args.spatial * args.channels;
  const int64_t elements = args.n * sample;
  const bool whole = args.channels % LANES == 0;  // no eight of them lie in two pixels
  const int64_t step = (int64_t)gridDim.x * LGC_POINTWISE_ELEMENTS;
  for (int64_t i = ((int64_t)blockIdx.x * LGC_POINTWISE_THREADS + threadIdx.x) * LANES; i < elements; i += step) {
    const int64_t n = i / sample;
    if (whole) {
      float y[LANES];
      load8(args.src, args.src_type, i, y);
      finish8(args, n, i % sample / args.channels, i % args.channels, y);
      store8(args.dst, args.dst_type, i, y);
      continue;
    }
    for (int64_t j = i; j < smaller(elements, i + LANES); j++) {
      const float y = load(args.src, args.src_type, j);
      store(args.dst, args.dst_type, j, finish(args, j / sample, j % sample / args.channels, j % args.channels, y));
    }
  }
}

LGC_KERNEL(lgc_gate, lgc_gate_args, LGC_POINTWISE_THREADS) {
  const int64_t elements = args.rows * args.channels;
  const float value = (float)args.value;
  const int64_t factor = args.gate_first != 0 ? args.channels : 0;
  const int64_t gate = args.channels - factor;
  const bool whole = args.channels % LANES == 0;
  const int64_t step = (int64_t)gridDim.x * LGC_POINTWISE_ELEMENTS;
  for (int64_t i = ((int64_t)blockIdx.x * LGC_POINTWISE_THREADS + threadIdx.x) * LANES; i < elements; i += step) {
    if (whole) {
      const int64_t row = i / args.channels * 2 * args.channels + i % args.channels;
      float a[LANES], b[LANES];
      load8(args.src, args.src_type, row + factor, a);
      load8(args.src, args.src_type, row + gate, b);
      LGC_UNROLL for (int j = 0; j < LANES; j++) {
        a[j] *= activate(args.post, value, b[j]);
      }
      store8(args.dst, args.dst_type, i, a);
      continue;
    }
    for (int64_t j = i; j < smaller(elements, i + LANES); j++) {
      const int64_t row = j / args.channels * 2 * args.channels + j % args.channels;
      store(args.dst, args.dst_type, j,
            load(args.src, args.src_type, row + factor) * activate(args.post, value, load(args.src, args.src_type, row + gate)));
    }
  }
}
