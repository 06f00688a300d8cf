// Guidance and one step of the reverse chain. All sums and products are in double and in the host's order, so a chain on a device
// has the bits of one on the host as far as its noise needs no exponential.
#include "number.h"
#include "reduce.h"

LGC_DEVICE const lgc_transition_step& step_of(const lgc_transition_args& args) {
  return args.steps[args.step == nullptr ? 0 : *args.step];
}

LGC_DEVICE float clip(float x, double limit) {
  return (float)((double)x < -limit ? -limit : ((double)x > limit ? limit : (double)x));
}

// MODEL of an element; what a register that exists within the pass only holds.
LGC_DEVICE float model_of(const lgc_transition_args& args, const lgc_transition_step& step, int64_t i) {
  if (args.output == nullptr) {
    return args.registers[LGC_REGISTER_MODEL] == nullptr ? 0.0f : args.registers[LGC_REGISTER_MODEL][i];
  }
  const int64_t from = i / args.elements * args.output_stride + i % args.elements;
  const float u = load(args.output, args.output_type, from);
  if (args.output_conditional == nullptr) {
    return u;
  }
  const float c = load(args.output_conditional, args.output_type, from);
  return (float)sum(u, product(step.guidance, (double)c - u));
}

LGC_DEVICE float prediction_of(const lgc_transition_args& args, const lgc_transition_step& step, int64_t i, float model) {
  const double a = step.sample_coefficient, b = step.model_coefficient;
  // A source without weight is not read: it may be null, and infinity times zero is not zero.
  double value = 0;
  if (a != 0 && b != 0) {
    value = sum(product(a, args.registers[LGC_REGISTER_X][i]), product(b, model));
  } else if (a != 0) {
    value = product(a, args.registers[LGC_REGISTER_X][i]);
  } else if (b != 0) {
    value = product(b, model);
  }
  return step.prediction == LGC_PREDICTION_CLIP ? clip((float)value, step.clip_range) : (float)value;
}

LGC_DEVICE double deviation_of(const lgc_transition_args& args, const lgc_transition_step& step, int64_t i) {
  const void* answer = args.output_conditional == nullptr ? args.output : args.output_conditional;
  const double v = load(answer, args.output_type, i / args.elements * args.output_stride + args.elements + i % args.elements);
  if (step.variance == LGC_VARIANCE_DIRECT) {
    return sqrt(v);
  }
  const double f = (v + 1) / 2;
  return exp(sum(product(f, step.max_log), product(1 - f, step.min_log)) / 2);
}

// Registers of one element: in memory, or where there is none, here.
struct Local {
  float model, prediction;
};

LGC_DEVICE double register_of(const lgc_transition_args& args, const Local& local, int64_t source, int64_t i) {
  if (args.registers[source] != nullptr) {
    return args.registers[source][i];
  }
  return source == LGC_REGISTER_MODEL ? local.model : local.prediction;
}

LGC_DEVICE void set(const lgc_transition_args& args, Local& local, int64_t target, int64_t i, float value) {
  if (args.registers[target] != nullptr) {
    args.registers[target][i] = value;
  } else if (target == LGC_REGISTER_MODEL) {
    local.model = value;
  } else {
    local.prediction = value;
  }
}

LGC_KERNEL(lgc_transition, lgc_transition_args, LGC_POINTWISE_THREADS) {
  const lgc_transition_step& step = step_of(args);
  const int64_t stride = (int64_t)gridDim.x * LGC_POINTWISE_THREADS;
  for (int64_t i = (int64_t)blockIdx.x * LGC_POINTWISE_THREADS + threadIdx.x; i < args.n * args.elements; i += stride) {
    Local local = {};
    const float model = model_of(args, step, i);
    set(args, local, LGC_REGISTER_MODEL, i, model);
    if (step.prediction == LGC_PREDICTION_IDENTITY || step.prediction == LGC_PREDICTION_CLIP) {
      set(args, local, LGC_REGISTER_PREDICTION, i, prediction_of(args, step, i, model));
    }
    if (step.variance != LGC_VARIANCE_NONE && args.registers[LGC_REGISTER_NOISE] != nullptr) {
      float* noise = args.registers[LGC_REGISTER_NOISE] + i;
      *noise = (float)product(*noise, deviation_of(args, step, i));
    }
    for (int64_t u = 0; u < step.update_count; u++) {
      double total = 0;
      for (int64_t t = step.first_term[u]; t < step.first_term[u] + step.term_count[u]; t++) {
        total = sum(total, product(step.coefficient[t], register_of(args, local, step.source[t], i)));
      }
      set(args, local, step.target[u], i, (float)total);
    }
    if (args.registers[LGC_REGISTER_X] == nullptr) {
      continue;
    }
    const float x = args.registers[LGC_REGISTER_X][i];
    if (args.not_finite != nullptr && (bits_of(x) & 0x7f800000u) == 0x7f800000u) {
      atomicExch(args.not_finite, 1);
    }
    for (int next = 0; next < 2 && step.shows != 0; next++) {
      if (args.next_input[next] != nullptr) {
        store(args.next_input[next], args.input_type, i, (float)product(step.next_input_scale, x));
      }
    }
  }
}

