// Flash attention with the queries in the vectors' lanes.
//
// A task is 64 queries of one head. It holds them transposed, (d, 64), and walks over the keys in blocks of 64. For a
// block it computes
//
//   scores  (keys, queries) = keys (keys, d) x queries (d, queries)
//   outputs (d, queries)    = outputs * factor + values^T (d, keys) x exp2(scores - maximum) (keys, queries)
//
// Both products have the queries along the vectors, so the other operand is spread from single elements in the layout in
// which it lies: neither keys nor values are transposed, no head size needs a special case, and maximum, sum and
// exponential of a query stay within its lane. The scale times log2(e) is multiplied into the queries, for 2^x is cheaper
// than e^x.
//
// A block's keys and values are copied once for all 64 queries, which costs a sixty-fourth of the arithmetic, so that
// rows lie densely: in a fused (L, 3*heads*d) matrix each row would take a page's entry of its own in the translation buffer.
#include "attention.h"

#include <string.h>

#include "constant.h"
#include "exponential.h"
#include "kernels.h"
#include "parallel.h"
#include "transpose.h"

namespace lgv {
namespace {

constexpr int64_t QUERIES = AttentionShare::QUERIES;
constexpr int64_t KEYS = AttentionShare::KEYS;

// The register tile: ROWS of keys (or of outputs) by VECTORS of queries. Sums, a row of queries and one spread element fill
// 29 of the 32 registers of AVX-512, 15 of 16 of AVX2 and 11 of 16 of the baseline, whose products need another.
#if defined(__AVX512F__)
constexpr int ROWS = 6, VECTORS = 4;
#elif defined(__AVX2__)
constexpr int ROWS = 6, VECTORS = 2;
#else
constexpr int ROWS = 4, VECTORS = 2;
#endif

// scores[r][...] = keys[r][...] . queries
template <int R, int V>
void score_tile(const float* keys, int64_t stride, int64_t d, const float* queries, float* scores) {
  vfloat total[R][V] = {};
  for (int64_t i = 0; i < d; i++) {
    vfloat q[V];
    for (int v = 0; v < V; v++) {
      q[v] = load(queries + i * QUERIES + v * W);
    }
    for (int r = 0; r < R; r++) {
      const vfloat key = splat(keys[r * stride + i]);
      for (int v = 0; v < V; v++) {
        total[r][v] += key * q[v];
      }
    }
  }
  for (int r = 0; r < R; r++) {
    for (int v = 0; v < V; v++) {
      store(scores + r * QUERIES + v * W, total[r][v]);
    }
  }
}

// outputs[r] = outputs[r] * factors + sum over keys of values[key][r] * weights[key]
template <int R, int V>
void output_tile(const float* values, int64_t stride, int64_t keys, const float* weights, const float* factors,
                 float* outputs) {
  vfloat total[R][V];
  for (int r = 0; r < R; r++) {
    for (int v = 0; v < V; v++) {
      total[r][v] = load(outputs + r * QUERIES + v * W) * load(factors + v * W);
    }
  }
  for (int64_t j = 0; j < keys; j++) {
    vfloat p[V];
    for (int v = 0; v < V; v++) {
      p[v] = load(weights + j * QUERIES + v * W);
    }
    for (int r = 0; r < R; r++) {
      const vfloat value = splat(values[j * stride + r]);
      for (int v = 0; v < V; v++) {
        total[r][v] += value * p[v];
      }
    }
  }
  for (int r = 0; r < R; r++) {
    for (int v = 0; v < V; v++) {
      store(outputs + r * QUERIES + v * W, total[r][v]);
    }
  }
}

// One task: its share of the scratch, and what is its own of the tensors.
struct Task {
  const lgv_attention_args& args;
  const AttentionShare& share;
  float* scratch;
  const float* q;      // first query's row at this head; likewise the others
  const float* k;
  const float* v;
  const float* bias;   // of the first query and the first key, or null
  float* dst;
  int64_t first_query;
  int64_t queries;     // 1 to QUERIES
  int64_t vectors;     // that hold them

