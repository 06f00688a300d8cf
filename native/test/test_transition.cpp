#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <memory>

#include "check.h"

using namespace test;

namespace {

constexpr int REGISTERS = 6;

// A transition with all its memory, and the same computed plainly beside it: element by element over whole tensors, as
// dev.langevin.diffusion.TransitionInterpreter does. Both round to f32 at the same places, so they must agree bit for bit.
struct Instance {
  Instance(int64_t n, int64_t elements, bool guided = false, int64_t variance = LGV_VARIANCE_NONE)
      : guided_(guided), stride(variance == LGV_VARIANCE_NONE ? elements : 2 * elements),
        output(normal((n - 1) * stride + stride, 10, 0.1, 0.5)), conditional(normal(n * stride, 11, 0.1, 0.5)),
        next(2, Floats(n * elements)) {
    for (int r = 0; r < REGISTERS; r++) {
      registers.push_back(std::make_unique<Floats>(normal(n * elements, 20 + (unsigned)r, 0, 1.5)));
      args.registers[r] = *registers.back();
    }
    if (variance == LGV_VARIANCE_DIRECT) {  // a root of what is negative would only test not-a-number
      for (Floats* half : {&output, &conditional}) {
        for (int64_t i = 0; i < half->count(); i++) {
          (*half)[i] = std::fabs((*half)[i]);
        }
      }
    }
    args.output = output;
    args.output_conditional = guided ? conditional.data() : nullptr;
    args.n = n;
    args.elements = elements;
    args.output_stride = stride;
    args.variance = variance;
    args.min_log = -9.1;
    args.max_log = -3.7;
    args.guidance = 7.5;
    args.sample_coefficient = 1.25;
    args.model_coefficient = -0.75;
    args.clip_range = 1;
    args.threshold_ratio = 0.9;
    args.threshold_maximum = 1.5;
    args.next_input_scale = 0.3;
    args.next_input[0] = next[0];
    args.next_input[1] = next[1];
    update(0, {{0, 0.9}, {1, -0.2}, {3, 0.1}});
  }

  void no_updates() {
    terms.clear();
    updates.clear();
    point();
  }

  void update(int64_t target, std::initializer_list<lgv_term> sum) {
    updates.push_back({target, (int64_t)terms.size(), (int64_t)sum.size()});
    terms.insert(terms.end(), sum);
    point();
  }

  void point() {
    args.terms = terms.data();
    args.updates = updates.data();
    args.term_count = (int64_t)terms.size();
    args.update_count = (int64_t)updates.size();
  }

  // Expected registers, and X's image in the next input behind them.
  std::vector<std::vector<float>> expected() const {
    const size_t count = (size_t)(args.n * args.elements);
    std::vector<std::vector<float>> r;
    for (const auto& one : registers) {
      r.emplace_back(one->data(), one->data() + one->count());
    }
    for (size_t i = 0; i < count; i++) {
      r[LGV_REGISTER_MODEL][i] = model(i, 0);
    }
    if (args.prediction != LGV_PREDICTION_NONE) {
      for (size_t i = 0; i < count; i++) {
        double v = 0;
        v += args.sample_coefficient == 0 ? 0 : args.sample_coefficient * r[LGV_REGISTER_X][i];
        v += args.model_coefficient == 0 ? 0 : args.model_coefficient * r[LGV_REGISTER_MODEL][i];
        r[LGV_REGISTER_PREDICTION][i] = (float)v;
      }
      limit(r[LGV_REGISTER_PREDICTION]);
    }
    for (size_t i = 0; i < count && args.variance != LGV_VARIANCE_NONE; i++) {
      double v = model(i, args.elements), f = (v + 1) / 2;
      double deviation = args.variance == LGV_VARIANCE_DIRECT
                             ? std::sqrt(v)
                             : std::exp((f * args.max_log + (1 - f) * args.min_log) / 2);
      r[LGV_REGISTER_NOISE][i] = (float)(r[LGV_REGISTER_NOISE][i] * deviation);
    }
    for (const lgv_update& one : updates) {
      for (size_t i = 0; i < count; i++) {
        double total = 0;
        for (int64_t t = one.first_term; t < one.first_term + one.term_count; t++) {
          total += terms[(size_t)t].coefficient * r[(size_t)terms[(size_t)t].source][i];
        }
        r[(size_t)one.target][i] = (float)total;
      }
    }
    std::vector<float> shown;
    for (float x : r[LGV_REGISTER_X]) {
      shown.push_back((float)(args.next_input_scale * x));
    }
    r.push_back(shown);
    return r;
  }

