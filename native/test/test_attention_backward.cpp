#include "attention_instance.h"
#include "langevin_training.h"

namespace {

constexpr double SMALLEST = 0x1p-116;  // 2^-126 times numbers of up to a thousand

// A forward instance, its result, and the gradients by what it read.
struct Backward {
  explicit Backward(const Problem& p)
      : forward(p), dy(normal(p.n * p.lq * forward.row, 5)), dq(forward.q.count()), dk(forward.k.count()),
        dv(forward.v.count()), scratch((lgv_attention(&forward.args), needed(p))) {
    args = sizes(p);
    args.q = forward.args.q;
    args.k = forward.args.k;
    args.v = forward.args.v;
    args.bias = forward.args.bias;
    args.y = forward.dst;
    args.dy = dy;
    args.dq = dq;
    args.dk = p.fused ? dq.data() + forward.row : dk.data();
    args.dv = p.fused ? dq.data() + 2 * forward.row : dv.data();
    args.scratch = scratch.data();
    args.scratch_bytes = needed(p);
    args.q_row_stride = args.k_row_stride = args.v_row_stride = forward.stride;
    args.q_batch_stride = forward.args.q_batch_stride;
    args.k_batch_stride = args.v_batch_stride = forward.args.k_batch_stride;
    args.bias_batch_stride = forward.args.bias_batch_stride;
    args.bias_head_stride = forward.args.bias_head_stride;
    args.bias_query_stride = forward.args.bias_query_stride;
    args.bias_key_stride = forward.args.bias_key_stride;
  }

  static lgv_attention_backward_args sizes(const Problem& p) {
    lgv_attention_backward_args args{};
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
    lgv_attention_backward_args args = sizes(p);
    return lgv_attention_backward_scratch_bytes(&args);
  }

  // What one head of a sample says about its queries, keys and values, (L, d) each, and by how much f32 may differ.
  struct Gradients {
    std::vector<double> q, k, v, q_bound, k_bound, v_bound;
  };

  // A weight's relative error is twice that of its score, and weights below 2^-126 are 0; each sum of L or d terms is
  // rounded as a random walk is.
  Gradients reference(int64_t n, int64_t h) const {
    const Problem& p = forward.problem;
    const lgv_attention_args& a = forward.args;
    const int64_t d = p.d;
    Gradients g;
    for (auto* of : {&g.q, &g.q_bound}) {
      of->resize((size_t)(p.lq * d));
    }
    for (auto* of : {&g.k, &g.v, &g.k_bound, &g.v_bound}) {
      of->resize((size_t)(p.lk * d));
    }
    for (int64_t i = 0; i < p.lq; i++) {
      const float* query = a.q + n * a.q_batch_stride + i * a.q_row_stride + h * d;
      const float* slope = args.dy + (n * p.lq + i) * forward.row + h * d;
      std::vector<double> weights((size_t)p.lk), products((size_t)p.lk), sizes_of((size_t)p.lk);
      double maximum = -INFINITY, total = 0, largest = 0, dot = 0, dot_size = 0;
      for (int64_t j = 0; j < p.lk; j++) {
        const float* key = a.k + n * a.k_batch_stride + j * a.k_row_stride + h * d;
        const float* value = a.v + n * a.v_batch_stride + j * a.v_row_stride + h * d;
        double score = 0, magnitude = 0;
        for (int64_t c = 0; c < d; c++) {
          score += a.scale * query[c] * key[c];
          magnitude += std::fabs(a.scale * query[c] * key[c]);
          products[(size_t)j] += (double)slope[c] * value[c];
          sizes_of[(size_t)j] += std::fabs((double)slope[c] * value[c]);
        }
        if (a.bias != nullptr) {
          score += a.bias[n * a.bias_batch_stride + h * a.bias_head_stride + i * a.bias_query_stride + j * a.bias_key_stride];
        }
        weights[(size_t)j] = p.causal && j > i ? -INFINITY : score;
        maximum = std::max(maximum, weights[(size_t)j]);
        largest = std::max(largest, magnitude);
      }
      for (double& weight : weights) {
        weight = maximum == -INFINITY ? 0 : std::exp(weight - maximum);
        total += weight;
      }
      for (int64_t j = 0; j < p.lk && total > 0; j++) {
        weights[(size_t)j] /= total;
        dot += weights[(size_t)j] * products[(size_t)j];
        dot_size += weights[(size_t)j] * sizes_of[(size_t)j];
      }
      const double error = 8 * EPSILON * ((std::sqrt((double)d) + 2) * (largest + 4) + std::sqrt((double)(p.lk + p.lq)));
      for (int64_t j = 0; j < p.lk; j++) {
        const double weight = weights[(size_t)j];
        const double ds = weight * (products[(size_t)j] - dot) * a.scale;
        const double ds_size = weight * (sizes_of[(size_t)j] + dot_size) * a.scale;
        const float* key = a.k + n * a.k_batch_stride + j * a.k_row_stride + h * d;
        for (int64_t c = 0; c < d; c++) {
          g.q[(size_t)(i * d + c)] += ds * key[c];
          g.q_bound[(size_t)(i * d + c)] += SMALLEST + error * ds_size * std::fabs(key[c]);
          g.k[(size_t)(j * d + c)] += ds * query[c];
          g.k_bound[(size_t)(j * d + c)] += SMALLEST + error * ds_size * std::fabs(query[c]);
          g.v[(size_t)(j * d + c)] += weight * slope[c];
          g.v_bound[(size_t)(j * d + c)] += SMALLEST + error * weight * std::fabs(slope[c]);
        }
      }
    }
    return g;
  }

