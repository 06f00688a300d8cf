/*
 * The kernels that training needs beside those of langevin.h, which includes this file and says what holds for all: one
 * block of 8-byte fields a call, scratch lent by the caller, f32, channels-last, results that do not depend on the number
 * of threads.
 *
 * A backward kernel takes the gradient of its forward kernel's result, dy, and gives that of the forward kernel's
 * arguments. Gradients are written, not added to what is there.
 */
#ifndef LANGEVIN_TRAINING_H
#define LANGEVIN_TRAINING_H

#include "langevin.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- sums -------------------------------------------------------------------------------------------------------- */

/*
 * dst[o][c] = sum over rows r of src[o][r][c]: the gradient of a bias, with outer 1 and all pixels of the batch for
 * rows; and of what is added to all pixels of a sample, with outer N and rows HW. Taken in double over blocks of rows
 * whose size follows from cols only.
 */
typedef struct lgv_sum_rows_args {
  const float* src;      /* (outer, rows, cols) */
  float* dst;            /* (outer, cols) */
  void* scratch;
  int64_t scratch_bytes;
  int64_t outer;         /* >= 0 */
  int64_t rows;          /* >= 1 */
  int64_t cols;          /* >= 1 */
} lgv_sum_rows_args;

LGV_API int64_t lgv_sum_rows_scratch_bytes(const lgv_sum_rows_args* args);
LGV_API int32_t lgv_sum_rows(const lgv_sum_rows_args* args);

/* dst = sum of src[i]^2, in double: for the norm of a gradient. Gives 0 for no elements. */
typedef struct lgv_sum_squares_args {
  const float* src;      /* (count) */
  double* dst;           /* (1) */
  void* scratch;
  int64_t scratch_bytes;
  int64_t count;         /* >= 0 */
} lgv_sum_squares_args;

LGV_API int64_t lgv_sum_squares_scratch_bytes(const lgv_sum_squares_args* args);
LGV_API int32_t lgv_sum_squares(const lgv_sum_squares_args* args);

/* ---- normalisation ----------------------------------------------------------------------------------------------- */

/*
 * The gradients of lgv_group_norm. Statistics are taken anew from src. Any gradient but dst may be null.
 * dst may be dy.
 */
typedef struct lgv_group_norm_backward_args {
  const float* src;       /* (N, HW, C) */
  const float* add;       /* (N, C) or null; this and the next four as in the forward kernel */
  const float* gamma;     /* (C) */
  const float* beta;      /* (C) */
  const float* scale;     /* (N, C) or null */
  const float* shift;     /* (N, C) or null */
  const float* dy;        /* (N, HW, C) */
  float* dst;             /* (N, HW, C), by src */
  float* dgamma;          /* (C) */
  float* dbeta;           /* (C) */
  float* dadd;            /* (N, C) */
  float* dscale;          /* (N, C) */
  float* dshift;          /* (N, C) */
  void* scratch;
  int64_t scratch_bytes;
  int64_t n;              /* N >= 0 */
  int64_t spatial;        /* HW >= 1 */
  int64_t channels;       /* C >= 1 */
  int64_t groups;         /* divides C */
  int64_t add_stride;     /* from one row to the next, >= C; not read where the pointer is null; likewise the others */
  int64_t scale_stride;
  int64_t shift_stride;
  int64_t dadd_stride;
  int64_t dscale_stride;
  int64_t dshift_stride;
  int64_t silu;
  double eps;             /* > 0 */
} lgv_group_norm_backward_args;

LGV_API int64_t lgv_group_norm_backward_scratch_bytes(const lgv_group_norm_backward_args* args);
LGV_API int32_t lgv_group_norm_backward(const lgv_group_norm_backward_args* args);

/* The gradients of lgv_layer_norm. dgamma and dbeta may be null; dst may be dy. */
typedef struct lgv_layer_norm_backward_args {
  const float* src;       /* (rows, C) */
  const float* gamma;     /* (C) */
  const float* dy;        /* (rows, C) */
  float* dst;             /* (rows, C), by src */
  float* dgamma;          /* (C) */
  float* dbeta;           /* (C) */
  void* scratch;
  int64_t scratch_bytes;
  int64_t rows;           /* >= 0 */
  int64_t channels;       /* C >= 1 */
  double eps;             /* > 0 */
} lgv_layer_norm_backward_args;

