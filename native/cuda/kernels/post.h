// What is still done to a result before it is stored: see LGC_POST_NONE and what follows in langevin_cuda.h.
#ifndef LANGEVIN_CUDA_POST_H
#define LANGEVIN_CUDA_POST_H

#include "number.h"

LGC_DEVICE float silu(float x) { return x / (1.0f + expf(-x)); }

// Those that have no operand.
LGC_DEVICE float activate(int64_t post, float value, float y) {
  switch (post) {
    case LGC_POST_SCALE: return y * value;
    case LGC_POST_OFFSET: return y + value;
    case LGC_POST_SWISH: return y / (1.0f + expf(-value * y));
    case LGC_POST_GELU: return 0.5f * y * (1.0f + erff(y * 0.70710678f));
    case LGC_POST_GELU_TANH: return 0.5f * y * (1.0f + tanhf(0.79788456f * (y + 0.044715f * y * y * y)));
    case LGC_POST_RELU: return y > 0.0f ? y : value * y;
    case LGC_POST_TANH: return tanhf(y);
    default: return y;
  }
}

// `Args` has the fields post, value, operand, operand_type, sample_stride and pixel_stride.
template <typename Args>
LGC_DEVICE float finish(const Args& args, int64_t n, int64_t p, int64_t c, float y) {
  for (int i = 0; i < LGC_MAX_POST && args.post[i] != LGC_POST_NONE; i++) {
    const int64_t post = args.post[i];
    if (post > LGC_POST_PRELU) {
      y = activate(post, (float)args.value[i], y);
      continue;
    }
    const float operand =
        load(args.operand[i], args.operand_type[i], n * args.sample_stride[i] + p * args.pixel_stride[i] + c);
    if (post == LGC_POST_ADD) {
      y += operand;
    } else if (post == LGC_POST_MULTIPLY) {
      y *= operand;
    } else {
      y = y > 0.0f ? y : operand * y;
    }
  }
  return y;
}

// Of eight channels that lie side by side.
template <typename Args>
LGC_DEVICE void finish8(const Args& args, int64_t n, int64_t p, int64_t c, float* y) {
  for (int i = 0; i < LGC_MAX_POST && args.post[i] != LGC_POST_NONE; i++) {
    const int64_t post = args.post[i];
    if (post > LGC_POST_PRELU) {
      const float value = (float)args.value[i];
      LGC_UNROLL for (int j = 0; j < LANES; j++) {
        y[j] = activate(post, value, y[j]);
      }
      continue;
    }
    float operand[LANES];
    load8(args.operand[i], args.operand_type[i], n * args.sample_stride[i] + p * args.pixel_stride[i] + c, operand);
    LGC_UNROLL for (int j = 0; j < LANES; j++) {
      y[j] = post == LGC_POST_ADD ? y[j] + operand[j]
                                  : (post == LGC_POST_MULTIPLY || y[j] <= 0.0f ? y[j] * operand[j] : y[j]);
    }
  }
}

#endif
