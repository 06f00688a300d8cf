#include <cmath>

#include "check.h"

using namespace test;

namespace {

enum class Bias { NONE, FULL, KEYS_ONLY, SHARED_BY_HEADS, MASK };

struct Problem {
  int64_t n, heads, d, lq, lk;
  bool causal = false;
  Bias bias = Bias::NONE;
  bool fused = false;      // q, k and v are slices of one (N, L, 3*heads*d) matrix; needs lq == lk
  double magnitude = 1;    // of the queries
};

std::string name(const Problem& p) {
  return text("(%ld, %ld x %ld, %ld, %ld) causal %d bias %d fused %d", (long)p.n, (long)p.heads, (long)p.d, (long)p.lq,
              (long)p.lk, p.causal, (int)p.bias, p.fused);
}

// Arguments with memory for them. Tensors end at a guard page at the last element that a stride reaches.
struct Instance {
  explicit Instance(const Problem& p)
      : problem(p), row(p.heads * p.d), stride(p.fused ? 3 * row : row),
        q(normal(p.fused ? p.n * p.lq * stride : p.n * p.lq * row, 1, 0, p.magnitude)),
        k(normal(p.fused ? 0 : p.n * p.lk * row, 2)), v(normal(p.fused ? 0 : p.n * p.lk * row, 3)),
        bias(normal(p.n * p.heads * p.lq * p.lk, 4, 0, 2)), dst(p.n * p.lq * row), scratch(needed(p)) {
    args = sizes(p);
    args.q = q;
    args.k = p.fused ? q.data() + row : k.data();
    args.v = p.fused ? q.data() + 2 * row : v.data();
    args.q_row_stride = args.k_row_stride = args.v_row_stride = stride;
    args.q_batch_stride = p.lq * stride;
    args.k_batch_stride = args.v_batch_stride = p.lk * stride;
    args.dst = dst;
    args.dst_row_stride = row;
    args.dst_batch_stride = p.lq * row;
    args.scratch = scratch.data();
    args.scratch_bytes = needed(p);
    if (p.bias != Bias::NONE) {
      args.bias = bias;
      args.bias_batch_stride = p.bias == Bias::KEYS_ONLY ? p.lk : p.heads * p.lq * p.lk;
      args.bias_head_stride = p.bias == Bias::FULL || p.bias == Bias::MASK ? p.lq * p.lk : 0;
      args.bias_query_stride = p.bias == Bias::KEYS_ONLY ? 0 : p.lk;
      args.bias_key_stride = 1;
    }
    for (int64_t i = 0; p.bias == Bias::MASK && i < bias.count(); i++) {
      bias[i] = bias[i] > 0 || i / p.lk % 3 == 1 ? -INFINITY : 0;  // about half; every third query has no key at all
    }
  }

  static lgv_attention_args sizes(const Problem& p) {
    lgv_attention_args args{};
    args.n = p.n;
    args.heads = p.heads;
    args.head_size = p.d;
    args.query_length = p.lq;
    args.key_length = p.lk;
    args.causal = p.causal;
    args.scale = 1 / std::sqrt((double)p.d);
    return args;
  }

  static int64_t needed(const Problem& p) {
    lgv_attention_args args = sizes(p);
    return lgv_attention_scratch_bytes(&args);
  }

  void check() const {
    std::vector<double> expected((size_t)dst.count()), bound((size_t)dst.count());
    for (int64_t n = 0; n < problem.n; n++) {
      for (int64_t h = 0; h < problem.heads; h++) {
        for (int64_t i = 0; i < problem.lq; i++) {
          reference(n, h, i, &expected[(size_t)((n * problem.lq + i) * row + h * problem.d)],
                    &bound[(size_t)((n * problem.lq + i) * row + h * problem.d)]);
        }
      }
    }
    CHECK_CLOSE(name(problem), dst, expected, bound);
  }