  float* at(int64_t offset) const { return scratch + offset; }
};

// Calls body(Constant<V>, first lane) for the register tiles along the queries.
template <typename Body>
inline void for_each_vector_tile(const Task& task, const Body& body) {
  for (int64_t vector = 0; vector < task.vectors; vector += VECTORS) {
    with_constant<VECTORS>(smaller(VECTORS, task.vectors - vector), [&](auto v) { body(v, vector * W); });
  }
}

// Transposes the queries and multiplies them by `factor`; lanes beyond the last are zero.
void load_queries(const Task& task, float factor) {
  float* queries = task.at(task.share.queries);
  const int64_t d = task.args.head_size;
  const int64_t lanes = task.vectors * W;
  if (task.queries < lanes) {
    memset(queries, 0, (size_t)(d * QUERIES) * sizeof(float));
  }
  transpose(task.q, task.args.q_row_stride, task.queries, d, queries, QUERIES);
  for (int64_t i = 0; i < d; i++) {
    for (int64_t lane = 0; lane < lanes; lane += W) {
      float* q = queries + i * QUERIES + lane;
      store(q, load(q) * factor);
    }
  }
}

void copy_rows(const float* src, int64_t src_stride, int64_t rows, int64_t columns, int64_t dst_stride, float* dst) {
  for (int64_t row = 0; row < rows; row++) {
    memcpy(dst + row * dst_stride, src + row * src_stride, (size_t)columns * sizeof(float));
  }
}

void compute_scores(const Task& task, int64_t keys) {
  const int64_t stride = task.share.key_stride;
  for (int64_t key = 0; key < keys; key += ROWS) {
    with_constant<ROWS>(smaller(ROWS, keys - key), [&](auto r) {
      for_each_vector_tile(task, [&](auto v, int64_t lane) {
        score_tile<r.value, v.value>(task.at(task.share.keys) + key * stride, stride, task.args.head_size,
                                     task.at(task.share.queries) + lane,
                                     task.at(task.share.scores) + key * QUERIES + lane);
      });
    });
  }
}

void add_bias(const Task& task, int64_t first_key, int64_t keys) {
  const int64_t query_stride = task.args.bias_query_stride;
  const int64_t key_stride = task.args.bias_key_stride;
  const float* bias = task.bias + first_key * key_stride;
  float* scores = task.at(task.share.scores);
  for (int64_t query = 0; query < task.queries; query++) {
    for (int64_t key = 0; key < keys; key++) {
      scores[key * QUERIES + query] += LOG2_E * bias[query * query_stride + key * key_stride];
    }
  }
}

// Keys behind a query count for nothing.
void mask_causally(const Task& task, int64_t first_key, int64_t keys) {
  float* scores = task.at(task.share.scores);
  for (int64_t key = 0; key < keys; key++) {
    const int64_t masked = smaller(first_key + key - task.first_query, task.queries);
    for (int64_t query = 0; query < masked; query++) {
      scores[key * QUERIES + query] = -__builtin_inff();
    }
  }
}

// Scores to weights 2^(score - maximum), where the maximum is that of all keys so far; sums and factors follow. A query whose
// keys are all masked so far has the maximum -infinity; subtracting 0 for it gives weights 0 where infinity minus infinity
// would not be a number.
template <int V>
void weigh(const Task& task, int64_t lane, int64_t keys) {
  float* scores = task.at(task.share.scores) + lane;
  float* maxima = task.at(task.share.maxima) + lane;
  float* sums = task.at(task.share.sums) + lane;
  float* factors = task.at(task.share.factors) + lane;
  vfloat maximum[V];
  vfloat total[V];
  for (int v = 0; v < V; v++) {
    maximum[v] = load(maxima + v * W);
  }
  for (int64_t key = 0; key < keys; key++) {
    for (int v = 0; v < V; v++) {
      const vfloat score = load(scores + key * QUERIES + v * W);
      maximum[v] = score > maximum[v] ? score : maximum[v];
    }
  }
  for (int v = 0; v < V; v++) {
    const vfloat before = load(maxima + v * W);
    store(maxima + v * W, maximum[v]);
    maximum[v] = maximum[v] == -__builtin_inff() ? vfloat{} : maximum[v];
    const vfloat factor = exp2(before - maximum[v]);
    store(factors + v * W, factor);
    total[v] = load(sums + v * W) * factor;
  }
  for (int64_t key = 0; key < keys; key++) {
    for (int v = 0; v < V; v++) {
      float* score = scores + key * QUERIES + v * W;
      const vfloat weight = exp2(load(score) - maximum[v]);
      store(score, weight);
      total[v] += weight;
    }
  }
  for (int v = 0; v < V; v++) {
    store(sums + v * W, total[v]);
  }
}

void accumulate_outputs(const Task& task, int64_t keys) {
  for (int64_t row = 0; row < task.args.head_size; row += ROWS) {
    with_constant<ROWS>(smaller(ROWS, task.args.head_size - row), [&](auto r) {
      for_each_vector_tile(task, [&](auto v, int64_t lane) {
        output_tile<r.value, v.value>(task.at(task.share.values) + row, task.share.key_stride, keys,
                                      task.at(task.share.scores) + lane, task.at(task.share.factors) + lane,
                                      task.at(task.share.outputs) + row * QUERIES + lane);
      });
    });
  }
}

void store_outputs(const Task& task) {
  float* outputs = task.at(task.share.outputs);
  const float* sums = task.at(task.share.sums);
  const int64_t d = task.args.head_size;
  for (int64_t lane = 0; lane < task.vectors * W; lane += W) {
    const vfloat sum = load(sums + lane);
    const vfloat inverse = sum == 0.0f ? vfloat{} : 1.0f / sum;  // 0: all masked
    for (int64_t i = 0; i < d; i++) {
      float* output = outputs + i * QUERIES + lane;
      store(output, load(output) * inverse);
    }
  }
  transpose(outputs, QUERIES, d, task.queries, task.dst, task.args.dst_row_stride);
}

void run(const Task& task) {
  const lgv_attention_args& args = task.args;
  const AttentionShare& share = task.share;
  load_queries(task, (float)(args.scale * 1.4426950408889634));
  memset(task.at(share.outputs), 0, (size_t)(args.head_size * QUERIES) * sizeof(float));
  for (int64_t lane = 0; lane < QUERIES; lane++) {
    task.at(share.maxima)[lane] = -__builtin_inff();
    task.at(share.sums)[lane] = 0;
  }
  const int64_t last_query = task.first_query + task.queries - 1;
  const int64_t key_length = args.causal ? smaller(args.key_length, last_query + 1) : args.key_length;
  for (int64_t key = 0; key < key_length; key += KEYS) {
    const int64_t keys = smaller(KEYS, key_length - key);
    copy_rows(task.k + key * args.k_row_stride, args.k_row_stride, keys, args.head_size, share.key_stride,
              task.at(share.keys));
    compute_scores(task, keys);
    if (task.bias != nullptr) {
      add_bias(task, key, keys);
    }
    if (args.causal && key + keys - 1 > task.first_query) {
      mask_causally(task, key, keys);
    }
    for_each_vector_tile(task, [&](auto v, int64_t lane) { weigh<v.value>(task, lane, keys); });
    copy_rows(task.v + key * args.v_row_stride, args.v_row_stride, keys, args.head_size, share.key_stride,
              task.at(share.values));
    accumulate_outputs(task, keys);
  }
  store_outputs(task);
}

Task task_at(const lgv_attention_args& args, const AttentionShare& share, int64_t index, float* scratch) {
  const int64_t tasks_of_head = (args.query_length + QUERIES - 1) / QUERIES;
  const int64_t query = index % tasks_of_head * QUERIES;
  const int64_t head = index / tasks_of_head % args.heads;
  const int64_t n = index / tasks_of_head / args.heads;
  const int64_t queries = smaller(QUERIES, args.query_length - query);
  const int64_t column = head * args.head_size;
  return {args,
          share,
          scratch,
          args.q + n * args.q_batch_stride + query * args.q_row_stride + column,
          args.k + n * args.k_batch_stride + column,
          args.v + n * args.v_batch_stride + column,
          args.bias == nullptr ? nullptr
                               : args.bias + n * args.bias_batch_stride + head * args.bias_head_stride +
                                     query * args.bias_query_stride,
          args.dst + n * args.dst_batch_stride + query * args.dst_row_stride + column,
          query,
          queries,
          (queries + W - 1) / W};
}

}  // namespace

namespace LGV_ISA {

void attention(const lgv_attention_args& args) {
  const AttentionShare share(args.head_size);
  const int64_t tasks = args.n * args.heads * ((args.query_length + QUERIES - 1) / QUERIES);
  const int64_t shares = args.scratch_bytes / share.bytes();
  // A pair of multiply-adds, of a score and of an output, takes about 0.05 nanoseconds on a core with AVX-512.
  const double rows = (double)(args.n * args.heads * args.query_length);
  const double work = rows * (double)args.key_length * (double)args.head_size;
  const int useful = threads_for(work, 8 * ELEMENTS_PER_THREAD);
  const int threads = (int)smaller(smaller(useful, tasks), shares);
  // Tasks of causal attention differ in length, so each thread takes the next when it is done.
#pragma omp parallel for num_threads(threads) if (threads > 1) schedule(dynamic)
  for (int64_t index = 0; index < tasks; index++) {
    float* scratch = (float*)args.scratch + omp_get_thread_num() * share.floats;
    run(task_at(args, share, index, scratch));
  }
}

}  // namespace LGV_ISA
}  // namespace lgv
