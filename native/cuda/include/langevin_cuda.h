/*
 * The arguments of Langevin's CUDA kernels (native/cuda/kernels), for those who launch them and for the kernels themselves.
 *
 * One kernel, one struct by value. A kernel is `lgc_xxx(lgc_xxx_args)`; several kernels share a struct where that is said.
 * Every field is 8 bytes wide (int64_t, double or a pointer to the device's memory), so the k-th field lies at byte 8*k and
 * a binding cannot get the padding wrong. Flags are int64_t: 0 is off, 1 is on. Nothing checks the arguments: the caller does.
 *
 * Launching. Blocks have LGC_XXX_THREADS threads in x and no shared memory by argument. Each kernel names its unit of work and
 * how many there are; a grid is one-dimensional, and every grid of at least one block gives the same bits: blocks take
 * the units in turn. As many blocks as units is best where they fit (grids end at 2^31 - 1), or what fills the device.
 *
 * Layout. Activations are channels-last, (N, H, W, C) = (N, HW, C), contiguous unless a stride is named; strides count
 * elements. Types are LGC_F32 and so on, fields `..._type`; everything is computed in f32 (sums over many elements with
 * more care) and rounded once when it is stored. Source and destination do not overlap unless it is said that they may be the
 * same. Results do not depend on the rest of the batch, nor on the order in which threads run.
 *
 * The file is long because it is the whole contract of 24 kernels, and one: what Java binds is compared with it as a whole.
 */
#ifndef LANGEVIN_CUDA_H
#define LANGEVIN_CUDA_H

#ifdef __CUDACC_RTC__ /* NVRTC brings no headers */
typedef signed char int8_t;
typedef unsigned char uint8_t;
typedef unsigned short uint16_t;
typedef int int32_t;
typedef unsigned int uint32_t;
typedef long long int64_t;
typedef unsigned long long uint64_t;
typedef unsigned long long uintptr_t;
#else
#include <stdint.h>
#endif

/* Changes whenever a struct, or the meaning of a field or of a kernel's name, does. */
#define LGC_VERSION 1

/* ---- types ------------------------------------------------------------------------------------------------------- */

#define LGC_F32 0
#define LGC_F16 1
#define LGC_BF16 2
#define LGC_S8 3    /* read and written as a number of -127 to 127; scales stand apart */
#define LGC_E4M3 4  /* 8-bit float (arXiv:2209.05433): no infinities, largest 448 */

/* ---- normalisation ----------------------------------------------------------------------------------------------- */

/*
 * lgc_group_norm_sums, then lgc_group_norm with the same arguments: group normalisation (arXiv:1803.08494) with what
 * diffusion networks put around it. With x = src + add:
 *
 *   y = (x - mean) / sqrt(var + eps) * gamma + beta      mean, var over (HW, C/groups), var biased
 *   y = y * (1 + scale) + shift                          if scale, shift
 *   y = y * sigmoid(y)                                   if silu
 *
 * Two sources are read as if their channels lay side by side, so the skip connections of a U-Net need no copy. A picture
 * is read in `chunks` of ceil(HW / chunks) pixels, and its groups in slabs of LGC_GROUP_NORM_SLAB groups. Unit of both
 * kernels: a chunk of a slab of a sample; N * chunks * ceil(groups / slab). Enough chunks are such that a thread sums at most
 * about a thousand pixels in f32, and that the units fill the device. Results depend on chunks within rounding. dst may be src
 * where there is one source.
 */
#define LGC_GROUP_NORM_THREADS 256
typedef struct lgc_group_norm_args {
  const void* src;       /* (N, HW, src_channels) */
  const void* src1;      /* (N, HW, C - src_channels), or null where src_channels is C */
  const void* add;       /* (N, C) or null */
  const float* gamma;    /* (C); null for ones */
  const float* beta;     /* (C); null for zeros */
  const void* scale;     /* (N, C) or null */
  const void* shift;     /* (N, C) or null, with scale */
  void* dst;             /* (N, HW, C) */
  float* sums;           /* (N, chunks, groups, 2): of each chunk the mean, and the sum of squared deviations from it */
  int64_t n;
  int64_t spatial;       /* HW */
  int64_t channels;      /* C */
  int64_t src_channels;
  int64_t groups;        /* divides C */
  int64_t chunks;        /* 1 to HW */
  int64_t add_stride;    /* from one row to the next */
  int64_t scale_stride;
  int64_t shift_stride;
  int64_t silu;
  int64_t src_type;      /* of both sources */
  int64_t row_type;      /* of add, scale and shift */
  int64_t dst_type;
  double eps;
} lgc_group_norm_args;