  // Each product of a score and each sum is rounded once, which adds up as a random walk does; an error e of a score is a
  // relative error e of its weight and of the weights' sum.
  void reference(int64_t n, int64_t h, int64_t i, double* out, double* error) const {
    const int64_t d = problem.d;
    const float* query = args.q + n * args.q_batch_stride + i * args.q_row_stride + h * d;
    std::vector<double> scores;
    double maximum = -INFINITY, largest = 0;
    for (int64_t j = 0; j < problem.lk; j++) {
      const float* key = args.k + n * args.k_batch_stride + j * args.k_row_stride + h * d;
      double score = 0, magnitude = 0;
      for (int64_t c = 0; c < d; c++) {
        score += args.scale * query[c] * key[c];
        magnitude += std::fabs(args.scale * query[c] * key[c]);
      }
      if (args.bias != nullptr) {
        double b = args.bias[n * args.bias_batch_stride + h * args.bias_head_stride + i * args.bias_query_stride +
                             j * args.bias_key_stride];
        score += b;
        magnitude += std::isinf(b) ? 0 : std::fabs(b);
      }
      scores.push_back(problem.causal && j > i ? -INFINITY : score);
      maximum = std::max(maximum, scores.back());
      largest = std::max(largest, magnitude);
    }
    double total = 0;
    for (double& score : scores) {
      score = maximum == -INFINITY ? 0 : std::exp(score - maximum);
      total += score;
    }
    const double score_error = 4 * EPSILON * (std::sqrt((double)d) + 2) * largest;
    const double sum_error = 4 * EPSILON * (std::sqrt((double)problem.lk) + 2);
    for (int64_t c = 0; c < d; c++) {
      double weighted = 0, magnitude = 0;
      for (int64_t j = 0; j < problem.lk && total > 0; j++) {
        double value = args.v[n * args.v_batch_stride + j * args.v_row_stride + h * d + c];
        weighted += scores[(size_t)j] / total * value;
        magnitude += scores[(size_t)j] / total * std::fabs(value);
      }
      out[c] = weighted;
      error[c] = magnitude * (2 * score_error + sum_error);
    }
  }

