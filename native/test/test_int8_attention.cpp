#include <algorithm>
#include <cstring>
#include <limits>

#include "../cpu/exponential.h"
#include "attention_instance.h"

namespace {

void run(Instance& instance) { CHECK_STATUS(LGV_OK, lgv_int8_attention(&instance.args)); }

float power_of_two(float x) { return lgv::exp2(lgv::splat(x))[0]; }

// Bytes and scales of one head, and one query's attention over them, as langevin_int8.h and the kernel's comments define them: in
// plain loops, each f32 operation rounded on its own.
struct Definition {
  static constexpr int64_t BLOCK = 128;

  Definition(const Instance& instance, int64_t n, int64_t h) : args(instance.args), d((size_t)args.head_size) {
    const auto key = [&](int64_t j, size_t c) { return at(args.k, n, args.k_batch_stride, j, args.k_row_stride, h)[c]; };
    const auto value = [&](int64_t j, size_t c) { return at(args.v, n, args.v_batch_stride, j, args.v_row_stride, h)[c]; };
    keys.resize((size_t)args.key_length, std::vector<int>(d));
    values = keys;
    const float score_scale = (float)(args.scale * 1.4426950408889634);
    for (size_t c = 0; c < d; c++) {
      float low = key(0, c), high = low, least = value(0, c), largest = least;
      for (int64_t j = 0; j < args.key_length; j++) {
        low = std::min(low, key(j, c));
        high = std::max(high, key(j, c));
        least = std::min(least, value(j, c));
        largest = std::max(largest, value(j, c));
      }
      factors.push_back((high - low) * (score_scale / 255));
      const float steps = high - low > 1e-30f ? 255 / (high - low) : 0;
      least *= 0.5f;
      largest *= 0.5f;
      const float middle = least + largest, per_unit = largest - least > 1e-30f ? 127 / (largest - least) : 0;
      scales.push_back((largest - least) / 127);
      middles.push_back(middle);
      for (int64_t j = 0; j < args.key_length; j++) {
        keys[(size_t)j][c] = (int)std::min((key(j, c) - low) * steps + 0.5f, 255.0f);
        values[(size_t)j][c] = (int)((value(j, c) - middle) * per_unit + 128.5f) - 128;
      }
    }
  }

  static int weight(int difference, float scale) {
    const int least = (int)std::max(-24 / scale - 1, -1073741824.0f);
    const int units = (int)((float)std::max(difference, least) * (scale * 8388608));
    const int whole = units >> 23;
    const float g = 1 + (float)(units & 0x7fffff) / 8388608;
    const float p = (85.83526f * g - 4.2620106f) * g + 173.42674f;
    return (int)std::nearbyint(std::ldexp(p, whole));
  }

  void attend(const float* q, float* out) const {
    std::vector<float> x(d);
    float largest = 0;
    for (size_t c = 0; c < d; c++) {
      x[c] = q[c] * factors[c];
      largest = std::max(largest, std::fabs(x[c]));
    }
    const float scale = std::min(largest / 127, 25.0f), inverse = largest > 1e-30f ? 127 / largest : 0;
    std::vector<int> scores;
    for (const std::vector<int>& key : keys) {
      int score = 0;
      for (size_t c = 0; c < d; c++) {
        score += ((int)(x[c] * inverse + 128.5f) - 128) * key[c];
      }
      scores.push_back(score);
    }
    float sum = 0;
    std::vector<float> outputs(d);
    int maximum = -(1 << 30);
    for (size_t first = 0; first < scores.size(); first += BLOCK) {
      const size_t end = std::min(scores.size(), first + BLOCK);
      const int block = *std::max_element(&scores[first], &scores[first] + (end - first)), now = std::max(maximum, block);
      const float before = power_of_two((float)(maximum - now) * scale), here = power_of_two((float)(block - now) * scale);
      int total = 0;
      std::vector<int> weighted(d);
      for (size_t j = first; j < end; j++) {
        const int w = weight(scores[j] - block, scale);
        total += w;
        for (size_t c = 0; c < d; c++) {
          weighted[c] += w * values[j][c];
        }
      }
      sum = sum * before + (float)total * here;
      for (size_t c = 0; c < d; c++) {
        outputs[c] = outputs[c] * before + (float)weighted[c] * here;
      }
      maximum = now;
    }
    for (size_t c = 0; c < d; c++) {
      out[c] = outputs[c] * (1 / sum) * scales[c] + middles[c];
    }
  }

  const float* at(const float* p, int64_t n, int64_t batch_stride, int64_t row, int64_t row_stride, int64_t h) const {
    return p + n * batch_stride + row * row_stride + h * args.head_size;
  }