/* Groups that one block treats: whole groups of at most LGC_GROUP_NORM_THREADS channels together, or one group. */
#define LGC_GROUP_NORM_SLAB(channels, groups) \
  ((channels) / (groups) >= LGC_GROUP_NORM_THREADS ? 1 : LGC_GROUP_NORM_THREADS / ((channels) / (groups)))

/*
 * lgc_row_norm: layer normalisation (arXiv:1607.06450) of each row, or if rms its root mean square alone
 * (arXiv:1910.07467): y = x / sqrt(mean(x^2) + eps) * gamma. Then scale, shift and silu as for groups, with one row of
 * scales and shifts for each `spatial` rows. With add, what is normalised is src + add, and `sum` if not null receives that.
 * Unit: LGC_ROW_NORM_ROWS rows. dst may be src, sum may be src or add.
 */
#define LGC_ROW_NORM_THREADS 128
#define LGC_ROW_NORM_ROWS 4
typedef struct lgc_row_norm_args {
  const void* src;       /* (rows, C) */
  const void* add;       /* (rows, C), of src's type, or null */
  const float* gamma;    /* (C); null for ones */
  const float* beta;     /* (C); null for zeros */
  const void* scale;     /* (rows / spatial, C) or null */
  const void* shift;     /* likewise, with scale */
  void* sum;             /* (rows, C), of src's type, or null */
  void* dst;             /* (rows, C) */
  int64_t rows;
  int64_t channels;      /* C */
  int64_t spatial;       /* rows of a sample */
  int64_t scale_stride;
  int64_t shift_stride;
  int64_t rms;
  int64_t silu;
  int64_t src_type;
  int64_t row_type;
  int64_t dst_type;
  double eps;
} lgc_row_norm_args;

/* ---- elementwise ------------------------------------------------------------------------------------------------- */

/*
 * What is still done to a result y (sample n, pixel p, channel c): fields post, value, operand and so on of the same index,
 * in order. An operand is at n * sample_stride + p * pixel_stride + c: (HW*C, C) for one of the result's shape, (C, 0) for a
 * row a sample, (0, C) for one sample repeated, (0, 0) for a number a channel.
 */
#define LGC_POST_NONE 0
#define LGC_POST_ADD 1        /* y + operand */
#define LGC_POST_MULTIPLY 2   /* y * operand */
#define LGC_POST_PRELU 3      /* y above 0, operand * y below (arXiv:1502.01852) */
#define LGC_POST_SCALE 4      /* y * value */
#define LGC_POST_OFFSET 5     /* y + value */
#define LGC_POST_SWISH 6      /* y * sigmoid(value * y): SiLU with 1, CLIP's GELU with 1.702 */
#define LGC_POST_GELU 7       /* y * (1 + erf(y / sqrt(2))) / 2 (arXiv:1606.08415) */
#define LGC_POST_GELU_TANH 8  /* y * (1 + tanh(sqrt(2/pi) (y + 0.044715 y^3))) / 2 */
#define LGC_POST_RELU 9       /* y above 0, value * y below */
#define LGC_POST_TANH 10
#define LGC_MAX_POST 4

/*
 * lgc_pointwise: dst = src after every post. Activations, sums and products of two tensors, y = a x + b, a cast.
 * Unit: LGC_POINTWISE_ELEMENTS elements of N * HW * C. dst may be src or an operand of dst's shape, if of its type.
 */
#define LGC_POINTWISE_THREADS 256
#define LGC_POINTWISE_ELEMENTS 2048
typedef struct lgc_pointwise_args {
  const void* src;                      /* (N, HW, C) */
  void* dst;                            /* (N, HW, C) */
  const void* operand[LGC_MAX_POST];
  int64_t n;
  int64_t spatial;
  int64_t channels;
  int64_t src_type;
  int64_t dst_type;
  int64_t post[LGC_MAX_POST];
  int64_t operand_type[LGC_MAX_POST];
  int64_t sample_stride[LGC_MAX_POST];
  int64_t pixel_stride[LGC_MAX_POST];
  double value[LGC_MAX_POST];
} lgc_pointwise_args;

