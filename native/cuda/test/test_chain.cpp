// Guidance, transitions and what samplers do, against the kernel of the processor (same bits) or their definitions.
#include <algorithm>

#include "device_check.h"

using namespace test;

namespace {

constexpr int64_t N = 3, ELEMENTS = 301;

struct Chain {
  bool guided, doubled, local;  // local: MODEL, and PREDICTION where it may, live within the pass
  int64_t prediction, variance;
  double sample_coefficient = 1.25, model_coefficient = -0.75;
};

lgc_transition_step step_for(const Chain& p) {
  lgc_transition_step step = {};
  step.prediction = p.prediction;
  step.variance = p.variance;
  step.shows = 1;
  step.guidance = 7.5;
  step.sample_coefficient = p.sample_coefficient;
  step.model_coefficient = p.model_coefficient;
  step.clip_range = 1;
  step.threshold_ratio = 0.95;
  step.threshold_maximum = 1.5;
  step.min_log = -4;
  step.max_log = -1;
  step.next_input_scale = 0.7;
  // A history that moves on, then the step, then a register that becomes zeros.
  const int64_t targets[] = {5, 4, LGC_REGISTER_X, 6}, counts[] = {1, 1, 5, 0};
  const int64_t sources[] = {4, LGC_REGISTER_MODEL, LGC_REGISTER_X, LGC_REGISTER_PREDICTION, 4, 5, LGC_REGISTER_NOISE};
  const double coefficients[] = {1, 1, 0.9, -0.3, 0.2, 0.1, 0.5};
  int64_t term = 0;
  step.update_count = 4;
  for (int u = 0; u < 4; u++) {
    step.target[u] = targets[u];
    step.first_term[u] = term;
    step.term_count[u] = counts[u];
    term += counts[u];
  }
  for (int t = 0; t < term; t++) {
    step.source[t] = sources[t] == LGC_REGISTER_PREDICTION && p.prediction == LGC_PREDICTION_NONE ? 4 : sources[t];
    step.coefficient[t] = coefficients[t];
  }
  return step;
}

void check_chain(const Chain& p) {
  const int64_t all = N * ELEMENTS, stride = p.doubled ? 2 * ELEMENTS : ELEMENTS;
  const bool keeps = p.prediction == LGC_PREDICTION_DYNAMIC_THRESHOLD || !p.local;
  std::vector<Numbers> device, host;
  for (unsigned r = 0; r < 7; r++) {
    device.push_back(normal_numbers(all, LGC_F32, r));
    host.push_back(device.back());
  }
  Numbers output = normal_numbers(N * stride, LGC_F32, 10), conditional = normal_numbers(N * stride, LGC_F32, 11);
  for (int64_t i = 0; i < N * stride; i++) {  // variances, which LGC_VARIANCE_DIRECT takes a root of
    if (i % stride >= ELEMENTS) {
      output.set(i, std::fabs(output[i]));
      conditional.set(i, std::fabs(conditional[i]));
    }
  }
  Numbers next0(all, LGC_F32), next1(all, LGC_F32), host0(all, LGC_F32), host1(all, LGC_F32), flag(1, LGC_F32);
  flag.set(0, 0);
  std::vector<lgc_transition_step> steps(3);
  steps[1] = step_for(p);
  const int32_t which = 1;
  lgc_transition_args args = {};
  lgv_transition_args reference = {};
  for (int r = 0; r < 7; r++) {
    const bool there = (r != LGC_REGISTER_MODEL || !p.local) && (r != LGC_REGISTER_PREDICTION || keeps);
    args.registers[r] = there ? device[(size_t)r].floats() : nullptr;
    reference.registers[r] = there ? host[(size_t)r].floats() : nullptr;
  }
  args.output = reference.output = output.floats();
  args.output_conditional = reference.output_conditional = p.guided ? conditional.floats() : nullptr;
  args.next_input[0] = next0.floats();
  args.next_input[1] = next1.floats();
  reference.next_input[0] = host0.floats();
  reference.next_input[1] = host1.floats();
  args.steps = steps.data();
  args.step = &which;
  args.not_finite = reinterpret_cast<int32_t*>(flag.floats());
  args.n = reference.n = N;
  args.elements = reference.elements = ELEMENTS;
  args.output_stride = reference.output_stride = stride;
  const lgc_transition_step& step = steps[1];
  std::vector<lgv_term> terms;
  std::vector<lgv_update> updates;
  for (int64_t u = 0; u < step.update_count; u++) {
    updates.push_back({step.target[u], step.first_term[u], step.term_count[u]});
    for (int64_t t = step.first_term[u]; t < step.first_term[u] + step.term_count[u]; t++) {
      terms.push_back({step.source[t], step.coefficient[t]});
    }
  }
  int64_t host_flag = 0;
  reference.terms = terms.data();
  reference.updates = updates.data();
  reference.not_finite = &host_flag;
  reference.update_count = (int64_t)updates.size();
  reference.term_count = (int64_t)terms.size();
  reference.prediction = step.prediction;
  reference.variance = step.variance;
  reference.guidance = step.guidance;
  reference.sample_coefficient = step.sample_coefficient;
  reference.model_coefficient = step.model_coefficient;
  reference.clip_range = step.clip_range;
  reference.threshold_ratio = step.threshold_ratio;
  reference.threshold_maximum = step.threshold_maximum;
  reference.min_log = step.min_log;
  reference.max_log = step.max_log;
  reference.next_input_scale = step.next_input_scale;

  run("lgc_threshold", LGC_THRESHOLD_THREADS, N, args, {&device[2]});
  run("lgc_transition", LGC_POINTWISE_THREADS, pieces(all, LGC_POINTWISE_THREADS), args,
      {&device[0], &device[1], &device[2], &device[3], &device[4], &device[5], &device[6], &next0, &next1, &flag});
  CHECK_STATUS(LGV_OK, lgv_transition(&reference));
  // An exponential on the device need not round as the host's.
  const double slack = p.variance == LGC_VARIANCE_LOG_INTERPOLATED ? 4 * EPSILON : 0;
  const std::string what = text("guided %d doubled %d local %d prediction %ld variance %ld", p.guided, p.doubled, p.local,
                                (long)p.prediction, (long)p.variance);
  for (size_t r = 0; r < 7; r++) {
    if (args.registers[r] != nullptr) {
      for (int64_t i = 0; i < all; i++) {
        if (!(std::fabs(device[r][i] - host[r][i]) <= slack * (std::fabs(host[r][i]) + 1))) {
          fail(__FILE__, __LINE__, what + text(": register %zu at %ld: %.9g, on the processor %.9g", r, (long)i,
                                               device[r][i], host[r][i]));
          return;
        }
      }
    }
  }
  for (int64_t i = 0; i < all; i++) {
    CHECK(std::fabs(next0[i] - host0[i]) <= slack * (std::fabs(host0[i]) + 1) && next1[i] == next0[i]);
  }
  CHECK(*args.not_finite == 0 && host_flag == 0);
}

TEST("chain", "transitions have the bits of the processor's kernel") {
  for (const bool guided : {false, true}) {
    for (const bool local : {false, true}) {
      for (int64_t prediction = 0; prediction <= LGC_PREDICTION_DYNAMIC_THRESHOLD; prediction++) {
        check_chain({guided, false, local, prediction, LGC_VARIANCE_NONE});
      }
      check_chain({guided, true, local, LGC_PREDICTION_CLIP, LGC_VARIANCE_DIRECT});
      check_chain({guided, true, local, LGC_PREDICTION_DYNAMIC_THRESHOLD, LGC_VARIANCE_LOG_INTERPOLATED});
    }
  }
  check_chain({true, false, true, LGC_PREDICTION_IDENTITY, LGC_VARIANCE_NONE, 0, 2});
  check_chain({true, false, true, LGC_PREDICTION_CLIP, LGC_VARIANCE_NONE, 2, 0});
}

TEST("chain", "a register that is not finite in the end is told, and inputs in f16 are rounded") {
  Numbers x = normal_numbers(8, LGC_F32, 1), next(8, LGC_F16), flag(1, LGC_F32);
  flag.set(0, 0);
  lgc_transition_step step = {};
  step.shows = 1;
  step.next_input_scale = 0.5;
  lgc_transition_args args = {};
  args.registers[LGC_REGISTER_X] = x.floats();
  args.next_input[1] = next;
  args.input_type = LGC_F16;
  args.steps = &step;
  args.not_finite = reinterpret_cast<int32_t*>(flag.floats());
  args.n = 2;
  args.elements = 4;
  run("lgc_transition", LGC_POINTWISE_THREADS, 1, args, {&next, &flag});
  CHECK_NUMBERS("next input", next, [&](int64_t i) { return 0.5 * x[i]; }, [](int64_t) { return 0; });
  CHECK(*args.not_finite == 0);
  step.shows = 0;
  for (const double bad : {(double)NAN, -(double)INFINITY}) {
    x.set(7, bad);
    const Numbers before = next;
    flag.set(0, 0);
    run("lgc_transition", LGC_POINTWISE_THREADS, 1, args, {&next, &flag});
    CHECK(*args.not_finite == 1 && next[0] == before[0]);
  }
}

TEST("chain", "thresholds are quantiles as torch takes them") {
  for (const int64_t count : {1, 2, 3, 100, 1000}) {
    for (const double ratio : {0.0, 0.5, 0.995, 1.0}) {
      Numbers x = normal_numbers(2 * count, LGC_F32, 5, 0, 3), prediction(2 * count, LGC_F32);
      lgc_transition_step step = {};
      step.prediction = LGC_PREDICTION_DYNAMIC_THRESHOLD;
      step.sample_coefficient = 1;
      step.threshold_ratio = ratio;
      step.threshold_maximum = 100;
      lgc_transition_args args = {};
      args.registers[LGC_REGISTER_X] = x.floats();
      args.registers[LGC_REGISTER_PREDICTION] = prediction.floats();
      args.steps = &step;
      args.n = 2;
      args.elements = count;
      run("lgc_threshold", LGC_THRESHOLD_THREADS, 2, args, {&prediction});
      for (int64_t n = 0; n < 2; n++) {
        std::vector<double> sizes;
        for (int64_t i = 0; i < count; i++) {
          sizes.push_back(std::fabs(x[n * count + i]));
        }
        std::sort(sizes.begin(), sizes.end());
        const double rank = ratio * (double)(count - 1);
        const size_t low = (size_t)rank;
        const double high = sizes[std::min(low + 1, (size_t)count - 1)];
        const double s = std::fmax(1, sizes[low] + (rank - (double)low) * (high - sizes[low]));
        for (int64_t i = n * count; i < (n + 1) * count; i++) {
          const double expected = std::fmin(std::fmax(x[i], -s), s) / s;
          CHECK(std::fabs(prediction[i] - expected) <= 3 * EPSILON);
        }
      }
    }
  }
}

TEST("chain", "sums of blocks ignore what has no weight") {
  Numbers x = normal_numbers(600, LGC_F32, 1), y = normal_numbers(600, LGC_F32, 2), target(600, LGC_F32);
  run("lgc_axpby", LGC_POINTWISE_THREADS, 3, lgc_axpby_args{x.floats(), y.floats(), target.floats(), 600, 0.3, -2}, {&target});
  CHECK_NUMBERS("axpby", target, [&](int64_t i) { return 0.3 * x[i] - 2 * y[i]; }, [](int64_t) { return 1e-14; });
  const Numbers apart = target;
  const Numbers before = x;
  run("lgc_axpby", LGC_POINTWISE_THREADS, 3, lgc_axpby_args{x.floats(), y.floats(), x.floats(), 600, 0.3, -2}, {&x});
  for (int64_t i = 0; i < 600; i++) {
    CHECK(x[i] == apart[i]);
  }
  x = before;
  x.set(5, NAN);
  run("lgc_axpby", LGC_POINTWISE_THREADS, 3, lgc_axpby_args{x.floats(), y.floats(), target.floats(), 600, 0, 1}, {&target});
  CHECK(target[5] == y[5]);
}

TEST("chain", "what is not painted anew is put back") {
  const Numbers picture = normal_numbers(900, LGC_F32, 1), drawn = normal_numbers(900, LGC_F32, 2);
  Numbers mask = normal_numbers(300, LGC_F32, 3, 0.5, 0.2), x = normal_numbers(900, LGC_F32, 4);
  for (int64_t i = 0; i < 100; i++) {
    mask.set(i, (double)(i % 2));
  }
  const Numbers before = x;
  const lgc_keep_args args = {picture.floats(), drawn.floats(), mask.floats(), x.floats(), 900, 300, 0.8, 0.6};
  run("lgc_keep", LGC_POINTWISE_THREADS, 4, args, {&x});
  CHECK_NUMBERS("keep", x, [&](int64_t i) {
    const double m = mask[i % 300];
    return (1 - m) * (0.8 * picture[i] + 0.6 * drawn[i]) + m * before[i];
  }, [](int64_t) { return 8 * EPSILON; });
}

TEST("chain", "guided answers are rescaled to the deviation of the conditional one") {
  for (const int64_t type : TYPES) {
    for (const int64_t count : {2, 700}) {
      const int64_t samples = 3;
      Numbers answers = normal_numbers(2 * samples * count, type, 1, 0.5, 2);
      const Numbers before = answers;
      run("lgc_rescale", LGC_RESCALE_THREADS, samples, lgc_rescale_args{answers, samples, count, type, 6.0, 0.7}, {&answers});
      std::vector<double> factors;
      for (int64_t n = 0; n < samples; n++) {
        double means[2] = {0, 0}, squares[2] = {0, 0};
        for (int pass = 0; pass < 2; pass++) {
          for (int64_t i = 0; i < count; i++) {
            const double u = before[n * count + i], c = before[(n + samples) * count + i];
            const double values[] = {c, u + 6 * (c - u)};
            for (int k = 0; k < 2; k++) {
              (pass == 0 ? means : squares)[k] += pass == 0 ? values[k] / (double)count : std::pow(values[k] - means[k], 2);
            }
          }
        }
        factors.push_back(0.7 * std::sqrt(squares[0] / squares[1]) + 0.3);
      }
      CHECK_NUMBERS("rescale", answers, [&](int64_t i) { return before[i] * factors[(size_t)(i / count % samples)]; },
                    [&](int64_t i) { return 4 * EPSILON * std::fabs(before[i]); });
    }
  }
}

TEST("chain", "a sample of moments has their mean and deviation, limited") {
  Numbers moments = normal_numbers(50 * 8, LGC_BF16, 1, 0, 2), dst(50 * 4, LGC_F32);
  moments.set(4, 1000);
  moments.set(5, -1000);
  const Numbers noise = normal_numbers(50 * 4, LGC_F32, 2);
  run("lgc_gaussian_sample", LGC_POINTWISE_THREADS, 1,
      lgc_gaussian_sample_args{moments, noise.floats(), dst, 50, 4, LGC_BF16, LGC_F32}, {&dst});
  CHECK_NUMBERS("sample", dst, [&](int64_t i) {
    const int64_t from = i / 4 * 8 + i % 4;
    return moments[from] + std::exp(std::fmin(std::fmax(moments[from + 4], -30), 20) / 2) * noise[i];
  }, [](int64_t) { return 1e-9; });
}

}  // namespace