  // The guided answer, or the variance `offset` behind it, which is the conditional one.
  float model(size_t i, int64_t offset) const {
    size_t at = i / (size_t)args.elements * (size_t)stride + i % (size_t)args.elements + (size_t)offset;
    float u = output.data()[at], c = conditional.data()[at];
    if (!guided_) {
      return u;
    }
    return offset > 0 ? c : (float)(u + args.guidance * ((double)c - u));
  }

  void limit(std::vector<float>& v) const {
    for (size_t first = 0; first < v.size(); first += (size_t)args.elements) {
      auto from = v.begin() + (ptrdiff_t)first, to = from + (ptrdiff_t)args.elements;
      double s = args.clip_range;
      if (args.prediction == LGV_PREDICTION_DYNAMIC_THRESHOLD) {
        std::vector<float> magnitudes(from, to);
        for (float& x : magnitudes) {
          x = std::fabs(x);
        }
        std::sort(magnitudes.begin(), magnitudes.end());
        double rank = args.threshold_ratio * (double)(args.elements - 1);
        double low = magnitudes[(size_t)std::floor(rank)], high = magnitudes[(size_t)std::ceil(rank)];
        s = std::min(std::max(low + (rank - std::floor(rank)) * (high - low), 1.0), args.threshold_maximum);
      }
      for (auto x = from; x != to && args.prediction != LGV_PREDICTION_IDENTITY; ++x) {
        *x = (float)std::min(std::max((double)*x, -s), s);
        if (args.prediction == LGV_PREDICTION_DYNAMIC_THRESHOLD) {
          *x = (float)(*x / s);
        }
      }
    }
  }

  // Runs the kernel and compares all registers that it has in memory.
  void check(const std::string& what) {
    std::vector<std::vector<float>> all = expected();
    CHECK_STATUS(LGV_OK, lgv_transition(&args));
    for (size_t r = 0; r < REGISTERS; r++) {
      if (args.registers[r] != nullptr) {
        compare(what + text(": register %zu", r), args.registers[r], all[r]);
      }
    }
    for (const float* input : args.next_input) {
      if (input != nullptr) {
        compare(what + ": next input", input, all.back());
      }
    }
  }

  void compare(const std::string& what, const float* got, const std::vector<float>& values) const {
    CHECK_CLOSE(text("%s, (%ld, %ld)", what.c_str(), (long)args.n, (long)args.elements), got,
                std::vector<double>(values.begin(), values.end()), std::vector<double>(values.size(), 0));
  }