/*
 * lgc_gate: dst = a * f(b), where a and b lie side by side in a row of src, a first (GEGLU as diffusers has it), or b first
 * if gate_first (SwiGLU). f is an LGC_POST_... without operand, with its value. Unit: LGC_POINTWISE_ELEMENTS elements of dst.
 * Blocks of LGC_POINTWISE_THREADS.
 */
typedef struct lgc_gate_args {
  const void* src;       /* (rows, 2C) */
  void* dst;             /* (rows, C) */
  int64_t rows;
  int64_t channels;      /* C */
  int64_t gate_first;
  int64_t post;
  int64_t src_type;
  int64_t dst_type;
  double value;
} lgc_gate_args;

/* ---- moving data ------------------------------------------------------------------------------------------------- */

/*
 * lgc_copy: every element of dst from where its index, less an offset, lies in src, or zero where that is outside. Slices,
 * concatenation (one call a source), padding, repetition (stride 0), any permutation, squares of pixels to channels and back,
 * with a change of type. Unit: LGC_POINTWISE_ELEMENTS elements of extent[0] * ... * extent[5]; unused dimensions
 * have extent 1. Blocks of LGC_POINTWISE_THREADS.
 */
#define LGC_MAX_DIMS 6
typedef struct lgc_copy_args {
  const void* src;
  void* dst;
  int64_t extent[LGC_MAX_DIMS];        /* of dst, the innermost last */
  int64_t dst_stride[LGC_MAX_DIMS];
  int64_t src_extent[LGC_MAX_DIMS];
  int64_t src_stride[LGC_MAX_DIMS];
  int64_t offset[LGC_MAX_DIMS];        /* dst's index is src's plus this */
  int64_t src_type;
  int64_t dst_type;
} lgc_copy_args;

/*
 * lgc_transpose: (batch, rows, columns) to (batch, columns, rows), through shared memory so that both are coalesced:
 * NCHW to NHWC and back. Unit: a tile of 32 by 32; batch * ceil(rows / 32) * ceil(columns / 32).
 */
#define LGC_TRANSPOSE_THREADS 256
typedef struct lgc_transpose_args {
  const void* src;
  void* dst;
  int64_t batch;
  int64_t rows;
  int64_t columns;
  int64_t src_type;
  int64_t dst_type;
} lgc_transpose_args;

/*
 * lgc_resample: a picture in another size. Nearest: the source pixel floor(i * H / H'). Bilinear: between the two nearest
 * centres, (i + 1/2) * H / H' - 1/2, clamped at the border (torch's align_corners=False); if align_corners, corners fall on
 * corners. Unit: LGC_POINTWISE_ELEMENTS elements of dst. Blocks of LGC_POINTWISE_THREADS.
 *
 * lgc_average_pool, with the same arguments: means over windows of `window` by `window`, stride `window`; H' = H / window, W'
 * likewise, a rest at the border is dropped.
 */
typedef struct lgc_resample_args {
  const void* src;       /* (N, H, W, C) */
  void* dst;             /* (N, H', W', C) */
  int64_t n;
  int64_t height;
  int64_t width;
  int64_t channels;
  int64_t dst_height;
  int64_t dst_width;
  int64_t bilinear;
  int64_t align_corners;
  int64_t window;
  int64_t src_type;
  int64_t dst_type;
} lgc_resample_args;

/* ---- embeddings -------------------------------------------------------------------------------------------------- */

/*
 * lgc_embedding: rows of a table by their indices, and a row of `positions` for each place in a text, if not null. An index
 * outside the table gives a row of zeros and sets *bad to 1. Unit: LGC_POINTWISE_ELEMENTS elements of dst. Blocks of
 * LGC_POINTWISE_THREADS.
 */
typedef struct lgc_embedding_args {
  const int64_t* indices;  /* (count) */
  const void* table;       /* (entries, C) */
  const void* positions;   /* (length, C) or null */
  void* dst;               /* (count, C) */
  int32_t* bad;            /* or null */
  int64_t count;
  int64_t length;          /* place i of `indices` has position i % length */
  int64_t entries;
  int64_t channels;        /* C */
  int64_t table_type;      /* of the positions too */
  int64_t dst_type;
} lgc_embedding_args;

/*
 * lgc_time_embedding: sinusoidal time embedding (arXiv:2006.11239): the halves sin(t*f) and cos(t*f) side by side, a last
 * zero if dim is odd. The product t*f is rounded to f32, as torch does. Unit: LGC_POINTWISE_THREADS elements of dst.
 */