constexpr int DIGITS = 8;  // of a magnitude's 31 bits at a time: 8, 8, 8 and 7
constexpr int VALUES = 1 << DIGITS;

// The bits of the value of rank `rank` among the magnitudes, and the number of those that are not greater: by radix selection.
LGC_DEVICE uint32_t select_magnitude(const float* values, int64_t count, int64_t rank, int* counts, int64_t* not_above) {
  uint32_t prefix = 0;
  int64_t below = 0;
  int known = 31;
  while (known > 0) {
    const int shift = known > DIGITS ? known - DIGITS : 0;
    for (int i = (int)threadIdx.x; i < VALUES; i += LGC_THRESHOLD_THREADS) {
      counts[i] = 0;
    }
    __syncthreads();
    for (int64_t i = threadIdx.x; i < count; i += LGC_THRESHOLD_THREADS) {
      const uint32_t bits = bits_of(values[i]) & 0x7fffffffu;
      if (bits >> known == prefix) {
        atomicAdd(&counts[bits >> shift & ((1u << (known - shift)) - 1)], 1);
      }
    }
    __syncthreads();
    uint32_t digit = 0;
    while (below + counts[digit] <= rank) {
      below += counts[digit++];
    }
    prefix = prefix << (known - shift) | digit;
    *not_above = below + counts[digit];
    known = shift;
    __syncthreads();
  }
  return prefix;
}

// Dynamic thresholding: the quantile of |v| with linear interpolation between ranks, as torch.quantile takes it.
LGC_KERNEL(lgc_threshold, lgc_transition_args, LGC_THRESHOLD_THREADS) {
  LGC_SHARED(int, counts, VALUES);
  LGC_SHARED(uint32_t, least, LGC_THRESHOLD_THREADS);
  const lgc_transition_step& step = step_of(args);
  if (step.prediction != LGC_PREDICTION_DYNAMIC_THRESHOLD) {
    return;
  }
  for (int64_t n = blockIdx.x; n < args.n; n += gridDim.x) {
    float* v = args.registers[LGC_REGISTER_PREDICTION] + n * args.elements;
    for (int64_t i = threadIdx.x; i < args.elements; i += LGC_THRESHOLD_THREADS) {
      const int64_t element = n * args.elements + i;
      v[i] = prediction_of(args, step, element, model_of(args, step, element));
    }
    // No barrier: here and below a thread reads those elements of v alone that it has written.
    const double rank = product(step.threshold_ratio, (double)(args.elements - 1));
    const int64_t below = (int64_t)rank;
    int64_t not_above = 0;
    const uint32_t low = select_magnitude(v, args.elements, below, counts, &not_above);
    double quantile = float_of(low);
    if (rank != (double)below && not_above <= below + 1) {
      uint32_t high = 0x7fffffffu;
      for (int64_t i = threadIdx.x; i < args.elements; i += LGC_THRESHOLD_THREADS) {
        const uint32_t bits = bits_of(v[i]) & 0x7fffffffu;
        high = bits > low && bits < high ? bits : high;
      }
      least[threadIdx.x] = high;
      __syncthreads();
      for (int i = 0; i < LGC_THRESHOLD_THREADS; i++) {
        high = least[i] < high ? least[i] : high;
      }
      const double bottom = float_of(low);
      quantile = sum(bottom, product(rank - (double)below, float_of(high) - bottom));
    }
    const double raised = quantile < 1 ? 1 : quantile;
    const double s = raised > step.threshold_maximum ? step.threshold_maximum : raised;
    for (int64_t i = threadIdx.x; i < args.elements; i += LGC_THRESHOLD_THREADS) {
      v[i] = (float)(clip(v[i], s) / s);
    }
  }
}