  bool guided_;
  int64_t stride;
  Floats output, conditional;
  std::vector<Floats> next;
  std::vector<std::unique_ptr<Floats>> registers;
  std::vector<lgv_term> terms;
  std::vector<lgv_update> updates;
  lgv_transition_args args{};
};

constexpr int64_t SIZES[][2] = {{1, 1}, {2, 3}, {1, 255}, {2, 256}, {3, 257}, {2, 3072}, {1, 70001}};

TEST("transition", "applies every prediction, guided and not") {
  for (auto [n, elements] : SIZES) {
    for (bool guided : {false, true}) {
      for (int64_t prediction = LGV_PREDICTION_NONE; prediction <= LGV_PREDICTION_DYNAMIC_THRESHOLD; prediction++) {
        Instance instance(n, elements, guided);
        instance.args.prediction = prediction;
        instance.update(4, {{2, 0.7}, {0, 1e-3}});
        instance.check(text("prediction %ld guided %d", (long)prediction, guided));
      }
    }
  }
}

TEST("transition", "scales the noise by a learned variance, the conditional one under guidance") {
  for (auto [n, elements] : SIZES) {
    for (bool guided : {false, true}) {
      for (int64_t variance : {LGV_VARIANCE_DIRECT, LGV_VARIANCE_LOG_INTERPOLATED}) {
        Instance instance(n, elements, guided, variance);
        instance.check(text("variance %ld guided %d", (long)variance, guided));
      }
    }
  }
}

TEST("transition", "skips a learned variance that is there and not used") {
  Instance instance(2, 300, true, LGV_VARIANCE_LOG_INTERPOLATED);
  instance.args.variance = LGV_VARIANCE_NONE;
  instance.check("ignored variance");
}

TEST("transition", "lets each update see those before it, and a target be its own source") {
  Instance instance(2, 1000);
  instance.no_updates();
  instance.update(5, {{0, 1}});
  instance.update(0, {{0, 0.5}, {1, 2}, {0, 0.25}});
  instance.update(4, {{0, 1}, {4, 1}, {5, -1}, {3, 0.1}, {1, -0.2}, {0, 1e-7}, {5, 3}});
  instance.update(5, {});
  instance.check("chain of updates");
}

// The pipeline gives MODEL and PREDICTION no memory where nothing saves them.
TEST("transition", "keeps registers without memory within the pass") {
  for (int64_t prediction : {LGV_PREDICTION_IDENTITY, LGV_PREDICTION_CLIP, LGV_PREDICTION_DYNAMIC_THRESHOLD}) {
    Instance instance(2, 1000, true, LGV_VARIANCE_LOG_INTERPOLATED);
    instance.args.prediction = prediction;
    instance.args.registers[LGV_REGISTER_MODEL] = nullptr;
    if (prediction != LGV_PREDICTION_DYNAMIC_THRESHOLD) {
      instance.args.registers[LGV_REGISTER_PREDICTION] = nullptr;
    }
    instance.no_updates();
    instance.update(0, {{0, 0.5}, {1, 2}, {2, 0.25}});
    instance.args.registers[LGV_REGISTER_NOISE] = nullptr;
    instance.check(text("prediction %ld", (long)prediction));
  }
}

TEST("transition", "takes MODEL as it is without an output, and writes no next input where there is none") {
  Instance instance(2, 700);
  instance.output = *instance.registers[LGV_REGISTER_MODEL];
  instance.args.prediction = LGV_PREDICTION_CLIP;
  instance.args.next_input[0] = instance.args.next_input[1] = nullptr;
  std::vector<std::vector<float>> all = instance.expected();
  instance.args.output = nullptr;
  CHECK_STATUS(LGV_OK, lgv_transition(&instance.args));
  instance.compare("no output", instance.args.registers[0], all[0]);
  CHECK(std::isnan(instance.next[0][0]));
}

// Infinity times zero is not a number.
TEST("transition", "does not read a source of the prediction that has no weight") {
  Instance instance(1, 100);
  instance.args.prediction = LGV_PREDICTION_IDENTITY;
  instance.args.sample_coefficient = 0;
  instance.args.registers[LGV_REGISTER_X][5] = INFINITY;
  instance.check("model only");
  instance.args.model_coefficient = 0;
  instance.check("neither");
  instance.args.sample_coefficient = 2;
  instance.check("sample only");
}

TEST("transition", "takes the quantile of ties, ends and single elements as sorting does") {
  for (double ratio : {0.0, 0.25, 0.5, 0.995, 1.0}) {
    for (int64_t elements : {1, 2, 5, 1001}) {
      Instance instance(2, elements);
      instance.args.prediction = LGV_PREDICTION_DYNAMIC_THRESHOLD;
      instance.args.threshold_ratio = ratio;
      instance.args.threshold_maximum = 100;
      for (int64_t i = 0; i < 2 * elements; i += 2) {
        instance.args.registers[LGV_REGISTER_X][i] = 3;  // ties once the model's answer has no weight
      }
      instance.args.model_coefficient = elements % 2 == 0 ? -0.75 : 0;
      instance.check(text("ratio %g", ratio));
    }
  }
}

TEST("transition", "passes on what is not a number") {
  for (int64_t prediction : {LGV_PREDICTION_CLIP, LGV_PREDICTION_DYNAMIC_THRESHOLD}) {
    Instance instance(1, 300);
    instance.args.prediction = prediction;
    instance.output[17] = NAN;
    instance.update(4, {{2, 1}});
    CHECK_STATUS(LGV_OK, lgv_transition(&instance.args));
    CHECK(std::isnan(instance.args.registers[4][17]));
    CHECK(!std::isnan(instance.args.registers[4][18]));
  }
}

TEST("transition", "does not depend on the number of threads") {
  for (int64_t prediction : {LGV_PREDICTION_CLIP, LGV_PREDICTION_DYNAMIC_THRESHOLD}) {
    for_thread_counts([&](int threads) {
      Instance instance(3, 30000, true, LGV_VARIANCE_LOG_INTERPOLATED);
      instance.args.prediction = prediction;
      instance.update(4, {{2, 0.7}, {0, 1e-3}});
      instance.check(text("%d threads", threads));
    });
  }
}

// A sample that is lost without a word, wherever in a block or behind the last whole vector; and one that is called lost.
TEST("transition", "tells of a sample that is not finite") {
  for (int64_t elements : {INT64_C(1), INT64_C(50), INT64_C(301)}) {
    for (int64_t lost : {INT64_C(-1), INT64_C(0), elements / 2, 2 * elements - 1}) {
      for (float value : {NAN, -INFINITY}) {
        Instance instance(2, elements, false, LGV_VARIANCE_NONE);
        int64_t not_finite = 0;
        instance.args.not_finite = &not_finite;
        if (lost >= 0) {
          instance.args.registers[LGV_REGISTER_X][lost] = value;
        }
        CHECK_STATUS(LGV_OK, lgv_transition(&instance.args));
        CHECK(not_finite == (lost >= 0 ? 1 : 0));
      }
    }
  }
}

TEST("transition", "refuses what does not fit") {
  Instance good(2, 50, true, LGV_VARIANCE_LOG_INTERPOLATED);
  good.args.prediction = LGV_PREDICTION_CLIP;
  auto status = [&](auto change) {
    lgv_transition_args args = good.args;
    change(args);
    return lgv_transition(&args);
  };
  typedef lgv_transition_args& A;
  CHECK_STATUS(LGV_NULL_POINTER, lgv_transition(nullptr));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.n = -1; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.elements = 0; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.output_stride = 99; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.term_count = 2; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.update_count = -1; }));
  CHECK_STATUS(LGV_BAD_VALUE, status([](A a) { a.prediction = 4; }));
  CHECK_STATUS(LGV_BAD_VALUE, status([](A a) { a.variance = 3; }));
  CHECK_STATUS(LGV_BAD_VALUE, status([](A a) { a.clip_range = 0; }));
  CHECK_STATUS(LGV_BAD_VALUE, status([](A a) { a.guidance = NAN; }));
  CHECK_STATUS(LGV_BAD_VALUE, status([](A a) { a.max_log = INFINITY; }));
  CHECK_STATUS(LGV_BAD_VALUE, status([](A a) { a.next_input_scale = NAN; }));
  CHECK_STATUS(LGV_BAD_VALUE, status([](A a) { a.prediction = 3, a.threshold_ratio = 1.5; }));
  CHECK_STATUS(LGV_BAD_VALUE, status([](A a) { a.prediction = 3, a.threshold_maximum = 0.5; }));
  CHECK_STATUS(LGV_NULL_POINTER, status([](A a) { a.output = nullptr; }));
  CHECK_STATUS(LGV_NULL_POINTER, status([](A a) { a.terms = nullptr; }));
  CHECK_STATUS(LGV_NULL_POINTER, status([](A a) { a.updates = nullptr; }));
  CHECK_STATUS(LGV_BAD_REGISTER, status([](A a) { a.registers[0] = nullptr; }));
  CHECK_STATUS(LGV_BAD_REGISTER, status([](A a) { a.prediction = 3, a.registers[2] = nullptr; }));
  CHECK_STATUS(LGV_BAD_REGISTER, status([](A a) { a.registers[3] = nullptr; }));  // an update reads the noise
  for (int64_t index : {-1, 6, 16}) {
    good.terms[0].source = index;
    CHECK_STATUS(LGV_BAD_REGISTER, lgv_transition(&good.args));
    good.terms[0].source = 0;
    good.updates[0].target = index;
    CHECK_STATUS(LGV_BAD_REGISTER, lgv_transition(&good.args));
    good.updates[0].target = 0;
  }
  good.terms[1].coefficient = NAN;
  CHECK_STATUS(LGV_BAD_VALUE, lgv_transition(&good.args));
  CHECK(std::isnan(good.next[0][0]));  // nothing was written
}

}  // namespace
