/*
 * The C ABI of Langevin's own kernels: the fused operations that oneDNN lacks. Those of training are in
 * langevin_training.h, convolutions in langevin_winograd.h, layers of 8-bit integers in langevin_int8.h; this file includes them.
 *
 * One call, one pointer. Every kernel is `int32_t lgv_xxx(const lgv_xxx_args*)`: a caller builds the block of arguments
 * once, when it plans, and passes the same address on each step; the JVM needs one downcall shape for all of them. Every
 * field of every struct here is 8 bytes wide (int64_t, double or a pointer), so the k-th field lies at byte 8*k whatever
 * the compiler, and a binding cannot get the padding wrong. Flags are int64_t: 0 is off, 1 is on.
 *
 * Memory. Kernels allocate nothing. Where a kernel needs room of its own, `lgv_xxx_scratch_bytes` tells how much for a
 * block of arguments (only sizes are read, pointers may still be null); the caller passes that much, 64-byte aligned, in
 * `scratch`. Nothing in it has to live from call to call, and the caller may lend the same bytes to other kernels.
 * Tensors need the alignment of a float only. No kernel reads or writes a byte outside its tensors.
 *
 * Layout. f32; activations are channels-last, (N, H, W, C) = (N, HW, C), contiguous unless a stride is named. Strides
 * count elements of 4 bytes. Source and destination do not overlap, except where it is said that they may be the same.
 *
 * Results do not depend on the number of threads, nor on what else is in the batch. They do depend, within rounding, on
 * the instruction set (see lgv_isa_name).
 *
 * Threads. A kernel uses the calling thread's OpenMP team (lgv_set_num_threads); work too small to share stays on the
 * calling thread. Kernels may be called from several threads at once with different scratch and destinations.
 */
#ifndef LANGEVIN_H
#define LANGEVIN_H

#include <stdint.h>

#define LGV_API __attribute__((visibility("default")))