typedef struct lgc_time_embedding_args {
  const float* timesteps;      /* (N) */
  const float* frequencies;    /* (dim / 2) */
  void* dst;                   /* (N, dim) */
  int64_t n;
  int64_t dim;
  int64_t flip_sin_to_cos;     /* 1: cosines come first */
  int64_t dst_type;
} lgc_time_embedding_args;

/*
 * lgc_rope: rotary positions (arXiv:2104.09864) on the first `rotated` elements of each head: pairs (a, b) become
 * (a cos - b sin, a sin + b cos) of the token's angles. Pairs are neighbours (2i, 2i+1) if interleaved, else (i, i + rotated/2).
 * What is behind is copied. dst may be src, if of its type and strides. Unit: LGC_POINTWISE_THREADS pairs of
 * N * L * heads * ceil(head_size / 2).
 */
typedef struct lgc_rope_args {
  const void* src;         /* (N, L, heads, head_size) by strides of samples and tokens */
  void* dst;               /* likewise */
  const float* cosines;    /* (L, rotated / 2) */
  const float* sines;
  int64_t n;
  int64_t length;          /* L */
  int64_t heads;
  int64_t head_size;
  int64_t rotated;         /* even, at most head_size */
  int64_t interleaved;
  int64_t src_row_stride;
  int64_t src_batch_stride;
  int64_t dst_row_stride;
  int64_t dst_batch_stride;
  int64_t src_type;
  int64_t dst_type;
} lgc_rope_args;

/*
 * lgc_nearest_row: the row of a table (entries, C) that is nearest to each row of src, the first of equals; distances are
 * summed in double. Unit: 4 rows. Blocks of LGC_ROW_NORM_THREADS.
 */
typedef struct lgc_nearest_row_args {
  const void* src;         /* (rows, C) */
  const float* table;      /* (entries, C) */
  void* dst;               /* (rows, C) */
  int64_t rows;
  int64_t entries;
  int64_t channels;
  int64_t src_type;
  int64_t dst_type;
} lgc_nearest_row_args;

/* ---- quantising -------------------------------------------------------------------------------------------------- */

/*
 * lgc_quantize: dst = round(src / scale) as LGC_S8 (to even, -127 to 127) or LGC_E4M3 (at most 448), each row with its scale
 * = largest magnitude / 127 or / 448, which it writes; 1 for a row of zeros. If given is 1 the scales are read instead, with
 * scale_stride 0 for one of all rows. What is not finite makes the row's scale not a number. Unit: a row.
 */
#define LGC_QUANTIZE_THREADS 256
typedef struct lgc_quantize_args {
  const void* src;         /* (rows, C) */
  void* dst;               /* (rows, C) */
  float* scale;            /* (rows) */
  int64_t rows;
  int64_t channels;
  int64_t scale_stride;    /* 1, or 0 if given */
  int64_t given;
  int64_t src_type;
  int64_t dst_type;        /* LGC_S8 or LGC_E4M3 */
} lgc_quantize_args;

/* ---- convolution and matrix product ------------------------------------------------------------------------------ */

/*
 * lgc_convolution: dst = src_scale * weight_scale * convolution(src, weights) + bias, then every post. The simple kernel: the
 * fallback where a library has none, and what the libraries' results are checked against. A linear layer of R rows has
 * N = R and all of height, width, kernel 1. Products and sums are f32, a sum's terms in a fixed order. Unit: a tile of
 * LGC_CONVOLUTION_TILE pixels of all samples by LGC_CONVOLUTION_TILE channels; ceil(N*H'*W' / tile) * ceil(K / tile).
 */
#define LGC_CONVOLUTION_THREADS 256
#define LGC_CONVOLUTION_TILE 64
typedef struct lgc_convolution_args {
  const void* src;               /* (N, H, W, C) */
  const void* weights;           /* (K, C, KH, KW) by strides */
  const float* bias;             /* (K) or null */
  const float* src_scale;        /* (N), or one by its stride, or null */
  const float* weight_scale;     /* (K) or null */
  void* dst;                     /* (N, H', W', K); may be an operand of its shape and type */
  const void* operand[LGC_MAX_POST];
  int64_t n;
  int64_t height;
  int64_t width;
  int64_t input_channels;        /* C */
  int64_t output_channels;       /* K */
  int64_t dst_height;            /* H' */
  int64_t dst_width;             /* W' */
  int64_t kernel_height;         /* KH */
  int64_t kernel_width;          /* KW */
  int64_t stride;
  int64_t pad_top;
  int64_t pad_left;              /* what is outside is zero; bottom and right follow from H' and W' */
  int64_t src_row_stride;        /* from pixel to pixel: C, or more where src is a slice of wider rows */
  int64_t weight_stride[4];      /* of k, c, kh, kw */
  int64_t src_scale_stride;      /* 1 or 0 */
  int64_t src_type;
  int64_t weight_type;
  int64_t dst_type;
  int64_t post[LGC_MAX_POST];
  int64_t operand_type[LGC_MAX_POST];
  int64_t sample_stride[LGC_MAX_POST];
  int64_t pixel_stride[LGC_MAX_POST];
  double value[LGC_MAX_POST];
} lgc_convolution_args;

