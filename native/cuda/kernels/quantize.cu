// Rows as bytes with a scale each.
#include "number.h"
#include "reduce.h"

LGC_KERNEL(lgc_quantize, lgc_quantize_args, LGC_QUANTIZE_THREADS) {
  LGC_SHARED(float, partial, 32);
  const float limit = args.dst_type == LGC_S8 ? 127.0f : 448.0f;
  for (int64_t row = blockIdx.x; row < args.rows; row += gridDim.x) {
    const int64_t first = row * args.channels;
    float scale;
    if (args.given != 0) {
      scale = args.scale[row * args.scale_stride];
    } else {
      float largest = 0.0f;
      for (int64_t c = threadIdx.x; c < args.channels; c += LGC_QUANTIZE_THREADS) {
        const float x = fabsf(load(args.src, args.src_type, first + c));
        largest = x > largest || is_nan(x) ? x : largest;
        if (is_nan(largest)) {
          break;  // nothing is larger, but a comparison would say so
        }
      }
      largest = block_max(largest, partial);
      scale = largest == 0.0f ? 1.0f : largest / limit;
      if (bits_of(largest) == 0x7f800000u) {
        scale = float_of(0x7fc00000u);
      }
      if (threadIdx.x == 0) {
        args.scale[row] = scale;
      }
    }
    for (int64_t c = threadIdx.x; c < args.channels; c += LGC_QUANTIZE_THREADS) {
      store(args.dst, args.dst_type, first + c, load(args.src, args.src_type, first + c) / scale);
    }
  }
}