  static std::vector<float> head_of(const float* data, int64_t length, int64_t row_stride, int64_t d) {
    std::vector<float> rows;
    for (int64_t i = 0; i < length; i++) {
      rows.insert(rows.end(), data + i * row_stride, data + i * row_stride + d);
    }
    return rows;
  }

  void check() const {
    const Problem& p = forward.problem;
    for (int64_t n = 0; n < p.n; n++) {
      for (int64_t h = 0; h < p.heads; h++) {
        const Gradients g = reference(n, h);
        const int64_t at = h * p.d;
        CHECK_CLOSE(name(p) + " dq", head_of(args.dq + n * args.q_batch_stride + at, p.lq, args.q_row_stride, p.d).data(),
                    g.q, g.q_bound);
        CHECK_CLOSE(name(p) + " dk", head_of(args.dk + n * args.k_batch_stride + at, p.lk, args.k_row_stride, p.d).data(),
                    g.k, g.k_bound);
        CHECK_CLOSE(name(p) + " dv", head_of(args.dv + n * args.v_batch_stride + at, p.lk, args.v_row_stride, p.d).data(),
                    g.v, g.v_bound);
      }
    }
  }

  bool same_bits(const Backward& other) const {
    return dq.same_bits(other.dq) && dk.same_bits(other.dk) && dv.same_bits(other.dv);
  }