/* ---- attention --------------------------------------------------------------------------------------------------- */

/*
 * softmax(scale * q k^T + bias) v for each sample and head. Head h of a row starts h*d elements into it; rows and samples
 * have their own strides, so q, k and v may be slices of one fused (N, L, 3*heads*d) matrix. bias strides may be 0. A bias
 * of -inf masks a pair; causal masks every pair with key index > query index. A query whose pairs are all masked gives zeros.
 *
 * lgc_attention: simple, in f32 with an online softmax (arXiv:1805.02867), of every type. d at most
 * LGC_ATTENTION_HEAD. Unit: LGC_ATTENTION_QUERIES queries of a head; N * heads * ceil(Lq / LGC_ATTENTION_QUERIES).
 *
 * lgc_flash_attention_f16, lgc_flash_attention_bf16: with tensor cores (tiles as in arXiv:2205.14135; m16n8k16 products with
 * f32 sums, weights rounded to the type), q, k, v and dst of that type, any d up to LGC_ATTENTION_HEAD. Unit: LGC_FLASH_QUERIES
 * queries of a head by LGC_FLASH_COLUMNS of its columns; N * heads * ceil(Lq / LGC_FLASH_QUERIES) * ceil(d / LGC_FLASH_COLUMNS).
 */
#define LGC_ATTENTION_THREADS 128
#define LGC_ATTENTION_QUERIES 4
#define LGC_ATTENTION_HEAD 512
#define LGC_FLASH_THREADS 128
#define LGC_FLASH_QUERIES 64
#define LGC_FLASH_COLUMNS 128
typedef struct lgc_attention_args {
  const void* q;               /* (N, Lq, heads, d) */
  const void* k;               /* (N, Lk, heads, d) */
  const void* v;               /* (N, Lk, heads, d) */
  const float* bias;           /* (N, heads, Lq, Lk) by strides, or null */
  void* dst;                   /* (N, Lq, heads, d) */
  int64_t n;
  int64_t heads;
  int64_t head_size;           /* d */
  int64_t query_length;        /* Lq */
  int64_t key_length;          /* Lk */
  int64_t q_row_stride;
  int64_t q_batch_stride;
  int64_t k_row_stride;
  int64_t k_batch_stride;
  int64_t v_row_stride;
  int64_t v_batch_stride;
  int64_t dst_row_stride;
  int64_t dst_batch_stride;
  int64_t bias_batch_stride;
  int64_t bias_head_stride;
  int64_t bias_query_stride;
  int64_t bias_key_stride;
  int64_t causal;
  int64_t type;                /* of q, k, v and dst */
  double scale;
} lgc_attention_args;

/* ---- guidance and reverse step ----------------------------------------------------------------------------------- */

/* As in langevin.h, whose numbers these are. */
#define LGC_REGISTER_X 0
#define LGC_REGISTER_MODEL 1
#define LGC_REGISTER_PREDICTION 2
#define LGC_REGISTER_NOISE 3
#define LGC_MAX_REGISTERS 16
#define LGC_PREDICTION_NONE 0
#define LGC_PREDICTION_IDENTITY 1
#define LGC_PREDICTION_CLIP 2
#define LGC_PREDICTION_DYNAMIC_THRESHOLD 3
#define LGC_VARIANCE_NONE 0
#define LGC_VARIANCE_DIRECT 1
#define LGC_VARIANCE_LOG_INTERPOLATED 2
#define LGC_MAX_UPDATES 32
#define LGC_MAX_TERMS 256

/*
 * What of a transition differs from step to step. A table of all steps lies in the device's memory before a run begins, so one
 * captured graph serves every step: what changes is the number at lgc_transition_args.step.
 */