  Problem problem;
  int64_t row, stride;
  Floats q, k, v, bias, dst;
  Scratch scratch;
  lgv_attention_args args;
};

TEST("attention", "equals the definition in double at every head size") {
  for (int64_t d : {1, 2, 3, 5, 6, 7, 8, 13, 16, 32, 40, 64, 72, 80, 128, 160, 256, 511, 512}) {
    Instance instance({1, 2, d, 67, 77});
    CHECK_STATUS(LGV_OK, lgv_attention(&instance.args));
    instance.check();
  }
}

TEST("attention", "equals the definition in double at odd lengths") {
  for (int64_t lq : {1, 3, 15, 17, 63, 64, 65, 130}) {
    for (int64_t lk : {1, 2, 5, 63, 64, 65, 77, 200}) {
      Instance instance({2, 3, 20, lq, lk});
      CHECK_STATUS(LGV_OK, lgv_attention(&instance.args));
      instance.check();
    }
  }
}

TEST("attention", "adds a bias by its strides, masks by -inf and causally, and reads slices") {
  for (Bias bias : {Bias::NONE, Bias::FULL, Bias::KEYS_ONLY, Bias::SHARED_BY_HEADS, Bias::MASK}) {
    for (bool causal : {false, true}) {
      for (bool fused : {false, true}) {
        Instance instance({2, 3, 24, 131, 131, causal, bias, fused});
        CHECK_STATUS(LGV_OK, lgv_attention(&instance.args));
        instance.check();
      }
      for (int64_t lq : {30, 190}) {
        Instance instance({1, 2, 9, lq, 100, causal, bias});
        CHECK_STATUS(LGV_OK, lgv_attention(&instance.args));
        instance.check();
      }
    }
  }
}

// Without the running maximum exp would overflow here; a late maximum must rescale what came before.
TEST("attention", "survives scores of hundreds, and a maximum in the last block") {
  Instance large({1, 2, 32, 70, 300, false, Bias::NONE, false, 200});
  CHECK_STATUS(LGV_OK, lgv_attention(&large.args));
  large.check();
  Instance rising({1, 1, 8, 20, 300, false, Bias::KEYS_ONLY});
  for (int64_t j = 0; j < 300; j++) {
    rising.bias[j] = (float)j;
  }
  CHECK_STATUS(LGV_OK, lgv_attention(&rising.args));
  rising.check();
}

TEST("attention", "gives zeros for a query whose keys are all masked") {
  Instance instance({1, 2, 16, 70, 90, false, Bias::MASK});
  CHECK_STATUS(LGV_OK, lgv_attention(&instance.args));
  for (int64_t i = 0; i < 16; i++) {
    CHECK(instance.dst[instance.row + i] == 0);  // query 1 of the first head
  }
}

TEST("attention", "passes on what is not a number to the queries that see it") {
  Instance instance({1, 1, 16, 70, 90, true});
  instance.k[50 * 16 + 3] = NAN;
  CHECK_STATUS(LGV_OK, lgv_attention(&instance.args));
  CHECK(std::isfinite(instance.dst[49 * 16]));
  CHECK(std::isnan(instance.dst[50 * 16]));
  CHECK(std::isnan(instance.dst[69 * 16 + 5]));
}

TEST("attention", "does not depend on the number of threads, nor on the shares of scratch") {
  const Problem problem = {2, 3, 40, 300, 150, true, Bias::FULL};
  Instance first(problem);
  CHECK_STATUS(LGV_OK, lgv_attention(&first.args));
  for_thread_counts([&](int threads) {
    Instance again(problem);
    CHECK_STATUS(LGV_OK, lgv_attention(&again.args));
    CHECK(again.dst.same_bits(first.dst));
    again.args.scratch_bytes /= threads;
    Scratch one_share(again.args.scratch_bytes);
    again.args.scratch = one_share.data();
    CHECK_STATUS(LGV_OK, lgv_attention(&again.args));
    CHECK(again.dst.same_bits(first.dst));
  });
}

TEST("attention", "does not depend on the rest of the batch") {
  Instance all({3, 2, 40, 100, 77});
  CHECK_STATUS(LGV_OK, lgv_attention(&all.args));
  for (int64_t n = 0; n < 3; n++) {
    lgv_attention_args args = all.args;
    Floats one(100 * all.row);
    args.n = 1;
    args.q += n * args.q_batch_stride;
    args.k += n * args.k_batch_stride;
    args.v += n * args.v_batch_stride;
    args.dst = one;
    CHECK_STATUS(LGV_OK, lgv_attention(&args));
    int64_t wrong = 0;
    for (int64_t i = 0; i < one.count(); i++) {
      wrong += one[i] != all.dst[n * one.count() + i];
    }
    CHECK(wrong == 0);
  }
}

TEST("attention", "repeats one sample's keys by a stride of zero") {
  Instance apart({2, 2, 16, 30, 40});
  for (int64_t i = 0; i < 40 * apart.row; i++) {
    apart.k[40 * apart.row + i] = apart.k[i];
    apart.v[40 * apart.row + i] = apart.v[i];
  }
  CHECK_STATUS(LGV_OK, lgv_attention(&apart.args));
  Floats expected = apart.dst;
  apart.args.k_batch_stride = apart.args.v_batch_stride = 0;
  CHECK_STATUS(LGV_OK, lgv_attention(&apart.args));
  CHECK(apart.dst.same_bits(expected));
}

TEST("attention", "refuses what does not fit") {
  Instance good({2, 2, 16, 30, 40, false, Bias::FULL});
  auto status = [&](auto change) {
    lgv_attention_args args = good.args;
    change(args);
    return lgv_attention(&args);
  };
  typedef lgv_attention_args& A;
  CHECK_STATUS(LGV_NULL_POINTER, lgv_attention(nullptr));
  CHECK_STATUS(LGV_NULL_POINTER, status([](A a) { a.q = nullptr; }));
  CHECK_STATUS(LGV_NULL_POINTER, status([](A a) { a.k = nullptr; }));
  CHECK_STATUS(LGV_NULL_POINTER, status([](A a) { a.v = nullptr; }));
  CHECK_STATUS(LGV_NULL_POINTER, status([](A a) { a.dst = nullptr; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.n = -1; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.heads = 0; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.head_size = 0; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.head_size = 513; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.query_length = 0; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.key_length = 0; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.key_length = INT64_MAX; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.q_row_stride = 31; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.k_row_stride = 31; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.v_batch_stride = -1; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.dst_row_stride = 0; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.dst_batch_stride = 0; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.bias_key_stride = -1; }));
  CHECK_STATUS(LGV_BAD_VALUE, status([](A a) { a.scale = INFINITY; }));
  CHECK_STATUS(LGV_BAD_VALUE, status([](A a) { a.causal = 2; }));
  CHECK_STATUS(LGV_BAD_SCRATCH, status([](A a) { a.scratch = nullptr; }));
  CHECK_STATUS(LGV_BAD_SCRATCH, status([](A a) { a.scratch_bytes = 64; }));
  CHECK_STATUS(LGV_OK, status([](A a) { a.n = 0; }));
  CHECK(std::isnan(good.dst[0]));  // nothing was written
}

}  // namespace