  const lgv_attention_args& args;
  size_t d;
  std::vector<float> factors, scales, middles;
  std::vector<std::vector<int>> keys, values;
};

void check_bits(const Instance& instance) {
  Floats expected(instance.dst.count());
  for (int64_t n = 0; n < instance.args.n; n++) {
    for (int64_t h = 0; h < instance.args.heads; h++) {
      const Definition definition(instance, n, h);
      for (int64_t i = 0; i < instance.args.query_length; i++) {
        definition.attend(definition.at(instance.args.q, n, instance.args.q_batch_stride, i, instance.args.q_row_stride, h),
                          expected + n * instance.args.dst_batch_stride + i * instance.row + h * instance.args.head_size);
      }
    }
  }
  if (!instance.dst.same_bits(expected)) {
    int64_t first = 0;
    while (memcmp(&instance.dst[first], &expected[first], 4) == 0) {
      first++;
    }
    fail(__FILE__, __LINE__, text("%s: %ld is %.9g, not %.9g", name(instance.problem).c_str(), (long)first,
                                  (double)instance.dst[first], (double)expected[first]));
  }
}

// Root mean squares.
struct Error {
  double error, size;  // of the difference to the exact results, and of these

  double relative() const { return error / size; }
};

Error error_of(const Instance& instance) {
  const int64_t d = instance.problem.d;
  std::vector<double> exact((size_t)d), bound((size_t)d);
  double error = 0, size = 0;
  for (int64_t n = 0; n < instance.problem.n; n++) {
    for (int64_t h = 0; h < instance.problem.heads; h++) {
      for (int64_t i = 0; i < instance.problem.lq; i++) {
        instance.reference(n, h, i, exact.data(), bound.data());
        for (int64_t c = 0; c < d; c++) {
          const double got = instance.dst[(n * instance.problem.lq + i) * instance.row + h * d + c];
          error += (got - exact[(size_t)c]) * (got - exact[(size_t)c]);
          size += exact[(size_t)c] * exact[(size_t)c];
        }
      }
    }
  }
  return {std::sqrt(error / (double)instance.dst.count()), std::sqrt(size / (double)instance.dst.count())};
}

#define CHECK_BELOW(limit, value)                                                                \
  do {                                                                                           \
    const double value_ = (value);                                                               \
    if (!(value_ < (limit))) {                                                                   \
      fail(__FILE__, __LINE__, text("%s is %.5f, not below %.5f", #value, value_, (double)(limit))); \
    }                                                                                            \
  } while (0)

TEST("int8_attention", "has the bits of its definition at every head size, whatever the instruction set") {
  for (int64_t d : {1, 2, 3, 5, 6, 7, 8, 13, 16, 32, 40, 64, 72, 80, 128, 160, 256, 511, 512}) {
    Instance instance({1, 2, d, 67, 77}, lgv_int8_attention_scratch_bytes);
    run(instance);
    check_bits(instance);
  }
}

TEST("int8_attention", "has the bits of its definition at odd lengths, and of slices") {
  for (int64_t lq : {1, 3, 63, 64, 65, 130}) {
    for (int64_t lk : {1, 2, 3, 5, 127, 128, 129, 300}) {
      Instance instance({2, 3, 20, lq, lk}, lgv_int8_attention_scratch_bytes);
      run(instance);
      check_bits(instance);
    }
  }
  Instance fused({2, 3, 24, 131, 131, false, Bias::NONE, true}, lgv_int8_attention_scratch_bytes);
  run(fused);
  check_bits(fused);
}

TEST("int8_attention", "survives scores of thousands, which leave one key") {
  for (double magnitude : {1e2, 1e4, 1e6, 1e9}) {
    Instance instance({1, 2, 32, 70, 300, false, Bias::NONE, false, magnitude}, lgv_int8_attention_scratch_bytes);
    run(instance);
    check_bits(instance);
  }
}

// Scores of deviation 1 and 2. Values of mean 0 are the worst case: what they average to is a small difference of large numbers.
TEST("int8_attention", "comes close to the definition in double") {
  for (int64_t d : {40, 64, 80, 128, 160}) {
    for (double magnitude : {1, 2}) {
      Instance instance({1, 2, d, 64, 1024, false, Bias::NONE, false, magnitude}, lgv_int8_attention_scratch_bytes);
      run(instance);
      CHECK_BELOW(magnitude * 0.015, error_of(instance).relative());
    }
  }
}

TEST("int8_attention", "does not see what all keys have in common, and loses no precision to the values' means") {
  Instance plain({1, 2, 40, 64, 500}, lgv_int8_attention_scratch_bytes);
  run(plain);
  const double error = error_of(plain).error;
  Instance shifted({1, 2, 40, 64, 500}, lgv_int8_attention_scratch_bytes);
  for (int64_t i = 0; i < shifted.k.count(); i++) {
    shifted.k[i] += (float)(i % shifted.row % 7 * 10);
    shifted.v[i] += (float)(i % shifted.row % 5 * 10);
  }
  run(shifted);
  CHECK_BELOW(1.1 * error, error_of(shifted).error);
}

// A block's weights fill their bytes whatever another block holds. Were there one scale for all, only the peak's would not be 0,
// and the result -1.
TEST("int8_attention", "keeps many small weights beside one large one") {
  Instance instance({1, 1, 16, 8, 1024}, lgv_int8_attention_scratch_bytes);
  for (int64_t i = 0; i < 8 * 16; i++) {
    instance.q[i] = i % 16 == 0 ? 4.0f : 0.0f;
  }
  for (int64_t j = 0; j < 1024; j++) {
    instance.k[j * 16] = j == 500 ? 7.0f : 0.0f;  // e^7 = 1097 times the weight of any other
    instance.v[j * 16] = j == 500 ? -1.0f : 1.0f;
  }
  run(instance);
  const double expected = (1023 - std::exp(7.0)) / (1023 + std::exp(7.0));
  CHECK_BELOW(0.07, std::fabs((double)instance.dst[0] - expected));  // 127 weights of the peak's block are lost
}

TEST("int8_attention", "passes on what is not finite: a query's to itself, a key's or value's to its head") {
  const float infinity = std::numeric_limits<float>::infinity();
  for (float bad : {std::numeric_limits<float>::quiet_NaN(), infinity, -infinity}) {
    for (int which = 0; which < 3; which++) {
      Instance instance({2, 2, 20, 70, 90}, lgv_int8_attention_scratch_bytes);
      (which == 0 ? instance.q : which == 1 ? instance.k : instance.v)[50 * 40 + 23] = bad;  // first sample, row 50, second head
      run(instance);
      for (int64_t i = 0; i < instance.dst.count(); i++) {
        const int64_t row = i / 40, head = i % 40 / 20;
        CHECK(std::isnan(instance.dst[i]) == (head == 1 && (which == 0 ? row == 50 : row < 70)));
      }
    }
  }
}

TEST("int8_attention", "equal keys weigh the same, and equal values come out exact") {
  Instance instance({1, 1, 5, 3, 200}, lgv_int8_attention_scratch_bytes);
  std::fill_n(instance.k.data(), instance.k.count(), 3.0f);
  for (int64_t j = 0; j < 200; j++) {
    for (int64_t c = 0; c < 5; c++) {
      instance.v[j * 5 + c] = c == 0 ? 0.1f : j % 2 == 0 ? -1.0f : 1.0f;
    }
  }
  run(instance);
  for (int64_t i = 0; i < 3; i++) {
    CHECK(instance.dst[i * 5] == 0.1f);
    CHECK(instance.dst[i * 5 + 1] == 0);
  }
}

TEST("int8_attention", "does not depend on the number of threads, the shares of scratch and the rest of the batch") {
  const Problem problem = {2, 3, 40, 300, 150};
  Instance first(problem, lgv_int8_attention_scratch_bytes);
  run(first);
  for_thread_counts([&](int) {
    Instance again(problem, lgv_int8_attention_scratch_bytes);
    run(again);
    CHECK(again.dst.same_bits(first.dst));
    again.args.n = 1;
    Floats one(again.dst.count() / 2);
    again.args.dst = one;
    run(again);
    CHECK(memcmp(one, first.dst, (size_t)one.count() * 4) == 0);
  });
  lgv_set_num_threads(1);
  Instance one_share(problem, lgv_int8_attention_scratch_bytes);
  lgv_set_num_threads(3);
  run(one_share);
  CHECK(one_share.dst.same_bits(first.dst));
}

TEST("int8_attention", "refuses what does not fit") {
  Instance good({2, 2, 16, 30, 40}, lgv_int8_attention_scratch_bytes);
  auto status = [&](auto change) {
    lgv_attention_args args = good.args;
    change(args);
    return lgv_int8_attention(&args);
  };
  typedef lgv_attention_args& A;
  CHECK_STATUS(LGV_NULL_POINTER, lgv_int8_attention(nullptr));
  CHECK_STATUS(LGV_NULL_POINTER, status([](A a) { a.v = nullptr; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.n = -1; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.n = INT64_MAX; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.head_size = 513; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.query_length = 0; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.key_length = INT64_MAX; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.q_row_stride = 31; }));
  CHECK_STATUS(LGV_BAD_VALUE, status([](A a) { a.scale = INFINITY; }));
  CHECK_STATUS(LGV_BAD_VALUE, status([](A a) { a.causal = 1; }));
  CHECK_STATUS(LGV_BAD_VALUE, status([](A a) { a.bias = a.q; }));
  CHECK_STATUS(LGV_BAD_SCRATCH, status([](A a) { a.scratch = nullptr; }));
  CHECK_STATUS(LGV_BAD_SCRATCH, status([](A a) { a.scratch_bytes = 64; }));
  CHECK_STATUS(LGV_OK, status([](A a) { a.n = 0; }));
  CHECK(std::isnan(good.dst[0]));  // nothing was written
}

}  // namespace