typedef struct lgc_transition_step {
  int64_t update_count;
  int64_t prediction;               /* LGC_PREDICTION_... */
  int64_t variance;                 /* LGC_VARIANCE_... */
  int64_t shows;                    /* 0: next_input is left as it is */
  double guidance;
  double sample_coefficient;
  double model_coefficient;
  double clip_range;
  double threshold_ratio;
  double threshold_maximum;
  double min_log;
  double max_log;
  double next_input_scale;
  int64_t target[LGC_MAX_UPDATES];      /* register */
  int64_t first_term[LGC_MAX_UPDATES];
  int64_t term_count[LGC_MAX_UPDATES];  /* 0 gives zeros */
  int64_t source[LGC_MAX_TERMS];        /* register */
  double coefficient[LGC_MAX_TERMS];
} lgc_transition_step;

/*
 * lgc_transition: guidance and one step of the reverse chain, elementwise, as lgv_transition in langevin.h defines it, in double
 * without fused multiply-adds, so with the same bits (where no exponential is taken). registers[MODEL] and [PREDICTION] may
 * be null where used, except PREDICTION with dynamic thresholding. Unit: LGC_POINTWISE_THREADS elements of N * n.
 *
 * lgc_threshold, before it with the same arguments where a step's prediction is LGC_PREDICTION_DYNAMIC_THRESHOLD (it does
 * nothing in other steps): makes PREDICTION, whole samples at a time (arXiv:2205.11487, section 2.3). Unit: a sample. Blocks
 * of LGC_THRESHOLD_THREADS.
 */
#define LGC_THRESHOLD_THREADS 256
typedef struct lgc_transition_args {
  float* registers[LGC_MAX_REGISTERS];  /* (N, n) each; null if nothing uses it */
  const void* output;               /* (N, n) by output_stride: the network's output, the unconditional one if guided; or null */
  const void* output_conditional;   /* likewise; null without guidance */
  void* next_input[2];              /* (N, n) each or null */
  const lgc_transition_step* steps;
  const int32_t* step;              /* which of them; null for the first */
  int32_t* not_finite;              /* set to 1 if X is NaN or infinite anywhere in the end, else left as it is; or null */
  int64_t n;                        /* N */
  int64_t elements;                 /* n, of a sample */
  int64_t output_stride;            /* from sample to sample in the outputs */
  int64_t output_type;
  int64_t input_type;               /* of next_input */
} lgc_transition_args;

/* ---- what samplers do to whole blocks ---------------------------------------------------------------------------- */

/*
 * lgc_axpby: target = a x + b y, and b y alone where a is 0, whatever x holds; in double, all f32. target may be x or y. Unit:
 * LGC_POINTWISE_THREADS elements.
 */
typedef struct lgc_axpby_args {
  const float* x;
  const float* y;
  float* target;
  int64_t elements;
  double a;
  double b;
} lgc_axpby_args;

/*
 * lgc_keep: x = (1 - m) (signal * picture + noise * drawn) + m x (arXiv:2201.09865, equation 8), in double, all f32; the mask m
 * is repeated after `period` elements. Unit: LGC_POINTWISE_THREADS elements.
 */
typedef struct lgc_keep_args {
  const float* picture;
  const float* drawn;
  const float* mask;       /* (period) */
  float* x;
  int64_t elements;
  int64_t period;
  double signal;
  double noise;
} lgc_keep_args;

/*
 * lgc_rescale: multiplies both halves u, c of each sample's answers by amount * deviation(c) / deviation(u + guidance (c - u))
 * + 1 - amount (arXiv:2305.08891, equations 15 and 16), deviations with one degree of freedom less. Unit: a sample.
 */
#define LGC_RESCALE_THREADS 256
typedef struct lgc_rescale_args {
  void* answers;           /* (2, samples, elements): those without a condition first */
  int64_t samples;
  int64_t elements;
  int64_t type;
  double guidance;
  double amount;
} lgc_rescale_args;

/*
 * lgc_gaussian_sample: a sample of what an autoencoder's moments state, mean + exp(logvar / 2) * noise with logvar clamped to
 * [-30, 20]. Unit: LGC_POINTWISE_THREADS elements of dst.
 */
typedef struct lgc_gaussian_sample_args {
  const void* moments;     /* (rows, 2C): means beside log variances */
  const float* noise;      /* (rows, C) */
  void* dst;               /* (rows, C) */
  int64_t rows;
  int64_t channels;        /* C */
  int64_t moments_type;
  int64_t dst_type;
} lgc_gaussian_sample_args;

#endif
