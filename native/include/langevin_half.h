/*
 * Convolutions and linear layers in f32 whose weights lie as halves, f16 or bf16, as a file has them: half of the memory,
 * and the same numbers, as every half is an f32. One packed array serves a layer and its gradient by the source. This
 * file is included by langevin.h, which says what holds for all kernels.
 */
#ifndef LANGEVIN_HALF_H
#define LANGEVIN_HALF_H

#include "langevin.h"

#ifdef __cplusplus
extern "C" {
#endif

/* dst[k][t][c] = src[k][c][t], rounded to nearest, ties to even: exact where src was read from halves of the type. */
typedef struct lgv_half_pack_args {
  const float* src;         /* (K, C, T) */
  uint16_t* dst;            /* (K, T, C) */
  int64_t output_channels;  /* K >= 1 */
  int64_t input_channels;   /* C >= 1 */
  int64_t taps;             /* T >= 1: height times width of a convolution's kernel, 1 for a linear layer */
  int64_t bf16;             /* or else f16 */
} lgv_half_pack_args;

LGV_API int32_t lgv_half_pack(const lgv_half_pack_args* args);

/*
 *   dst = convolution(src, weights) + bias + residual
 *
 * or, with `gradient`, its gradient by the source: src is that of the convolution's result and dst that of its source,
 * without bias and residual. Sizes are the convolution's in either case. No dilation, one group. A linear layer is a
 * kernel of 1x1 over one row of pixels. dst and src do not overlap; residual may be dst.
 */
typedef struct lgv_half_conv_args {
  const float* src;         /* (N, H, W, C), or (N, H', W', K) */
  const uint16_t* weights;  /* (K, KH * KW, C), of lgv_half_pack */
  const float* bias;        /* (K) or null */
  const float* residual;    /* as dst, or null */
  float* dst;               /* (N, H', W', K), or (N, H, W, C) */
  void* scratch;
  int64_t scratch_bytes;
  int64_t n;                /* N >= 0 */
  int64_t height;           /* H >= 1 */
  int64_t width;            /* W >= 1 */
  int64_t input_channels;   /* C >= 1 */
  int64_t output_channels;  /* K >= 1 */
  int64_t kernel_height;    /* KH >= 1 */
  int64_t kernel_width;     /* KW >= 1 */
  int64_t stride;           /* >= 1 */
  int64_t pad_top;          /* 0 <= pad < kernel; likewise the others */
  int64_t pad_left;
  int64_t pad_bottom;
  int64_t pad_right;
  int64_t bf16;
  int64_t gradient;
} lgv_half_conv_args;

LGV_API int64_t lgv_half_conv_scratch_bytes(const lgv_half_conv_args* args);
LGV_API int32_t lgv_half_conv(const lgv_half_conv_args* args);

#ifdef __cplusplus
}
#endif

#endif