  Instance forward;
  Floats dy, dq, dk, dv;
  Scratch scratch;
  lgv_attention_backward_args args;
};

void check(const Problem& problem) {
  Backward instance(problem);
  CHECK_STATUS(LGV_OK, lgv_attention_backward(&instance.args));
  instance.check();
}

TEST("attention_backward", "equals the definition in double at every head size") {
  for (int64_t d : {1, 2, 3, 5, 7, 8, 13, 16, 40, 64, 80, 160, 511, 512}) {
    check({1, 2, d, 67, 77});
  }
}

TEST("attention_backward", "equals the definition in double at odd lengths") {
  for (int64_t lq : {1, 3, 17, 63, 64, 65, 130}) {
    for (int64_t lk : {1, 5, 63, 64, 65, 200}) {
      check({2, 3, 20, lq, lk});
    }
  }
}

TEST("attention_backward", "adds what the parts of long queries say") { check({1, 2, 8, 2100, 70}); }

TEST("attention_backward", "adds a bias by its strides, masks by -inf and causally, and reads and writes slices") {
  for (Bias bias : {Bias::NONE, Bias::FULL, Bias::KEYS_ONLY, Bias::SHARED_BY_HEADS, Bias::MASK}) {
    for (bool causal : {false, true}) {
      for (bool fused : {false, true}) {
        check({2, 3, 24, 131, 131, causal, bias, fused});
      }
      for (int64_t lq : {30, 190}) {
        check({1, 2, 9, lq, 100, causal, bias});
      }
    }
  }
}

TEST("attention_backward", "survives scores of hundreds, and a maximum in the last block") {
  check({1, 2, 32, 70, 300, false, Bias::NONE, false, 200});
}

TEST("attention_backward", "does not depend on the number of threads, nor on the shares of scratch") {
  const Problem problem = {2, 3, 40, 1300, 150, true, Bias::FULL};
  Backward first(problem);
  CHECK_STATUS(LGV_OK, lgv_attention_backward(&first.args));
  for_thread_counts([&](int threads) {
    Backward again(problem);
    CHECK_STATUS(LGV_OK, lgv_attention_backward(&again.args));
    CHECK(again.same_bits(first));
    CHECK(threads > 0);
  });
}

TEST("attention_backward", "does not depend on the rest of the batch") {
  Backward all({3, 2, 40, 100, 77});
  CHECK_STATUS(LGV_OK, lgv_attention_backward(&all.args));
  for (int64_t n = 0; n < 3; n++) {
    Backward one({3, 2, 40, 100, 77});
    lgv_attention_backward_args args = one.args;
    args.n = 1;
    args.q += n * args.q_batch_stride;
    args.k += n * args.k_batch_stride;
    args.v += n * args.v_batch_stride;
    args.y += n * args.q_batch_stride;
    args.dy += n * args.q_batch_stride;
    CHECK_STATUS(LGV_OK, lgv_attention_backward(&args));
    int64_t wrong = 0;
    for (int64_t i = 0; i < 77 * all.forward.row; i++) {
      wrong += args.dk[i] != all.dk[n * args.k_batch_stride + i] || args.dq[i] != all.dq[n * args.q_batch_stride + i];
    }
    CHECK(wrong == 0);
  }
}

TEST("attention_backward", "gives zeros for a query whose keys are all masked") {
  Backward instance({1, 2, 16, 70, 90, false, Bias::MASK});
  CHECK_STATUS(LGV_OK, lgv_attention_backward(&instance.args));
  for (int64_t i = 0; i < 16; i++) {
    CHECK(instance.dq[instance.forward.row + i] == 0);  // query 1 of the first head
  }
}

TEST("attention_backward", "refuses what does not fit") {
  Backward good({2, 2, 16, 30, 40, false, Bias::FULL});
  auto status = [&](auto change) {
    lgv_attention_backward_args args = good.args;
    change(args);
    return lgv_attention_backward(&args);
  };
  typedef lgv_attention_backward_args& A;
  CHECK_STATUS(LGV_NULL_POINTER, lgv_attention_backward(nullptr));
  CHECK_STATUS(LGV_NULL_POINTER, status([](A a) { a.q = nullptr; }));
  CHECK_STATUS(LGV_NULL_POINTER, status([](A a) { a.y = nullptr; }));
  CHECK_STATUS(LGV_NULL_POINTER, status([](A a) { a.dy = nullptr; }));
  CHECK_STATUS(LGV_NULL_POINTER, status([](A a) { a.dv = nullptr; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.n = -1; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.head_size = 513; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.query_length = 0; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.query_length = INT64_MAX; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.key_length = INT64_MAX; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.q_row_stride = 31; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.k_batch_stride = 0; }));  // two samples would write the same rows
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.bias_key_stride = -1; }));
  CHECK_STATUS(LGV_BAD_VALUE, status([](A a) { a.scale = INFINITY; }));
  CHECK_STATUS(LGV_BAD_VALUE, status([](A a) { a.causal = 2; }));
  CHECK_STATUS(LGV_BAD_SCRATCH, status([](A a) { a.scratch = nullptr; }));
  CHECK_STATUS(LGV_BAD_SCRATCH, status([](A a) { a.scratch_bytes = 64; }));
  CHECK_STATUS(LGV_OK, status([](A a) { a.n = 0; }));
  CHECK(std::isnan(good.dq[0]));  // nothing was written
}

}  // namespace