LGV_API int64_t lgv_layer_norm_backward_scratch_bytes(const lgv_layer_norm_backward_args* args);
LGV_API int32_t lgv_layer_norm_backward(const lgv_layer_norm_backward_args* args);

/* ---- attention --------------------------------------------------------------------------------------------------- */

/*
 * The gradients of lgv_attention by q, k and v, not by the bias, without the Lq x Lk matrices ever lying in memory (Dao et
 * al., arXiv:2205.14135, appendix B.2). dq, dk and dv have the strides of q, k and v, so they may be slices of one
 * fused (N, L, 3*heads*d) matrix, too; samples may not share rows. A query whose pairs are all masked has no gradient.
 */
typedef struct lgv_attention_backward_args {
  const float* q;             /* (N, Lq, heads, d); this to bias as in the forward kernel */
  const float* k;             /* (N, Lk, heads, d) */
  const float* v;             /* (N, Lk, heads, d) */
  const float* bias;          /* or null */
  const float* y;             /* (N, Lq, heads, d), the forward kernel's result, contiguous */
  const float* dy;            /* (N, Lq, heads, d), contiguous */
  float* dq;
  float* dk;
  float* dv;
  void* scratch;
  int64_t scratch_bytes;      /* sums of dk and dv, then one thread works in every whole share of the rest;
                                 lgv_attention_backward_scratch_bytes asks for a share for each of lgv_num_threads */
  int64_t n;                  /* N >= 0 */
  int64_t heads;              /* >= 1 */
  int64_t head_size;          /* d, 1 to 512 */
  int64_t query_length;       /* Lq >= 1 */
  int64_t key_length;         /* Lk >= 1 */
  int64_t q_row_stride;       /* >= heads*d; likewise the other row strides */
  int64_t q_batch_stride;
  int64_t k_row_stride;
  int64_t k_batch_stride;
  int64_t v_row_stride;
  int64_t v_batch_stride;
  int64_t bias_batch_stride;
  int64_t bias_head_stride;
  int64_t bias_query_stride;
  int64_t bias_key_stride;
  int64_t causal;
  double scale;               /* finite */
} lgv_attention_backward_args;

LGV_API int64_t lgv_attention_backward_scratch_bytes(const lgv_attention_backward_args* args);
LGV_API int32_t lgv_attention_backward(const lgv_attention_backward_args* args);

/* ---- optimizer --------------------------------------------------------------------------------------------------- */

/*
 * A step of AdamW (Loshchilov and Hutter, arXiv:1711.05101, algorithm 2) as torch.optim.AdamW takes it, and of the
 * exponential moving average of the parameters as diffusers' EMAModel does, in one pass over memory:
 *
 *   g       = grad * grad_scale
 *   param   = param * (1 - learning_rate * weight_decay)
 *   moment1 = moment1 + (1 - beta1) * (g - moment1)         or g - beta1 * (g - moment1), if 1 - beta1 >= 0.5
 *   moment2 = moment2 * beta2 + (1 - beta2) * g * g
 *   param   = param - learning_rate / bias_correction1 * moment1 / (sqrt(moment2) / sqrt(bias_correction2) + epsilon)
 *   average = average - (1 - average_decay) * (average - param)
 *
 * Scalars are computed in double and rounded to f32, and every operation on elements is one of f32, from left to right
 * and rounded once: the same bits at every instruction set.
 */
typedef struct lgv_adamw_args {
  float* param;             /* (count); likewise the others */
  const float* grad;
  float* moment1;           /* running mean of gradients */
  float* moment2;           /* running mean of their squares */
  float* average;           /* of parameters; or null */
  int64_t count;            /* >= 0 */
  double learning_rate;     /* >= 0 */
  double beta1;             /* 0 <= beta1 < 1 */
  double beta2;             /* 0 <= beta2 < 1 */
  double epsilon;           /* >= 0; with 0, an element whose gradients were all 0 becomes not-a-number, as in torch */
  double weight_decay;      /* >= 0 */
  double bias_correction1;  /* 1 - beta1^t at step t = 1, 2, ...; 0 < bias_correction1 <= 1 */
  double bias_correction2;  /* 1 - beta2^t */
  double grad_scale;        /* finite: what clipping and the number of accumulated gradients ask for */
  double average_decay;     /* 0 to 1; not read if average is null */
} lgv_adamw_args;

LGV_API int32_t lgv_adamw(const lgv_adamw_args* args);

#ifdef __cplusplus
}
#endif

#endif
