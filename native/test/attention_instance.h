// Attention on random numbers, and its definition in double.
#ifndef LANGEVIN_TEST_ATTENTION_INSTANCE_H
#define LANGEVIN_TEST_ATTENTION_INSTANCE_H

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

typedef int64_t ScratchBytes(const lgv_attention_args* args);

inline std::string name(const Problem& p) {
  return text("(%ld, %ld x %ld, %ld, %ld) causal %d bias %d fused %d", (long)p.n, (long)p.heads, (long)p.d, (long)p.lq,
              (long)p.lk, p.causal, (int)p.bias, p.fused);
}

// Arguments with memory for them. Tensors end at a guard page at the last element that a stride reaches.
struct Instance {
  explicit Instance(const Problem& p, ScratchBytes* scratch_bytes = lgv_attention_scratch_bytes)
      : problem(p), row(p.heads * p.d), stride(p.fused ? 3 * row : row),
        q(normal(p.fused ? p.n * p.lq * stride : p.n * p.lq * row, 1, 0, p.magnitude)),
        k(normal(p.fused ? 0 : p.n * p.lk * row, 2)), v(normal(p.fused ? 0 : p.n * p.lk * row, 3)),
        bias(normal(p.n * p.heads * p.lq * p.lk, 4, 0, 2)), dst(p.n * p.lq * row), scratch(needed(p, scratch_bytes)) {
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
    args.scratch_bytes = needed(p, scratch_bytes);
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

  static int64_t needed(const Problem& p, ScratchBytes* scratch_bytes) {
    lgv_attention_args args = sizes(p);
    return scratch_bytes(&args);
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

}  // namespace

#endif
