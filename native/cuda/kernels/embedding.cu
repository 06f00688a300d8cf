// Rows of tables, and what tells positions and times apart.
#include "number.h"
#include "reduce.h"

LGC_KERNEL(lgc_embedding, lgc_embedding_args, LGC_POINTWISE_THREADS) {
  const int64_t elements = args.count * args.channels;
  const int64_t step = (int64_t)gridDim.x * LGC_POINTWISE_ELEMENTS;
  for (int64_t first = (int64_t)blockIdx.x * LGC_POINTWISE_ELEMENTS + threadIdx.x; first < elements; first += step) {
    const int64_t end = smaller(elements, first + LGC_POINTWISE_ELEMENTS);
    for (int64_t i = first; i < end; i += LGC_POINTWISE_THREADS) {
      const int64_t place = i / args.channels, c = i % args.channels;
      const int64_t row = args.indices[place];
      float x = 0.0f;
      if (row >= 0 && row < args.entries) {
        x = load(args.table, args.table_type, row * args.channels + c);
        if (args.positions != nullptr) {
          x += load(args.positions, args.table_type, place % args.length * args.channels + c);
        }
      } else if (args.bad != nullptr) {
        atomicExch(args.bad, 1);
      }
      store(args.dst, args.dst_type, i, x);
    }
  }
}

LGC_KERNEL(lgc_time_embedding, lgc_time_embedding_args, LGC_POINTWISE_THREADS) {
  const int64_t half = args.dim / 2;
  const int64_t step = (int64_t)gridDim.x * LGC_POINTWISE_THREADS;
  for (int64_t i = (int64_t)blockIdx.x * LGC_POINTWISE_THREADS + threadIdx.x; i < args.n * args.dim; i += step) {
    const int64_t c = i % args.dim;
    float y = 0.0f;
    if (c < 2 * half) {
      const float angle = args.timesteps[i / args.dim] * args.frequencies[c % half];
      // In double, for angles reach 1000: the functions of f32 are coarser, and these are few.
      y = (float)((c < half) == (args.flip_sin_to_cos != 0) ? cos((double)angle) : sin((double)angle));
    }
    store(args.dst, args.dst_type, i, y);
  }
}

LGC_KERNEL(lgc_rope, lgc_rope_args, LGC_POINTWISE_THREADS) {
  const int64_t pairs = parts(args.head_size, 2), half = args.rotated / 2;
  const int64_t all = args.n * args.length * args.heads * pairs;
  const int64_t step = (int64_t)gridDim.x * LGC_POINTWISE_THREADS;
  for (int64_t i = (int64_t)blockIdx.x * LGC_POINTWISE_THREADS + threadIdx.x; i < all; i += step) {
    const int64_t pair = i % pairs, head = i / pairs % args.heads;
    const int64_t token = i / pairs / args.heads % args.length, n = i / pairs / args.heads / args.length;
    const int64_t from = n * args.src_batch_stride + token * args.src_row_stride + head * args.head_size;
    const int64_t to = n * args.dst_batch_stride + token * args.dst_row_stride + head * args.head_size;
    // Pairs behind the rotated ones are neighbours.
    const bool turns = pair < half;
    const int64_t a = turns && args.interleaved == 0 ? pair : 2 * pair;
    const int64_t b = turns && args.interleaved == 0 ? pair + half : 2 * pair + 1;
    const float x = load(args.src, args.src_type, from + a);
    const float y = b < args.head_size ? load(args.src, args.src_type, from + b) : 0.0f;
    const float cosine = turns ? args.cosines[token * half + pair] : 1.0f;
    const float sine = turns ? args.sines[token * half + pair] : 0.0f;
    store(args.dst, args.dst_type, to + a, turns ? x * cosine - y * sine : x);
    if (b < args.head_size) {
      store(args.dst, args.dst_type, to + b, turns ? x * sine + y * cosine : y);
    }
  }
}

LGC_KERNEL(lgc_nearest_row, lgc_nearest_row_args, LGC_ROW_NORM_THREADS) {
  const int lane = (int)threadIdx.x % 32;
  const int64_t step = (int64_t)gridDim.x * LGC_ROW_NORM_ROWS;
  for (int64_t row = (int64_t)blockIdx.x * LGC_ROW_NORM_ROWS + threadIdx.x / 32; row < args.rows; row += step) {
    double least = 1e300;
    int64_t nearest = args.entries;
    for (int64_t k = lane; k < args.entries; k += 32) {
      double distance = 0;
      for (int64_t c = 0; c < args.channels; c++) {
        const double d =
            (double)load(args.src, args.src_type, row * args.channels + c) - (double)args.table[k * args.channels + c];
        distance = sum(distance, product(d, d));
      }
      if (distance < least) {
        least = distance;
        nearest = k;
      }
    }
    for (int other = 16; other > 0; other /= 2) {
      const double theirs = __shfl_xor_sync(ALL_LANES, least, other);
      const int64_t place = __shfl_xor_sync(ALL_LANES, nearest, other);
      if (theirs < least || (theirs == least && place < nearest)) {
        least = theirs;
        nearest = place;
      }
    }
    nearest = nearest < args.entries ? nearest : 0;  // a row that is not a number is nearest to none
    for (int64_t c = lane; c < args.channels; c += 32) {
      store(args.dst, args.dst_type, row * args.channels + c, args.table[nearest * args.channels + c]);
    }
  }
}
