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
#include "attention_tiles.h"
#include "kernels.h"
#include "parallel.h"

namespace lgv {
namespace {

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

// outputs = outputs * factors + values^T x weights
void accumulate_outputs(const Task& task, int64_t keys) {
  const int64_t stride = task.share.key_stride;
  for (int64_t row = 0; row < task.args.head_size; row += ROWS) {
    with_constant<ROWS>(smaller(ROWS, task.args.head_size - row), [&](auto r) {
      for_each_vector_tile(task.vectors, [&](auto v, int64_t lane) {
        constexpr int R = r.value, V = v.value;
        const float* factors = task.at(task.share.factors) + lane;
        float* outputs = task.at(task.share.outputs) + row * QUERIES + lane;
        vfloat total[R][V];
        for (int i = 0; i < R; i++) {
          for (int j = 0; j < V; j++) {
            total[i][j] = load(outputs + i * QUERIES + j * W) * load(factors + j * W);
          }
        }
        multiply<R, V>({task.at(task.share.values) + row, 1, stride}, keys, task.at(task.share.scores) + lane, QUERIES,
                       total);
        for (int i = 0; i < R; i++) {
          for (int j = 0; j < V; j++) {
            store(outputs + i * QUERIES + j * W, total[i][j]);
          }
        }
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
  load_columns(task.q, args.q_row_stride, task.queries, task.vectors, args.head_size,
               (float)(args.scale * 1.4426950408889634), task.at(share.queries));
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
    float* scores = task.at(share.scores);
    product<false>({task.at(share.keys), share.key_stride, 1}, keys, args.head_size, task.at(share.queries), QUERIES,
                   task.vectors, scores, QUERIES);
    if (task.bias != nullptr) {
      add_bias(task.bias + key * args.bias_key_stride, args.bias_query_stride, args.bias_key_stride, task.queries, keys,
               scores);
    }
    if (args.causal && key + keys - 1 > task.first_query) {
      mask_causally(task.first_query, task.queries, key, keys, scores);
    }
    for_each_vector_tile(task.vectors, [&](auto v, int64_t lane) {
      weigh<v.value>(keys, scores + lane, task.at(share.maxima) + lane, task.at(share.sums) + lane,
                     task.at(share.factors) + lane);
    });
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
