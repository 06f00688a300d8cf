#include <cmath>

#include "check.h"

using namespace test;

namespace {

// Parameters and all that goes with them; the gradient changes from step to step.
struct Instance {
  explicit Instance(int64_t count)
      : param(normal(count, 1)), grad(normal(count, 2, 0, 0.1)), moment1(count), moment2(count), average(param) {
    for (int64_t i = 0; i < count; i++) {
      moment1[i] = moment2[i] = 0;
    }
    args.param = param;
    args.grad = grad;
    args.moment1 = moment1;
    args.moment2 = moment2;
    args.average = average;
    args.count = count;
    args.learning_rate = 1e-3;
    args.beta1 = 0.9;
    args.beta2 = 0.999;
    args.epsilon = 1e-8;
    args.weight_decay = 0.01;
    args.grad_scale = 0.5;
    args.average_decay = 0.995;
    set_step(1);
  }

  void set_step(int t) {
    args.bias_correction1 = 1 - std::pow(args.beta1, t);
    args.bias_correction2 = 1 - std::pow(args.beta2, t);
  }

  bool same_bits(const Instance& other) const {
    return param.same_bits(other.param) && moment1.same_bits(other.moment1) && moment2.same_bits(other.moment2) &&
           average.same_bits(other.average);
  }

