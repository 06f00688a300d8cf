// Pictures in another size.
#include "number.h"

struct Sides {
  int64_t low, high;
  float weight;  // of the higher one
};

// Between which pixels of a side of `size` the centre of pixel i of `dst_size` lies.
LGC_DEVICE Sides between(int64_t i, int64_t size, int64_t dst_size, bool align_corners) {
  float x;
  if (align_corners) {
    x = dst_size > 1 ? (float)i * ((float)(size - 1) / (float)(dst_size - 1)) : 0.0f;
  } else {
    x = ((float)i + 0.5f) * ((float)size / (float)dst_size) - 0.5f;
  }
  x = x < 0.0f ? 0.0f : x;
  Sides sides;
  sides.low = smaller((int64_t)x, size - 1);
  sides.high = smaller(sides.low + 1, size - 1);
  sides.weight = sides.high == sides.low ? 0.0f : x - (float)sides.low;
  return sides;
}

LGC_DEVICE void resample(const lgc_resample_args& args, int64_t i, int count) {
  const int64_t c = i % args.channels;
  const int64_t ow = i / args.channels % args.dst_width;
  const int64_t oh = i / args.channels / args.dst_width % args.dst_height;
  const int64_t n = i / args.channels / args.dst_width / args.dst_height;
  const int64_t picture = n * args.height;
  float y[LANES];
  if (args.bilinear == 0) {
    const int64_t h = oh * args.height / args.dst_height, w = ow * args.width / args.dst_width;
    const int64_t from = ((picture + h) * args.width + w) * args.channels + c;
    if (count == LANES) {
      load8(args.src, args.src_type, from, y);
    } else {
      y[0] = load(args.src, args.src_type, from);
    }
  } else {
    const Sides h = between(oh, args.height, args.dst_height, args.align_corners != 0);
    const Sides w = between(ow, args.width, args.dst_width, args.align_corners != 0);
    LGC_UNROLL for (int j = 0; j < LANES; j++) {
      y[j] = 0.0f;
    }
    for (int corner = 0; corner < 4; corner++) {
      const int64_t row = corner < 2 ? h.low : h.high, column = corner % 2 == 0 ? w.low : w.high;
      const float weight = (corner < 2 ? 1.0f - h.weight : h.weight) * (corner % 2 == 0 ? 1.0f - w.weight : w.weight);
      const int64_t from = ((picture + row) * args.width + column) * args.channels + c;
      if (weight == 0.0f) {
        continue;
      }
      if (count == LANES) {
        float x[LANES];
        load8(args.src, args.src_type, from, x);
        LGC_UNROLL for (int j = 0; j < LANES; j++) {
          y[j] += weight * x[j];
        }
      } else {
        y[0] += weight * load(args.src, args.src_type, from);
      }
    }
  }
  if (count == LANES) {
    store8(args.dst, args.dst_type, i, y);
  } else {
    store(args.dst, args.dst_type, i, y[0]);
  }
}

LGC_KERNEL(lgc_resample, lgc_resample_args, LGC_POINTWISE_THREADS) {
  const int64_t elements = args.n * args.dst_height * args.dst_width * args.channels;
  const int count = args.channels % LANES == 0 ? LANES : 1;
  const int64_t step = (int64_t)gridDim.x * LGC_POINTWISE_ELEMENTS;
  for (int64_t first = ((int64_t)blockIdx.x * LGC_POINTWISE_THREADS + threadIdx.x) * LANES; first < elements; first += step) {
    for (int64_t i = first; i < smaller(elements, first + LANES); i += count) {
      resample(args, i, count);
    }
  }
}

LGC_KERNEL(lgc_average_pool, lgc_resample_args, LGC_POINTWISE_THREADS) {
  const int64_t elements = args.n * args.dst_height * args.dst_width * args.channels;
  const int64_t step = (int64_t)gridDim.x * LGC_POINTWISE_ELEMENTS;
  for (int64_t first = (int64_t)blockIdx.x * LGC_POINTWISE_ELEMENTS + threadIdx.x; first < elements; first += step) {
    for (int64_t i = first; i < smaller(elements, first + LGC_POINTWISE_ELEMENTS); i += LGC_POINTWISE_THREADS) {
      const int64_t c = i % args.channels;
      const int64_t w = i / args.channels % args.dst_width * args.window;
      const int64_t h = i / args.channels / args.dst_width % args.dst_height * args.window;
      const int64_t n = i / args.channels / args.dst_width / args.dst_height;
      float sum = 0.0f;
      for (int64_t y = 0; y < args.window; y++) {
        for (int64_t x = 0; x < args.window; x++) {
          sum += load(args.src, args.src_type, ((n * args.height + h + y) * args.width + w + x) * args.channels + c);
        }
      }
      store(args.dst, args.dst_type, i, sum / (float)(args.window * args.window));
    }
  }
}
