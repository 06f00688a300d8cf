/*
 * 3x3 convolutions with less arithmetic: Winograd's minimal filtering, as Lavin and Gray (arXiv:1509.09308) use it. This
 * file is included by langevin.h, which says what holds for all kernels.
 *
 * With tile size m a square of m x m results takes (m+2)^2 multiplications a pair of channels where the definition takes
 * 9*m^2: 2.25 times fewer with m = 2, 4 times fewer with m = 4. Results differ from the definition's by rounding only. With
 * 256 channels of normally distributed numbers the root mean squared error, relative to that of the results, is 4.9e-7 with
 * m = 2 and 1.4e-6 with m = 4, where that of an f32 sum in the definition's order is 8.2e-7; the largest is 2.4e-6 and
 * 8.0e-6, and 5.3e-6 in the definition's order. With 4 channels the root mean squared error is 3.7e-7 with m = 4, that of the sum
 * 1.1e-7: the transforms' rounding does not shrink with the sums.
 *
 * Convolutions have stride 1, no dilation and one group. Pictures may have any size: what of a tile lies outside is
 * computed and dropped, so that sizes that m divides are the best.
 */
#ifndef LANGEVIN_WINOGRAD_H
#define LANGEVIN_WINOGRAD_H

#include "langevin.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Transforms and packs a convolution's weights for lgv_winograd. The layout is the library's own and depends on the
 * instruction set: use what this call gave in the same process only. With `transposed` the result makes lgv_winograd
 * compute the convolution's gradient with respect to its src from that of its dst: channels change roles, the kernel is
 * rotated by 180 degrees.
 */
typedef struct lgv_winograd_weights_args {
  const float* src;         /* (OC, IC, 3, 3) */
  float* dst;               /* lgv_winograd_weights_bytes; fastest where 64-byte aligned */
  int64_t output_channels;  /* OC >= 1 */
  int64_t input_channels;   /* IC >= 1 */
  int64_t tile;             /* m: 2 or 4 */
  int64_t transposed;
} lgv_winograd_weights_args;

LGV_API int64_t lgv_winograd_weights_bytes(const lgv_winograd_weights_args* args);
LGV_API int32_t lgv_winograd_weights(const lgv_winograd_weights_args* args);

/*
 *   dst = (convolution(src, weights) + bias + residual) * scale
 *   dst = dst * sigmoid(dst)                                        if silu
 *
 * dst has H' = H + pad_top + pad_bottom - 2 rows of W' = W + pad_left + pad_right - 2 pixels. The gradient of a convolution
 * with padding p is one with padding 2 - p. residual may be dst.
 */
typedef struct lgv_winograd_args {
  const float* src;         /* (N, H, W, C) */
  const void* weights;      /* of lgv_winograd_weights with the same tile: C and K are IC and OC, transposed OC and IC;
                               or those of lgv_half_pack, see halves */
  const float* bias;        /* (K) or null */
  const float* residual;    /* (N, H', W', K) or null */
  float* dst;               /* (N, H', W', K) */
  void* scratch;
  int64_t scratch_bytes;    /* one thread works in every whole share of it; lgv_winograd_scratch_bytes asks for a share
                               for each of lgv_num_threads */
  int64_t n;                /* N >= 0 */
  int64_t height;           /* H >= 1 */
  int64_t width;            /* W >= 1 */
  int64_t input_channels;   /* C >= 1 */
  int64_t output_channels;  /* K >= 1 */
  int64_t tile;             /* m: 2 or 4 */
  int64_t pad_top;          /* 0 to 2; likewise the others */
  int64_t pad_left;
  int64_t pad_bottom;
  int64_t pad_right;
  int64_t silu;
  int64_t halves;           /* 0; 1 for f16 and 2 for bf16, weights (K, 9, C) of lgv_half_pack, which are transformed a panel
                               at a time while they are computed with: the results are the same to the last bit */
  int64_t transposed;       /* with halves, (C, 9, K) of the convolution whose gradient this is, as in lgv_winograd_weights */
  double scale;             /* finite */
} lgv_winograd_args;

LGV_API int64_t lgv_winograd_scratch_bytes(const lgv_winograd_args* args);
LGV_API int32_t lgv_winograd(const lgv_winograd_args* args);

/*
 * The gradient of a convolution with respect to its weights, from that of its dst: dst = sum over pixels of src * dy. With
 * tile size m a square of m x m pixels of dy takes (m+2)^2 multiplications a pair of channels. Sums over the squares are taken
 * in f32, in the same order whatever the number of threads.
 */
typedef struct lgv_winograd_gradient_args {
  const float* src;         /* (N, H, W, C) */
  const float* dy;          /* (N, H', W', K), H' and W' as in lgv_winograd */
  float* dst;               /* (K, C, 3, 3) */
  void* scratch;
  int64_t scratch_bytes;    /* as in lgv_winograd */
  int64_t n;                /* N >= 0 */
  int64_t height;           /* H >= 1 */
  int64_t width;            /* W >= 1 */
  int64_t input_channels;   /* C >= 1 */
  int64_t output_channels;  /* K >= 1 */
  int64_t tile;             /* m: 2 or 4 */
  int64_t pad_top;          /* 0 to 2; likewise the others */
  int64_t pad_left;
  int64_t pad_bottom;
  int64_t pad_right;
} lgv_winograd_gradient_args;

LGV_API int64_t lgv_winograd_gradient_scratch_bytes(const lgv_winograd_gradient_args* args);
LGV_API int32_t lgv_winograd_gradient(const lgv_winograd_gradient_args* args);

#ifdef __cplusplus
}
#endif

#endif
