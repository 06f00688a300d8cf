/*
 * Convolutions and linear layers in 8-bit integers, for processors whose instructions add four products of bytes at once (VNNI);
 * others compute the same by slower ones. This file is included by langevin.h, which says what holds for all kernels.
 *
 * Weights become signed bytes with a scale for each result channel, w = s q, |q| <= 127. Activations become unsigned bytes when
 * they are read, x = s (q - z), with a scale s and a zero z of their own for each row of a linear layer (kernel 1) and for each
 * band of rows of a picture (kernel 3), found from the least and the largest value there. Sums are exact in 32 bits; all else
 * is f32. So a result's error is at most that of rounding: for each product |x| s_w / 2 + |w| s_x / 2 + s_x s_w / 4.
 * A band that has a value that is not finite gives results that are not numbers.
 *
 * Attention reads keys and values as bytes with a scale and a zero for each channel of a head, over all keys, and each query
 * as signed bytes with one scale; weights are bytes within each block of 128 keys.
 */
#ifndef LANGEVIN_INT8_H
#define LANGEVIN_INT8_H

#include "langevin.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Quantises and packs weights for lgv_int8. The layout is the library's own, the same at every instruction set. */
typedef struct lgv_int8_weights_args {
  const float* src;         /* (K, C, kernel, kernel) */
  void* dst;                /* lgv_int8_weights_bytes, 64-byte aligned */
  int64_t output_channels;  /* K >= 1 */
  int64_t input_channels;   /* C >= 1; C rounded up to 16, times the squared kernel, at most 65536 */
  int64_t kernel;           /* 1 or 3 */
} lgv_int8_weights_args;

LGV_API int64_t lgv_int8_weights_bytes(const lgv_int8_weights_args* args);
LGV_API int32_t lgv_int8_weights(const lgv_int8_weights_args* args);

/* What is still done to a result y: lgv_int8_args.post, with the operand and the value of the same index */
#define LGV_POST_NONE 0
#define LGV_POST_ADD 1       /* y + operand */
#define LGV_POST_MULTIPLY 2  /* y * operand */
#define LGV_POST_SCALE 3     /* y * value */
#define LGV_POST_SWISH 4     /* y * sigmoid(value * y) */
#define LGV_POST_GELU 5      /* y * (1 + erf(y / sqrt(2))) / 2 (arXiv:1606.08415), erf within 2e-7 */

#define LGV_MAX_POST 4

/*
 * dst = convolution(src, weights) + bias, then every post in turn. H' = (H + pad_top + pad_bottom - kernel) / stride + 1, W'
 * likewise. A linear layer of R rows has kernel 1, height 1, width R.
 */
typedef struct lgv_int8_args {
  const float* src;            /* (N, H, W, C) */
  const void* weights;         /* of lgv_int8_weights, 64-byte aligned */
  const float* bias;           /* (K) or null */
  const float* operand[LGV_MAX_POST]; /* (N, H', W', K), may be dst; read for a post that has one */
  float* dst;                  /* (N, H', W', K) */
  void* scratch;
  int64_t scratch_bytes;       /* one thread works in every whole share of it; lgv_int8_scratch_bytes asks for a share for
                                  each of lgv_num_threads */
  int64_t n;                   /* N >= 0 */
  int64_t height;              /* H >= 1 */
  int64_t width;               /* W >= 1 */
  int64_t input_channels;      /* C */
  int64_t output_channels;     /* K */
  int64_t kernel;              /* 1, with stride 1 and no padding, or 3 */
  int64_t stride;              /* 1 or 2 */
  int64_t pad_top;             /* 0 to 2; likewise the others */
  int64_t pad_left;
  int64_t pad_bottom;
  int64_t pad_right;
  int64_t post[LGV_MAX_POST];  /* LGV_POST_... */
  double value[LGV_MAX_POST];  /* finite */
} lgv_int8_args;

LGV_API int64_t lgv_int8_scratch_bytes(const lgv_int8_args* args);
LGV_API int32_t lgv_int8(const lgv_int8_args* args);

/*
 * lgv_attention in bytes, without bias and not causal: with either it is LGV_BAD_VALUE. With ds and dv the ranges of a key's and
 * a value's channel over all keys, q' = scale q and |.| the largest, a score's error is at most
 * sum over d of |q'| ds / 510 + |q' ds| / 254 (the largest of the channels), a weight's besides 0.0023 of it and 1/510 of its
 * block's largest, a value's dv / 254. What is not finite makes its query's results not numbers, and of a key or a value those of
 * its whole head. Every instruction set gives the same bits.
 *
 * Scratch holds the bytes of all keys and values first, and one thread works in every whole share of what follows.
 */
LGV_API int64_t lgv_int8_attention_scratch_bytes(const lgv_attention_args* args);
LGV_API int32_t lgv_int8_attention(const lgv_attention_args* args);

#ifdef __cplusplus
}
#endif

#endif