#ifdef __cplusplus
extern "C" {
#endif

/* ---- status ---------------------------------------------------------------------------------------------------- */

/* What a kernel returns. Arguments are checked before anything is written. */
enum {
  LGV_OK = 0,
  LGV_NULL_POINTER = 1,      /* a required pointer is null */
  LGV_BAD_SIZE = 2,          /* a size, count or stride is out of range or they disagree */
  LGV_BAD_VALUE = 3,         /* a parameter is not finite, or outside its range */
  LGV_BAD_SCRATCH = 4,       /* scratch is smaller than lgv_xxx_scratch_bytes, or not 64-byte aligned */
  LGV_BAD_REGISTER = 5       /* a transition names a register that does not exist or has no memory */
};

/* A sentence without its full stop for a status; never null. The text is static. */
LGV_API const char* lgv_status_text(int32_t status);

/* ---- the library and the machine --------------------------------------------------------------------------------- */

/* The version of this ABI; it changes whenever a struct or the meaning of a field does. */
#define LGV_VERSION 8
LGV_API int32_t lgv_version(void);

/* Bits of lgv_cpu_features: what this CPU has and the operating system has enabled. */
#define LGV_CPU_SSE4_2 (INT64_C(1) << 0)
#define LGV_CPU_AVX2 (INT64_C(1) << 1)
#define LGV_CPU_FMA (INT64_C(1) << 2)
#define LGV_CPU_F16C (INT64_C(1) << 3)
#define LGV_CPU_AVX512F (INT64_C(1) << 4)
#define LGV_CPU_AVX512BW (INT64_C(1) << 5)
#define LGV_CPU_AVX512DQ (INT64_C(1) << 6)
#define LGV_CPU_AVX512VL (INT64_C(1) << 7)
#define LGV_CPU_AVX512_VNNI (INT64_C(1) << 8)
#define LGV_CPU_AVX512_BF16 (INT64_C(1) << 9)
#define LGV_CPU_AVX512_FP16 (INT64_C(1) << 10)
#define LGV_CPU_AVX_VNNI (INT64_C(1) << 11)
#define LGV_CPU_AMX_TILE (INT64_C(1) << 12)
#define LGV_CPU_AMX_INT8 (INT64_C(1) << 13)
#define LGV_CPU_AMX_BF16 (INT64_C(1) << 14)
LGV_API int64_t lgv_cpu_features(void);

/*
 * The level that the kernels run at: "baseline" (x86-64-v2), "avx2" (AVX2, FMA and F16C) or "avx512" (F, BW, DQ and
 * VL). It is the best that the CPU has, chosen when the library is loaded; the environment variable LANGEVIN_MAX_ISA
 * (one of these names, read at that moment) lowers it. An unknown name there is reported on stderr and ignored.
 */
LGV_API const char* lgv_isa_name(void);

/*
 * The size of the OpenMP teams that kernels, and oneDNN, use when called from THIS thread (OpenMP keeps it per thread).
 * threads is 1 to LGV_MAX_THREADS: OpenMP ends the process where it cannot start them. A block of arguments whose scratch was
 * planned for fewer threads keeps to those.
 */
#define LGV_MAX_THREADS 1024
LGV_API int32_t lgv_set_num_threads(int32_t threads);
LGV_API int32_t lgv_num_threads(void);

/*
 * Ends the workers of THIS thread's team, which otherwise wait for its next parallel region until it ends itself; that
 * region starts new ones. LGV_BAD_VALUE, and nothing is done, within a parallel region.
 */
LGV_API int32_t lgv_end_threads(void);

/* ---- memory ------------------------------------------------------------------------------------------------------ */

/*
 * Zeroed memory for large blocks, at least 1 byte: from 2 MiB on it begins at a huge page and lies in such where the
 * system gives them to those that ask. With small pages the first touch of a gigabyte costs seconds. Null if there is
 * none. lgv_free gives it back, with the same size.
 */
LGV_API void* lgv_allocate(int64_t bytes);
LGV_API int32_t lgv_free(void* memory, int64_t bytes);

/*
 * Guards a mapped file against losing its pages, as one that is truncated does: where a kernel then touches a page that is
 * no longer there, a page of zeros takes its place, the kernel goes on, and lgv_guard_broken says 1 from then on.
 * Without a guard the signal, SIGBUS, ends the process. Faults elsewhere go on to the handler that was there before, which
 * is put back with the last guard. Returns the guard's number, from 1 on, or 0 if the range is empty or there are more
 * than a thousand. lgv_unguard comes before the memory is unmapped. Any thread may call these.
 */
LGV_API int32_t lgv_guard(const void* memory, int64_t bytes);
LGV_API int32_t lgv_guard_broken(int32_t guard);
LGV_API int32_t lgv_unguard(int32_t guard);

/* ---- normalisation ----------------------------------------------------------------------------------------------- */

/*
 * Group normalisation (Wu and He, arXiv:1803.08494) with what diffusion networks put around it, reading memory twice and
 * writing it once. With x = src + add:
 *
 *   y = (x - mean) / sqrt(var + eps) * gamma + beta      mean, var over (HW, C/groups), var biased
 *   y = y * (1 + scale) + shift                          if scale, shift
 *   y = y * sigmoid(y)                                   if silu
 *
 * Sums are taken in double: a mean of 1000 with a deviation of 1 over 1e6 elements costs no accuracy beyond that of f32.
 * dst may be src.
 */
typedef struct lgv_group_norm_args {
  const float* src;      /* (N, HW, C) */
  const float* add;      /* (N, C) added before the statistics, as resnet blocks do with their time embedding; or null */
  const float* gamma;    /* (C); null for ones */
  const float* beta;     /* (C); null for zeros */
  const float* scale;    /* (N, C) or null */
  const float* shift;    /* (N, C) or null */
  float* dst;            /* (N, HW, C) */
  void* scratch;
  int64_t scratch_bytes;
  int64_t n;             /* N >= 0 */
  int64_t spatial;       /* HW >= 1 */
  int64_t channels;      /* C >= 1 */
  int64_t groups;        /* divides C */
  int64_t add_stride;    /* from one row of add to the next, >= C; not read if add is null */
  int64_t scale_stride;  /* likewise for scale: 2*C if scale and shift are halves of one (N, 2C) matrix */
  int64_t shift_stride;
  int64_t silu;
  double eps;            /* > 0 */
} lgv_group_norm_args;

LGV_API int64_t lgv_group_norm_scratch_bytes(const lgv_group_norm_args* args);
LGV_API int32_t lgv_group_norm(const lgv_group_norm_args* args);

/* Layer normalisation (Ba et al., arXiv:1607.06450) of each row. dst may be src. */
typedef struct lgv_layer_norm_args {
  const float* src;      /* (rows, C) */
  const float* gamma;    /* (C); null for ones */
  const float* beta;     /* (C); null for zeros */
  float* dst;            /* (rows, C) */
  int64_t rows;          /* >= 0 */
  int64_t channels;      /* C >= 1 */
  double eps;            /* > 0 */
} lgv_layer_norm_args;

LGV_API int32_t lgv_layer_norm(const lgv_layer_norm_args* args);

/* ---- attention --------------------------------------------------------------------------------------------------- */

/*
 * softmax(scale * q k^T + bias) v for each sample and head, without the Lq x Lk matrix ever lying in memory (online
 * softmax, Milakov and Gimelshein, arXiv:1805.02867; tiles as in Dao et al., arXiv:2205.14135).
 *
 * Head h of a row starts h*d elements into it. Rows and samples have their own strides, so q, k and v may be slices of
 * one fused (N, L, 3*heads*d) matrix. bias strides may be 0, which repeats that dimension. A bias of -inf masks a pair;
 * causal masks every pair with key index > query index (aligned at the top left, as torch does). A query whose pairs are
 * all masked gives zeros.
 */
typedef struct lgv_attention_args {
  const float* q;             /* (N, Lq, heads, d) */
  const float* k;             /* (N, Lk, heads, d) */
  const float* v;             /* (N, Lk, heads, d) */
  const float* bias;          /* (N, heads, Lq, Lk) by strides, added to the scaled scores; or null */
  float* dst;                 /* (N, Lq, heads, d) */
  void* scratch;
  int64_t scratch_bytes;      /* one thread works in every whole share of it; lgv_attention_scratch_bytes asks for a
                                 share for each of lgv_num_threads */
  int64_t n;                  /* N >= 0 */
  int64_t heads;              /* >= 1 */
  int64_t head_size;          /* d, 1 to 512 */
  int64_t query_length;       /* Lq >= 1 */
  int64_t key_length;         /* Lk >= 1 */
  int64_t q_row_stride;       /* >= heads*d; likewise the other row strides */
  int64_t q_batch_stride;     /* 0 repeats one sample's rows; likewise for k and v */
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
  double scale;               /* finite; usually 1/sqrt(d) */
} lgv_attention_args;

LGV_API int64_t lgv_attention_scratch_bytes(const lgv_attention_args* args);
LGV_API int32_t lgv_attention(const lgv_attention_args* args);

/* ---- time embedding ---------------------------------------------------------------------------------------------- */

/*
 * Sinusoidal time embedding (Ho et al., arXiv:2006.11239, after Vaswani et al., arXiv:1706.03762): the halves
 * sin(t*f) and cos(t*f) side by side, a last zero if dim is odd. The product t*f is rounded to f32, as torch does; sine
 * and cosine of that f32 angle are right to 1 ulp whatever its size.
 */
typedef struct lgv_time_embedding_args {
  const float* timesteps;      /* (N) */
  const float* frequencies;    /* (dim / 2) */
  float* dst;                  /* (N, dim) */
  int64_t n;                   /* N >= 0 */
  int64_t dim;                 /* >= 1 */
  int64_t flip_sin_to_cos;     /* 1: cosines come first */
} lgv_time_embedding_args;

LGV_API int32_t lgv_time_embedding(const lgv_time_embedding_args* args);

/* ---- guidance and reverse step ----------------------------------------------------------------------------------- */

/* Registers of a transition; each is (N, n) with samples contiguous. The meaning is that of dev.langevin.diffusion.Transition. */
#define LGV_REGISTER_X 0
#define LGV_REGISTER_MODEL 1
#define LGV_REGISTER_PREDICTION 2
#define LGV_REGISTER_NOISE 3
#define LGV_MAX_REGISTERS 16

/* lgv_transition_args.prediction */
#define LGV_PREDICTION_NONE 0
#define LGV_PREDICTION_IDENTITY 1
#define LGV_PREDICTION_CLIP 2               /* to [-clip_range, clip_range] */
#define LGV_PREDICTION_DYNAMIC_THRESHOLD 3  /* by threshold_ratio and threshold_maximum */

/* lgv_transition_args.variance: how v, the second half of each sample of the network's output, scales the noise */
#define LGV_VARIANCE_NONE 0                 /* by nothing; also if v is there and not used */
#define LGV_VARIANCE_DIRECT 1               /* sqrt(v) */
#define LGV_VARIANCE_LOG_INTERPOLATED 2     /* exp((f*max_log + (1-f)*min_log)/2), f = (v+1)/2 */

typedef struct lgv_term {
  int64_t source;       /* register */
  double coefficient;
} lgv_term;

/* registers[target] = sum over terms[first_term .. first_term+term_count) of coefficient * registers[source] */
typedef struct lgv_update {
  int64_t target;
  int64_t first_term;
  int64_t term_count;   /* 0 gives zeros */
} lgv_update;

/*
 * Guidance and one step of the reverse chain in one pass over memory, elementwise, in this order:
 *
 *   MODEL = output                                              or registers[MODEL] as it is, if output is null
 *   MODEL = output + guidance * (output_conditional - output)   if output_conditional (Ho and Salimans, arXiv:2207.12598)
 *   PREDICTION = nonlinearity(sample_coefficient * X + model_coefficient * MODEL)
 *   NOISE *= standard deviation                                 if variance (of output_conditional where there is one)
 *   every update in turn; each sees what those before it wrote
 *   next_input[i] = next_input_scale * X
 *
 * Dynamic thresholding (Imagen, arXiv:2205.11487, section 2.3) takes for each sample the quantile q of |v| (linear
 * interpolation, as torch.quantile), s = min(max(q, 1), threshold_maximum), and v = clip(v, -s, s) / s.
 *
 * registers[r] may be null if nothing uses r. MODEL and PREDICTION may be null although used (except PREDICTION with
 * dynamic thresholding): then they exist within the pass only. NOISE may be null with a learned variance if no update
 * uses it. Registers do not overlap each other, the outputs or the next inputs. Each element is computed in double and
 * rounded to f32 when it is written.
 */
typedef struct lgv_transition_args {
  float* registers[LGV_MAX_REGISTERS];
  const float* output;              /* (N, n) by output_stride: the network's output, the unconditional one if guided */
  const float* output_conditional;  /* likewise; null without guidance */
  float* next_input[2];             /* (N, n) each or null: the network's next input; two for the halves of a guided batch */
  const lgv_term* terms;
  const lgv_update* updates;
  int64_t* not_finite;              /* set to 1 if X is NaN or infinite anywhere in the end, else left as it is; or null */
  int64_t n;                        /* N >= 0 */
  int64_t elements;                 /* n >= 1, elements of a sample */
  int64_t output_stride;            /* from sample to sample in the outputs: >= n, >= 2n with a learned variance */
  int64_t update_count;
  int64_t term_count;               /* length of terms, for the check of updates */
  int64_t prediction;               /* LGV_PREDICTION_... */
  int64_t variance;                 /* LGV_VARIANCE_...; not NONE requires output */
  double guidance;
  double sample_coefficient;
  double model_coefficient;
  double clip_range;                /* > 0 */
  double threshold_ratio;           /* 0 to 1 */
  double threshold_maximum;         /* >= 1 */
  double min_log;
  double max_log;
  double next_input_scale;
} lgv_transition_args;

LGV_API int32_t lgv_transition(const lgv_transition_args* args);

/* ---- moving data ------------------------------------------------------------------------------------------------- */

/* Copies rows of bytes with strides: slices, concatenation, padding; of any type. */
typedef struct lgv_copy_2d_args {
  const void* src;
  void* dst;
  int64_t rows;             /* >= 0 */
  int64_t row_bytes;        /* >= 0 */
  int64_t src_stride_bytes; /* from row to row; 0 repeats one row */
  int64_t dst_stride_bytes; /* >= row_bytes */
} lgv_copy_2d_args;

LGV_API int32_t lgv_copy_2d(const lgv_copy_2d_args* args);

/* Copies with all threads past the caches: twice `bytes` move, which measures the memory's bandwidth. */
typedef struct lgv_stream_copy_args {
  const void* src;          /* 16-byte aligned */
  void* dst;                /* 16-byte aligned */
  int64_t bytes;            /* a multiple of 16 */
} lgv_stream_copy_args;

LGV_API int32_t lgv_stream_copy(const lgv_stream_copy_args* args);

#ifdef __cplusplus
}
#endif

#include "langevin_half.h"
#include "langevin_int8.h"
#include "langevin_training.h"
#include "langevin_winograd.h"

#endif
