// What samplers and autoencoders do to whole samples, in double as the host does it.
#include "number.h"
#include "reduce.h"

LGC_KERNEL(lgc_axpby, lgc_axpby_args, LGC_POINTWISE_THREADS) {
  const int64_t step = (int64_t)gridDim.x * LGC_POINTWISE_THREADS;
  for (int64_t i = (int64_t)blockIdx.x * LGC_POINTWISE_THREADS + threadIdx.x; i < args.elements; i += step) {
    const double by = product(args.b, args.y[i]);
    args.target[i] = (float)(args.a == 0 ? by : sum(by, product(args.a, args.x[i])));
  }
}

LGC_KERNEL(lgc_keep, lgc_keep_args, LGC_POINTWISE_THREADS) {
  const int64_t step = (int64_t)gridDim.x * LGC_POINTWISE_THREADS;
  for (int64_t i = (int64_t)blockIdx.x * LGC_POINTWISE_THREADS + threadIdx.x; i < args.elements; i += step) {
    const double kept = sum(product(args.signal, args.picture[i]), product(args.noise, args.drawn[i]));
    const float mask = args.mask[i % args.period];
    args.x[i] = (float)sum(product(1 - mask, kept), (double)(mask * args.x[i]));
  }
}

LGC_KERNEL(lgc_rescale, lgc_rescale_args, LGC_RESCALE_THREADS) {
  LGC_SHARED(double, partial, 32);
  const double count = (double)args.elements;
  for (int64_t n = blockIdx.x; n < args.samples; n += gridDim.x) {
    const int64_t negative = n * args.elements, conditional = (n + args.samples) * args.elements;
    double means[2] = {0, 0}, squares[2] = {0, 0};
    for (int pass = 0; pass < 2; pass++) {
      double sums[2] = {0, 0};
      for (int64_t i = threadIdx.x; i < args.elements; i += LGC_RESCALE_THREADS) {
        const float u = load(args.answers, args.type, negative + i), c = load(args.answers, args.type, conditional + i);
        const double alone = c - means[0], guided = u + args.guidance * (c - u) - means[1];
        sums[0] += pass == 0 ? alone : alone * alone;
        sums[1] += pass == 0 ? guided : guided * guided;
      }
      for (int which = 0; which < 2; which++) {
        const double total = block_sum(sums[which], partial);
        if (pass == 0) {
          means[which] = total / count;
        } else {
          squares[which] = total;
        }
      }
    }
    // Both deviations have the same divisor.
    const double factor = args.amount * sqrt(squares[0] / squares[1]) + 1 - args.amount;
    for (int64_t i = threadIdx.x; i < args.elements; i += LGC_RESCALE_THREADS) {
      for (int half = 0; half < 2; half++) {
        const int64_t at = (half == 0 ? negative : conditional) + i;
        store(args.answers, args.type, at, (float)(load(args.answers, args.type, at) * factor));
      }
    }
  }
}

LGC_KERNEL(lgc_gaussian_sample, lgc_gaussian_sample_args, LGC_POINTWISE_THREADS) {
  const int64_t step = (int64_t)gridDim.x * LGC_POINTWISE_THREADS;
  for (int64_t i = (int64_t)blockIdx.x * LGC_POINTWISE_THREADS + threadIdx.x; i < args.rows * args.channels; i += step) {
    const int64_t from = i / args.channels * 2 * args.channels + i % args.channels;
    const float variance = load(args.moments, args.moments_type, from + args.channels);
    const double limited = variance < -30.0f ? -30.0f : (variance > 20.0f ? 20.0f : variance);
    const double mean = load(args.moments, args.moments_type, from);
    store(args.dst, args.dst_type, i, (float)sum(mean, product(exp(limited / 2), args.noise[i])));
  }
}