  Floats param, grad, moment1, moment2, average;
  lgv_adamw_args args{};
};

// The header's formulas with an f32 for each operation: what is to be met bit for bit.
void step_in_f32(const lgv_adamw_args& a, Instance& to) {
  const float weight = (float)(1 - a.beta1);
  for (int64_t i = 0; i < a.count; i++) {
    const float g = a.grad[i] * (float)a.grad_scale;
    const float before = to.moment1[i];
    const float difference = g - before;
    to.param[i] *= (float)(1 - a.learning_rate * a.weight_decay);
    to.moment1[i] = weight < 0.5f ? before + weight * difference : g - difference * (1.0f - weight);
    to.moment2[i] *= (float)a.beta2;
    to.moment2[i] += (float)(1 - a.beta2) * g * g;
    float deviation = std::sqrt(to.moment2[i]) / (float)std::sqrt(a.bias_correction2);
    deviation += (float)a.epsilon;
    to.param[i] += (float)-(a.learning_rate / a.bias_correction1) * to.moment1[i] / deviation;
    to.average[i] -= (float)(1 - a.average_decay) * (to.average[i] - to.param[i]);
  }
}

TEST("adamw", "equals the formulas in f32, bit for bit, over several steps") {
  for (int64_t count : {1, 3, 16, 17, 1000, 4096, 4099, 50001}) {
    for (double beta1 : {0.9, 0.4, 0.0}) {
      Instance got(count), expected(count);
      got.args.beta1 = beta1;
      for (int t = 1; t <= 5; t++) {
        got.grad = expected.grad = normal(count, (unsigned)(10 + t), 0, t == 3 ? 100 : 0.1);
        got.set_step(t);
        step_in_f32(got.args, expected);
        CHECK_STATUS(LGV_OK, lgv_adamw(&got.args));
        CHECK(got.same_bits(expected));
      }
    }
  }
}

// Would show a formula that both of the above have wrong: here it is the paper's, in double.
TEST("adamw", "follows the paper's algorithm") {
  Instance got(500);
  std::vector<double> p(500), m(500), v(500), average(500), bound(500);
  for (size_t i = 0; i < 500; i++) {
    p[i] = average[i] = got.param[(int64_t)i];
  }
  const lgv_adamw_args& a = got.args;
  for (int t = 1; t <= 20; t++) {
    got.grad = normal(500, (unsigned)(100 + t), 0.05, 0.1);
    got.set_step(t);
    CHECK_STATUS(LGV_OK, lgv_adamw(&got.args));
    for (size_t i = 0; i < 500; i++) {
      const double g = got.grad[(int64_t)i] * a.grad_scale;
      m[i] = a.beta1 * m[i] + (1 - a.beta1) * g;
      v[i] = a.beta2 * v[i] + (1 - a.beta2) * g * g;
      const double corrected = v[i] / (1 - std::pow(a.beta2, t));
      p[i] -= a.learning_rate * a.weight_decay * p[i];
      p[i] -= a.learning_rate * (m[i] / (1 - std::pow(a.beta1, t))) / (std::sqrt(corrected) + a.epsilon);
      average[i] = a.average_decay * average[i] + (1 - a.average_decay) * p[i];
      bound[i] = t * 4 * EPSILON * (std::fabs(p[i]) + 0.01);
    }
  }
  CHECK_CLOSE("parameters", got.param, p, bound);
  CHECK_CLOSE("average", got.average, average, bound);
}

TEST("adamw", "does without an average") {
  Instance with(1000), without(1000);
  without.args.average = nullptr;
  without.args.average_decay = NAN;  // not read
  CHECK_STATUS(LGV_OK, lgv_adamw(&with.args));
  CHECK_STATUS(LGV_OK, lgv_adamw(&without.args));
  CHECK(without.param.same_bits(with.param));
  CHECK(!without.average.same_bits(with.average));
}

TEST("adamw", "does not depend on the number of threads") {
  Instance first(100003);
  CHECK_STATUS(LGV_OK, lgv_adamw(&first.args));
  for_thread_counts([&](int) {
    Instance again(100003);
    CHECK_STATUS(LGV_OK, lgv_adamw(&again.args));
    CHECK(again.same_bits(first));
  });
}

TEST("adamw", "refuses what does not fit") {
  Instance good(10);
  const Floats before = good.param;
  auto status = [&](auto change) {
    lgv_adamw_args args = good.args;
    change(args);
    return lgv_adamw(&args);
  };
  typedef lgv_adamw_args& A;
  CHECK_STATUS(LGV_NULL_POINTER, lgv_adamw(nullptr));
  CHECK_STATUS(LGV_NULL_POINTER, status([](A a) { a.param = nullptr; }));
  CHECK_STATUS(LGV_NULL_POINTER, status([](A a) { a.grad = nullptr; }));
  CHECK_STATUS(LGV_NULL_POINTER, status([](A a) { a.moment1 = nullptr; }));
  CHECK_STATUS(LGV_NULL_POINTER, status([](A a) { a.moment2 = nullptr; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.count = -1; }));
  CHECK_STATUS(LGV_BAD_SIZE, status([](A a) { a.count = INT64_MAX; }));
  CHECK_STATUS(LGV_BAD_VALUE, status([](A a) { a.learning_rate = NAN; }));
  CHECK_STATUS(LGV_BAD_VALUE, status([](A a) { a.learning_rate = -1; }));
  CHECK_STATUS(LGV_BAD_VALUE, status([](A a) { a.beta1 = 1; }));
  CHECK_STATUS(LGV_BAD_VALUE, status([](A a) { a.beta2 = -0.1; }));
  CHECK_STATUS(LGV_BAD_VALUE, status([](A a) { a.epsilon = INFINITY; }));
  CHECK_STATUS(LGV_BAD_VALUE, status([](A a) { a.weight_decay = -0.1; }));
  CHECK_STATUS(LGV_BAD_VALUE, status([](A a) { a.bias_correction1 = 0; }));
  CHECK_STATUS(LGV_BAD_VALUE, status([](A a) { a.bias_correction2 = 1.5; }));
  CHECK_STATUS(LGV_BAD_VALUE, status([](A a) { a.grad_scale = INFINITY; }));
  CHECK_STATUS(LGV_BAD_VALUE, status([](A a) { a.average_decay = 1.5; }));
  CHECK_STATUS(LGV_OK, status([](A a) { a.count = 0, a.param = nullptr; }));
  CHECK(good.param.same_bits(before));  // nothing was written
}

}  // namespace
