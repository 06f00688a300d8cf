// Flash attention in 8-bit integers, built as that in f32 (attention_kernel.cpp): queries in the vectors' lanes, keys by blocks.
//
// Keys and values are bytes already, see int8_attention_pack.h. A query's channels become signed bytes with a scale for the
// query. The scores are exact integers, and so are their differences to the largest of a block, so that
//
//   weight = round(255 * 2^((score - largest of the block) * the query's scale))
//
// fills a byte within each block, however small the block's weights are beside another's; what the maximum of all blocks so
// far asks for is multiplied in where the block's integer sums are added to the outputs. A query's weights are divided by
// the sum of these bytes, not of what was rounded, so that they sum to one.
//
// Products and sums of bytes are exact, and the compiler may not fuse the few in f32 (see CMakeLists.txt): every instruction
// set gives the same bits.
#include <string.h>

#include "constant.h"
#include "exponential.h"
#include "int8_attention_pack.h"
#include "kernels.h"
#include "parallel.h"
#include "transpose.h"

namespace lgv {
namespace {

constexpr int64_t QUERIES = Int8AttentionShape::QUERIES;
constexpr int64_t KEYS = Int8AttentionShape::KEYS;
constexpr int32_t NO_SCORE = -(1 << 30);  // below all scores; its differences to them still fit
constexpr float MOST_SCALE = 25;          // 2^-25 beside 1 is no weight, even where scores are one apart

// The register tile: ROWS of keys (or of outputs) by vectors of queries.
constexpr int ROWS = 6;

template <typename Form>
constexpr int VECTORS = Form::REGISTERS == 1 ? 4 : 1;

// scores[r][...] = keys[r] . queries
template <typename Form, int R>
void score_tile(const uint8_t* keys, int64_t key_bytes, const char* queries, int32_t* scores, int32_t* maxima) {
  constexpr int V = VECTORS<Form>;
  vint total[R][V] = {};
  for (int64_t i = 0; i < key_bytes; i += 4) {
    typename Form::Signed q[V];
#pragma GCC unroll 16
    for (int v = 0; v < V; v++) {
      q[v] = Form::signed_bytes(load_lanes(queries + i * QUERIES + v * W * 4));
    }
#pragma GCC unroll 16
    for (int r = 0; r < R; r++) {
      const typename Form::Unsigned key = Form::unsigned_bytes(spread_four(keys + r * key_bytes + i));
#pragma GCC unroll 16
      for (int v = 0; v < V; v++) {
        total[r][v] = Form::add(total[r][v], key, q[v]);
      }
    }
  }
#pragma GCC unroll 16
  for (int v = 0; v < V; v++) {
    vint maximum = load_lanes(maxima + v * W);
#pragma GCC unroll 16
    for (int r = 0; r < R; r++) {
      store_lanes(scores + r * QUERIES + v * W, total[r][v]);
      maximum = total[r][v] > maximum ? total[r][v] : maximum;
    }
    store_lanes(maxima + v * W, maximum);
  }
}

// outputs[r] = outputs[r] * old factors + (sum over keys of values[key][r] * weights[key]) * new factors
template <typename Form, int R>
void output_tile(const char* values, int64_t value_bytes, int64_t fours, const char* weights, const float* old_factors,
                 const float* new_factors, float* outputs) {
  constexpr int V = VECTORS<Form>;
  vint total[R][V] = {};
  for (int64_t j = 0; j < fours; j++) {
    typename Form::Unsigned p[V];
#pragma GCC unroll 16
    for (int v = 0; v < V; v++) {
      p[v] = Form::unsigned_bytes(load_lanes(weights + (j * QUERIES + v * W) * 4));
    }
#pragma GCC unroll 16
    for (int r = 0; r < R; r++) {
      const typename Form::Signed value = Form::signed_bytes(spread_four(values + j * value_bytes + 4 * r));
#pragma GCC unroll 16
      for (int v = 0; v < V; v++) {
        total[r][v] = Form::add(total[r][v], p[v], value);
      }
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < R; r++) {
#pragma GCC unroll 16
    for (int v = 0; v < V; v++) {
      float* output = outputs + r * QUERIES + v * W;
      store(output, load(output) * load(old_factors + v * W) + to_float(total[r][v]) * load(new_factors + v * W));
    }
  }
}

// One task: its share of the scratch, its packed head, and what is its own of the tensors.
struct Task {
  const lgv_attention_args& args;
  const Int8AttentionShape& shape;
  char* share;
  const char* head;
  const float* q;   // first query's row at this head
  float* dst;
  int64_t queries;  // 1 to QUERIES

  float* floats(int64_t offset) const { return (float*)(share + offset); }
  int32_t* ints(int64_t offset) const { return (int32_t*)(share + offset); }
};

// The outputs' place holds the queries in f32 until then. Lanes beyond the last query are zero.
void load_queries(const Task& task) {
  const int64_t d = task.args.head_size;
  const float* factors = (const float*)(task.head + task.shape.query_factors);
  float* values = task.floats(task.shape.outputs);
  if (task.queries < QUERIES) {
    memset(values, 0, (size_t)(d * QUERIES) * sizeof(float));
  }
  transpose(task.q, task.args.q_row_stride, task.queries, d, values, QUERIES);
  for (int64_t lane = 0; lane < QUERIES; lane += W) {
    vfloat largest{}, invalid{};
    for (int64_t c = 0; c < d; c++) {
      const vfloat x = load(values + c * QUERIES + lane) * factors[c];
      store(values + c * QUERIES + lane, x);
      const vfloat size = x < 0.0f ? -x : x;
      largest = size > largest ? size : largest;
      invalid += x * 0.0f;
    }
    const vfloat inverse = steps_per_unit(largest, 127);
    store(task.floats(task.shape.query_scales) + lane, at_most(largest / 127.0f, MOST_SCALE) + invalid);
    for (int64_t c = 0; c < d; c += 4) {
      vint four{};
      for (int64_t i = 0; i < smaller(4, d - c); i++) {
        four |= signed_byte(load(values + (c + i) * QUERIES + lane) * inverse) << (int)(8 * i);
      }
      store_lanes(task.share + task.shape.queries + c * QUERIES + lane * 4, four);
    }
  }
}

template <typename Form>
void compute_scores(const Task& task, int64_t first_key, int64_t keys) {
  const int64_t key_bytes = task.shape.key_bytes;
  const uint8_t* packed = (const uint8_t*)task.head + task.shape.keys + first_key * key_bytes;
  int32_t* maxima = task.ints(task.shape.block_maxima);
  for (int64_t lane = 0; lane < QUERIES; lane++) {
    maxima[lane] = NO_SCORE;
  }
  for (int64_t key = 0; key < keys; key += ROWS) {
    with_constant<ROWS>(smaller(ROWS, keys - key), [&](auto r) {
      for (int64_t lane = 0; lane < QUERIES; lane += VECTORS<Form> * W) {
        score_tile<Form, r.value>(packed + key * key_bytes, key_bytes, task.share + task.shape.queries + lane * 4,
                                  task.ints(task.shape.scores) + key * QUERIES + lane, maxima + lane);
      }
    });
  }
}

// About 255 * 2^x, rounded, for x = units / 2^23 from -64 to 0: 255 for 0, else within 0.35 percent before it is rounded.
//
// The bits of `units` are a whole number n <= 0 and a fraction f. With 1's exponent before it the fraction is the f32
// g = 1 + f, and n added to the exponent of a polynomial of g is its product with 2^n. The polynomial's error relative to
// 254.56 * 2^f is 0.17 percent, equal at both ends and between; softmax does not see the common factor. An integer added to
// 2^23 stands in the lowest bits of the sum.
inline vint byte_exp2(vint units) {
  const vint fraction = 0x7fffff - vint{};
  const vfloat g = (vfloat)((units & fraction) | 0x3f800000);
  const vfloat p = (85.83526f * g - 4.2620106f) * g + 173.42674f;
  return (vint)((vfloat)((vint)p + (units & ~fraction)) + 8388608.0f);
}

// Scores to weights, in bytes by fours of keys; sums and factors follow.
template <typename Form>
void weigh(const Task& task, int64_t lane, int64_t keys) {
  const int32_t* scores = task.ints(task.shape.scores) + lane;
  char* weights = task.share + task.shape.weights + lane * 4;
  const vfloat scale = load(task.floats(task.shape.query_scales) + lane);
  const vint maximum = load_lanes(task.ints(task.shape.block_maxima) + lane);
  const vfloat units = scale * 8388608.0f;
  const vint least = to_int(at_least(-24.0f / scale - 1.0f, (float)NO_SCORE));  // with what is below a weight is 0
  const auto weight = [&](int64_t key) {
    const vint difference = load_lanes(scores + key * QUERIES) - maximum;
    return byte_exp2(to_int(to_float(difference > least ? difference : least) * units));
  };
  const typename Form::Signed ones = Form::signed_bytes(0x01010101 - vint{});
  vint total{};
  for (int64_t key = 0; key < keys; key += 4) {
    vint four = weight(key) & 255;
    if (key + 4 <= keys) {
      four |= weight(key + 1) << 8 | weight(key + 2) << 16 | weight(key + 3) << 24;
    } else {
      for (int64_t i = 1; i < keys - key; i++) {
        four |= weight(key + i) << (int)(8 * i);
      }
    }
    store_lanes(weights + key * QUERIES, four);
    total = Form::add(total, Form::unsigned_bytes(four), ones);
  }
  const vint before = load_lanes(task.ints(task.shape.maxima) + lane);
  const vint now = maximum > before ? maximum : before;
  const vfloat old_factor = exp2(to_float(before - now) * scale);
  const vfloat new_factor = exp2(to_float(maximum - now) * scale);
  float* sums = task.floats(task.shape.sums) + lane;
  store(sums, load(sums) * old_factor + to_float(total) * new_factor);
  store(task.floats(task.shape.old_factors) + lane, old_factor);
  store(task.floats(task.shape.new_factors) + lane, new_factor);
  store_lanes(task.ints(task.shape.maxima) + lane, now);
}

template <typename Form>
void accumulate_outputs(const Task& task, int64_t first_key, int64_t keys) {
  const Int8AttentionShape& shape = task.shape;
  const char* values = task.head + shape.values + first_key / 4 * shape.value_bytes;
  for (int64_t row = 0; row < task.args.head_size; row += ROWS) {
    with_constant<ROWS>(smaller(ROWS, task.args.head_size - row), [&](auto r) {
      for (int64_t lane = 0; lane < QUERIES; lane += VECTORS<Form> * W) {
        output_tile<Form, r.value>(values + 4 * row, shape.value_bytes, divide_up(keys, 4),
                                   task.share + shape.weights + lane * 4, task.floats(shape.old_factors) + lane,
                                   task.floats(shape.new_factors) + lane, task.floats(shape.outputs) + row * QUERIES + lane);
      }
    });
  }
}

void store_outputs(const Task& task) {
  float* outputs = task.floats(task.shape.outputs);
  const float* scales = (const float*)(task.head + task.shape.value_scales);
  const float* middles = (const float*)(task.head + task.shape.value_middles);
  for (int64_t lane = 0; lane < QUERIES; lane += W) {
    const vfloat invalid = load(task.floats(task.shape.query_scales) + lane) * 0.0f;
    const vfloat inverse = 1.0f / load(task.floats(task.shape.sums) + lane) + invalid;
    for (int64_t i = 0; i < task.args.head_size; i++) {
      float* output = outputs + i * QUERIES + lane;
      store(output, load(output) * inverse * scales[i] + middles[i]);
    }
  }
  transpose(outputs, QUERIES, task.args.head_size, task.queries, task.dst, task.args.dst_row_stride);
}

template <typename Form>
void run(const Task& task) {
  const Int8AttentionShape& shape = task.shape;
  load_queries(task);
  memset(task.share + shape.outputs, 0, (size_t)(task.args.head_size * QUERIES) * sizeof(float));
  memset(task.share + shape.sums, 0, QUERIES * sizeof(float));
  for (int64_t lane = 0; lane < QUERIES; lane++) {
    task.ints(shape.maxima)[lane] = NO_SCORE;
  }
  for (int64_t key = 0; key < task.args.key_length; key += KEYS) {
    const int64_t keys = smaller(KEYS, task.args.key_length - key);
    compute_scores<Form>(task, key, keys);
    for (int64_t lane = 0; lane < QUERIES; lane += W) {
      weigh<Form>(task, lane, keys);
    }
    accumulate_outputs<Form>(task, key, keys);
  }
  store_outputs(task);
}

}  // namespace

namespace LGV_ISA {

void int8_attention(const lgv_attention_args& args) {
  const Int8AttentionShape shape(args);
  const bool bytes = has_byte_products();
  char* const scratch = static_cast<char*>(args.scratch);
  const int64_t heads = args.n * args.heads;
  const int64_t tasks_of_head = divide_up(args.query_length, QUERIES);
  const int64_t shares = (args.scratch_bytes - shape.packed_bytes) / shape.share_bytes;
  const double work = (double)(heads * args.query_length) * (double)args.key_length * (double)args.head_size;
  const int useful = threads_for(work, 24 * ELEMENTS_PER_THREAD);
  const int threads = (int)smaller(smaller(useful, heads * tasks_of_head), shares);
#pragma omp parallel for num_threads(threads) if (threads > 1) schedule(dynamic)
  for (int64_t index = 0; index < heads; index++) {
    const int64_t n = index / args.heads, column = index % args.heads * args.head_size;
    char* head = scratch + index * shape.head_bytes;
    const float* k = args.k + n * args.k_batch_stride + column;
    pack_keys({k, args.k_row_stride, args.key_length, args.head_size}, (float)(args.scale * 1.4426950408889634), shape, head);
    const float* v = args.v + n * args.v_batch_stride + column;
    pack_values({v, args.v_row_stride, args.key_length, args.head_size}, shape, head);
  }
#pragma omp parallel for num_threads(threads) if (threads > 1) schedule(dynamic)
  for (int64_t index = 0; index < heads * tasks_of_head; index++) {
    const int64_t of_all = index / tasks_of_head;
    const int64_t n = of_all / args.heads, column = of_all % args.heads * args.head_size;
    const int64_t query = index % tasks_of_head * QUERIES;
    const Task task = {args,
                       shape,
                       scratch + shape.packed_bytes + omp_get_thread_num() * shape.share_bytes,
                       scratch + of_all * shape.head_bytes,
                       args.q + n * args.q_batch_stride + query * args.q_row_stride + column,
                       args.dst + n * args.dst_batch_stride + query * args.dst_row_stride + column,
                       smaller(QUERIES, args.query_length - query)};
    if (bytes) {
      run<ByteProducts>(task);
    } else {
      run<WordProducts>(task);
    }
  }
}

}  // namespace LGV_ISA
}  // namespace lgv
