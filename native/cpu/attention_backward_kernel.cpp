// The gradient of attention without the Lq x Lk matrices of weights ever lying in memory (Dao et al., arXiv:2205.14135,
// appendix B.2). With p = softmax(scale * q k^T + bias), y = p v and dots = y . dy of each query:
//
//   dv = p^T dy       ds = p * (dy v^T - dots)       dq = scale * ds k       dk = scale * ds^T q
//
// As in attention_kernel.cpp queries come in blocks of QUERIES along the vectors. A block walks twice over the keys: the first
// time for the weights, relative to the maximum so far, and their sums; the weights are kept, 64 x Lk of them, which costs
// less than their scores a second time. dq of the block is summed in the cache, dk and dv in a matrix of the task's, and
// those of a head's tasks are added at the end.
#include "attention_backward.h"

#include <omp.h>

#include "attention_tiles.h"
#include "kernels.h"
#include "parallel.h"

namespace lgv {
namespace {

typedef AttentionGradientShape Shape;

// What a task reads and writes: a head of a sample, some of its queries.
struct Task {
  const lgv_attention_backward_args& args;
  const Shape& shape;
  float* share;
  float* dk;  // sums (Lk, stride)
  float* dv;
  int64_t n;
  int64_t head;

  float* at(int64_t offset) const { return share + offset; }
  int64_t column() const { return head * args.head_size; }
  int64_t result(int64_t query) const {
    return (n * args.query_length + query) * args.heads * args.head_size + column();
  }
  int64_t query(int64_t query) const { return n * args.q_batch_stride + query * args.q_row_stride + column(); }
  int64_t key(int64_t key) const { return n * args.k_batch_stride + key * args.k_row_stride + column(); }
  int64_t value(int64_t key) const { return n * args.v_batch_stride + key * args.v_row_stride + column(); }
};

// Up to QUERIES of a task's queries.
struct Block {
  int64_t first;
  int64_t count;
  int64_t vectors;     // that hold them
  int64_t key_length;  // that they see
};

void fill_rows(const float* src, int64_t src_stride, int64_t rows, int64_t d, int64_t stride, float* dst) {
  copy_rows(src, src_stride, rows, d, stride, dst);
  for (int64_t row = 0; row < rows; row++) {
    memset(dst + row * stride + d, 0, (size_t)(stride - d) * sizeof(float));
  }
}

void load_block(const Task& task, const Block& block) {
  const lgv_attention_backward_args& args = task.args;
  const Shape& shape = task.shape;
  const int64_t d = args.head_size;
  const int64_t row = args.heads * d;
  const float* q = args.q + task.query(block.first);
  const float* dy = args.dy + task.result(block.first);
  load_columns(q, args.q_row_stride, block.count, block.vectors, d, (float)(args.scale * 1.4426950408889634),
               task.at(shape.queries));
  load_columns(dy, row, block.count, block.vectors, d, 1, task.at(shape.results));
  fill_rows(q, args.q_row_stride, block.count, d, shape.stride, task.at(shape.query_rows));
  fill_rows(dy, row, block.count, d, shape.stride, task.at(shape.result_rows));
  float* y = task.at(shape.sums_of_query);
  load_columns(args.y + task.result(block.first), row, block.count, block.vectors, d, 1, y);
  for (int64_t lane = 0; lane < block.vectors * W; lane += W) {
    vfloat dot{};
    for (int64_t i = 0; i < d; i++) {
      dot += load(y + i * QUERIES + lane) * load(task.at(shape.results) + i * QUERIES + lane);
    }
    store(task.at(shape.dots) + lane, dot);
  }
  memset(y, 0, (size_t)(d * QUERIES) * sizeof(float));  // where dq is summed from here on
  for (int64_t lane = 0; lane < QUERIES; lane++) {
    task.at(shape.maxima)[lane] = -__builtin_inff();
    task.at(shape.sums)[lane] = 0;
  }
}

void load_keys(const Task& task, int64_t first, int64_t keys) {
  fill_rows(task.args.k + task.key(first), task.args.k_row_stride, keys, task.args.head_size, task.shape.stride,
            task.at(task.shape.keys));
}

// The weights of a block of keys, each relative to the maximum that is noted with it.
void weigh_keys(const Task& task, const Block& block, int64_t first, int64_t keys) {
  const lgv_attention_backward_args& args = task.args;
  const Shape& shape = task.shape;
  float* scores = task.at(shape.weights) + first * QUERIES;
  product<false>({task.at(shape.keys), shape.stride, 1}, keys, args.head_size, task.at(shape.queries), QUERIES,
                 block.vectors, scores, QUERIES);
  if (args.bias != nullptr) {
    add_bias(args.bias + task.n * args.bias_batch_stride + task.head * args.bias_head_stride +
                 block.first * args.bias_query_stride + first * args.bias_key_stride,
             args.bias_query_stride, args.bias_key_stride, block.count, keys, scores);
  }
  if (args.causal && first + keys - 1 > block.first) {
    mask_causally(block.first, block.count, first, keys, scores);
  }
  for_each_vector_tile(block.vectors, [&](auto v, int64_t lane) {
    weigh<v.value>(keys, scores + lane, task.at(shape.maxima) + lane, task.at(shape.sums) + lane,
                   task.at(shape.factors) + lane);
  });
  memcpy(task.at(shape.block_maxima) + first / KEYS * QUERIES, task.at(shape.maxima), (size_t)QUERIES * sizeof(float));
}

// Weights to p, and the products dy v^T to ds.
void find_slopes(const Task& task, const Block& block, int64_t first, int64_t keys) {
  const Shape& shape = task.shape;
  for (int64_t lane = 0; lane < block.vectors * W; lane += W) {
    const vfloat sum = load(task.at(shape.sums) + lane);
    const vfloat maximum = load(task.at(shape.maxima) + lane);
    const vfloat before = load(task.at(shape.block_maxima) + first / KEYS * QUERIES + lane);
    // A block whose keys are all masked has the maximum -infinity; its weights are 0 already.
    const vfloat late = before == -__builtin_inff() ? vfloat{} : exp2(before - maximum);
    const vfloat factor = sum == 0.0f ? vfloat{} : late / sum;
    const vfloat dot = load(task.at(shape.dots) + lane);
    for (int64_t key = 0; key < keys; key++) {
      float* weight = task.at(shape.weights) + (first + key) * QUERIES + lane;
      float* slope = task.at(shape.slopes) + key * QUERIES + lane;
      const vfloat p = load(weight) * factor;
      store(weight, p);
      store(slope, p * (load(slope) - dot));
    }
  }
}

void add_gradients(const Task& task, const Block& block, int64_t first, int64_t keys) {
  const Shape& shape = task.shape;
  const int64_t d = task.args.head_size;
  const int64_t columns = divide_up(d, W);
  load_keys(task, first, keys);
  fill_rows(task.args.v + task.value(first), task.args.v_row_stride, keys, d, shape.stride, task.at(shape.values));
  product<false>({task.at(shape.values), shape.stride, 1}, keys, d, task.at(shape.results), QUERIES, block.vectors,
                 task.at(shape.slopes), QUERIES);
  find_slopes(task, block, first, keys);
  product<true>({task.at(shape.weights) + first * QUERIES, QUERIES, 1}, keys, block.count, task.at(shape.result_rows),
                shape.stride, columns, task.dv + first * shape.stride, shape.stride);
  product<true>({task.at(shape.slopes), QUERIES, 1}, keys, block.count, task.at(shape.query_rows), shape.stride, columns,
                task.dk + first * shape.stride, shape.stride);
  product<true>({task.at(shape.keys), 1, shape.stride}, d, keys, task.at(shape.slopes), QUERIES, block.vectors,
                task.at(shape.sums_of_query), QUERIES);
}

void store_query_gradients(const Task& task, const Block& block) {
  float* sums = task.at(task.shape.sums_of_query);
  const int64_t d = task.args.head_size;
  const float scale = (float)task.args.scale;
  for (int64_t i = 0; i < d; i++) {
    for (int64_t lane = 0; lane < block.vectors * W; lane += W) {
      store(sums + i * QUERIES + lane, load(sums + i * QUERIES + lane) * scale);
    }
  }
  transpose(sums, QUERIES, d, block.count, task.args.dq + task.query(block.first), task.args.q_row_stride);
}

void run(const Task& task, int64_t first, int64_t end) {
  const lgv_attention_backward_args& args = task.args;
  memset(task.dk, 0, (size_t)task.shape.part_floats * sizeof(float));
  for (int64_t query = first; query < end; query += QUERIES) {
    const int64_t count = smaller(QUERIES, end - query);
    const int64_t seen = args.causal ? smaller(args.key_length, query + count) : args.key_length;
    const Block block = {query, count, divide_up(count, W), seen};
    load_block(task, block);
    for (int64_t key = 0; key < seen; key += KEYS) {
      load_keys(task, key, smaller(KEYS, seen - key));
      weigh_keys(task, block, key, smaller(KEYS, seen - key));
    }
    for (int64_t key = 0; key < seen; key += KEYS) {
      add_gradients(task, block, key, smaller(KEYS, seen - key));
    }
    store_query_gradients(task, block);
  }
}

// dst = scale * sum of the parts' rows
void add_parts(const float* parts, int64_t count, int64_t part_floats, int64_t d, float scale, float* dst) {
  for (int64_t i = 0; i < d; i++) {
    float total = 0;
    for (int64_t part = 0; part < count; part++) {
      total += parts[part * part_floats + i];
    }
    dst[i] = scale * total;
  }
}

}  // namespace

namespace LGV_ISA {

void attention_backward(const lgv_attention_backward_args& args) {
  const Shape shape(args);
  float* parts = (float*)args.scratch;
  float* shares = parts + shape.tasks * shape.part_floats;
  const int64_t lent = (args.scratch_bytes - shape.part_bytes()) / shape.share_bytes();
  const double pairs = (double)(args.n * args.heads) * (double)args.query_length * (double)args.key_length;
  const int useful = threads_for(pairs * (double)args.head_size, 4 * ELEMENTS_PER_THREAD);
  const int threads = (int)smaller(useful, lent);
#pragma omp parallel num_threads(threads) if (threads > 1)
  {
#pragma omp for schedule(dynamic)
    for (int64_t index = 0; index < shape.tasks; index++) {
      float* sums = parts + index * shape.part_floats;
      const int64_t head = index / shape.parts;
      const int64_t first = index % shape.parts * Shape::PART_QUERIES;
      run({args, shape, shares + omp_get_thread_num() * shape.share_floats, sums,
           sums + args.key_length * shape.stride, head / args.heads, head % args.heads},
          first, smaller(first + Shape::PART_QUERIES, args.query_length));
    }
#pragma omp for schedule(static)
    for (int64_t row = 0; row < args.n * args.heads * args.key_length; row++) {
      const int64_t head = row / args.key_length;
      const int64_t key = row % args.key_length;
      const float* sums = parts + head * shape.parts * shape.part_floats + key * shape.stride;
      const int64_t n = head / args.heads;
      const int64_t column = head % args.heads * args.head_size;
      add_parts(sums, shape.parts, shape.part_floats, args.head_size, (float)args.scale,
                args.dk + n * args.k_batch_stride + key * args.k_row_stride + column);
      add_parts(sums + args.key_length * shape.stride, shape.parts, shape.part_floats, args.head_size, 1,
                args.dv + n * args.v_batch_stride + key * args.v_row_stride + column);
    }
  }
}

}  // namespace LGV_ISA
}  // namespace lgv
