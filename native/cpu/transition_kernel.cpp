// Compiled without contraction to fused multiply-adds: sums are then those of the plain Java interpreter, bit for bit, at
// every instruction set. The kernel is bound by memory, so this costs nothing.
#include <math.h>

#include "kernels.h"
#include "parallel.h"
#include "quantile.h"
#include "vector.h"

namespace lgv {
namespace {

// The pass goes over the samples in blocks that stay in the first-level cache with all their registers; within a block
// every operation of the transition is a loop over memory. So what is to be done is read once a block, not once an element.
constexpr int64_t BLOCK = 256;

// A block's registers, model output and places in the next inputs.
struct Block {
  int64_t count;
  float* registers[LGV_MAX_REGISTERS];
  const float* output;
  const float* conditional;
  const float* variance;
  float* next_input[2];
};

// Room for registers that exist within the pass only.
struct Tiles {
  alignas(64) float model[BLOCK];
  alignas(64) float prediction[BLOCK];
};

Block block_at(const lgv_transition_args& args, int64_t n, int64_t first, Tiles& tiles) {
  Block block;
  block.count = smaller(BLOCK, args.elements - first);
  const int64_t at = n * args.elements + first;
  for (int r = 0; r < LGV_MAX_REGISTERS; r++) {
    block.registers[r] = args.registers[r] == nullptr ? nullptr : args.registers[r] + at;
  }
  if (block.registers[LGV_REGISTER_MODEL] == nullptr) {
    block.registers[LGV_REGISTER_MODEL] = tiles.model;
  }
  if (block.registers[LGV_REGISTER_PREDICTION] == nullptr) {
    block.registers[LGV_REGISTER_PREDICTION] = tiles.prediction;
  }
  const int64_t output_at = n * args.output_stride + first;
  block.output = args.output == nullptr ? nullptr : args.output + output_at;
  block.conditional = args.output_conditional == nullptr ? nullptr : args.output_conditional + output_at;
  const float* answer = block.conditional == nullptr ? block.output : block.conditional;
  block.variance = args.variance == LGV_VARIANCE_NONE ? nullptr : answer + args.elements;
  for (int i = 0; i < 2; i++) {
    block.next_input[i] = args.next_input[i] == nullptr ? nullptr : args.next_input[i] + at;
  }
  return block;
}

void guide(const lgv_transition_args& args, const Block& block) {
  float* model = block.registers[LGV_REGISTER_MODEL];
  const float* u = block.output;
  const float* c = block.conditional;
  if (u == nullptr) {
    return;
  }
  if (c == nullptr) {
    memcpy(model, u, (size_t)block.count * sizeof(float));
    return;
  }
  const double guidance = args.guidance;
  for (int64_t i = 0; i < block.count; i++) {
    model[i] = (float)(u[i] + guidance * ((double)c[i] - u[i]));
  }
}

inline double clip(double x, double limit) { return x < -limit ? -limit : (x > limit ? limit : x); }

void predict(const lgv_transition_args& args, const Block& block) {
  const float* x = block.registers[LGV_REGISTER_X];
  const float* model = block.registers[LGV_REGISTER_MODEL];
  float* v = block.registers[LGV_REGISTER_PREDICTION];
  const double a = args.sample_coefficient;
  const double b = args.model_coefficient;
  // A source without weight is not read: it may be null, and infinity times zero is not zero.
  if (a != 0 && b != 0) {
    for (int64_t i = 0; i < block.count; i++) {
      v[i] = (float)(a * x[i] + b * model[i]);
    }
  } else {
    const float* only = a != 0 ? x : model;
    const double factor = a != 0 ? a : b;
    for (int64_t i = 0; i < block.count; i++) {
      v[i] = factor == 0 ? 0.0f : (float)(factor * only[i]);
    }
  }
  if (args.prediction == LGV_PREDICTION_CLIP) {
    for (int64_t i = 0; i < block.count; i++) {
      v[i] = (float)clip(v[i], args.clip_range);
    }
  }
}

// Over a whole sample at once.
void limit_dynamically(const lgv_transition_args& args, float* v) {
  const double quantile = magnitude_quantile(v, args.elements, args.threshold_ratio);
  const double raised = quantile < 1 ? 1 : quantile;
  const double s = raised > args.threshold_maximum ? args.threshold_maximum : raised;
  for (int64_t i = 0; i < args.elements; i++) {
    v[i] = (float)((float)clip(v[i], s) / s);
  }
}

void scale_noise(const lgv_transition_args& args, const Block& block) {
  float* noise = block.registers[LGV_REGISTER_NOISE];
  if (block.variance == nullptr || noise == nullptr) {
    return;
  }
  for (int64_t i = 0; i < block.count; i++) {
    const double v = block.variance[i];
    double deviation;
    if (args.variance == LGV_VARIANCE_DIRECT) {
      deviation = __builtin_sqrt(v);
    } else {
      const double f = (v + 1) / 2;
      deviation = ::exp((f * args.max_log + (1 - f) * args.min_log) / 2);
    }
    noise[i] = (float)(noise[i] * deviation);
  }
}

// target = sum of terms, 2*W elements at a time with the sums in registers. All terms are read before the target is
// written, which may be one of them.
void combine(const lgv_transition_args& args, const lgv_update& update, const Block& block) {
  constexpr int64_t STEP = W / 2;
  constexpr int VECTORS = 4;
  const lgv_term* terms = args.terms + update.first_term;
  float* target = block.registers[update.target];
  int64_t i = 0;
  for (; i + VECTORS * STEP <= block.count; i += VECTORS * STEP) {
    vdouble total[VECTORS] = {};
    for (int64_t t = 0; t < update.term_count; t++) {
      const float* source = block.registers[terms[t].source] + i;
      const double coefficient = terms[t].coefficient;
      for (int v = 0; v < VECTORS; v++) {
        total[v] += coefficient * widen(load_half(source + v * STEP));
      }
    }
    for (int v = 0; v < VECTORS; v++) {
      store_half(target + i + v * STEP, narrow(total[v]));
    }
  }
  for (; i < block.count; i++) {
    double total = 0;
    for (int64_t t = 0; t < update.term_count; t++) {
      total += terms[t].coefficient * block.registers[terms[t].source][i];
    }
    target[i] = (float)total;
  }
}

void show(const lgv_transition_args& args, const Block& block) {
  const float* x = block.registers[LGV_REGISTER_X];
  for (float* next : block.next_input) {
    if (next != nullptr) {
      for (int64_t i = 0; i < block.count; i++) {
        next[i] = (float)(args.next_input_scale * x[i]);
      }
    }
  }
}

// By the exponents, as integers: a loop without branches.
void watch(const lgv_transition_args& args, const Block& block) {
  const float* x = block.registers[LGV_REGISTER_X];
  if (args.not_finite == nullptr || x == nullptr) {
    return;
  }
  uint32_t largest = 0;
  for (int64_t i = 0; i < block.count; i++) {
    uint32_t bits;
    memcpy(&bits, x + i, sizeof(bits));
    bits &= UINT32_C(0x7fffffff);
    largest = bits > largest ? bits : largest;
  }
  if (largest >= UINT32_C(0x7f800000)) {
    __atomic_store_n(args.not_finite, INT64_C(1), __ATOMIC_RELAXED);
  }
}

void finish(const lgv_transition_args& args, const Block& block) {
  scale_noise(args, block);
  for (int64_t u = 0; u < args.update_count; u++) {
    combine(args, args.updates[u], block);
  }
  watch(args, block);
  show(args, block);
}

// Calls `work(block)` for every block of every sample, shared among the team of the enclosing parallel region.
template <typename Work>
void for_each_block(const lgv_transition_args& args, const Work& work) {
  const int64_t blocks = (args.elements + BLOCK - 1) / BLOCK;
#pragma omp for schedule(static)
  for (int64_t task = 0; task < args.n * blocks; task++) {
    Tiles tiles;
    work(block_at(args, task / blocks, task % blocks * BLOCK, tiles));
  }
}

}  // namespace

namespace LGV_ISA {

void transition(const lgv_transition_args& args) {
  const bool predicts = args.prediction != LGV_PREDICTION_NONE;
  // The threshold needs a whole sample's prediction, so then there are two passes; MODEL is made in both, for it may exist
  // within a pass only.
  const bool thresholds = args.prediction == LGV_PREDICTION_DYNAMIC_THRESHOLD;
  // Its many registers make an element six times as dear as that of a norm.
  const int threads = threads_for(args.n * args.elements, ELEMENTS_PER_THREAD / 4);
#pragma omp parallel num_threads(threads) if (threads > 1)
  {
    if (thresholds) {
      for_each_block(args, [&](const Block& block) {
        guide(args, block);
        predict(args, block);
      });
#pragma omp for schedule(static)
      for (int64_t n = 0; n < args.n; n++) {
        limit_dynamically(args, args.registers[LGV_REGISTER_PREDICTION] + n * args.elements);
      }
    }
    for_each_block(args, [&](const Block& block) {
      guide(args, block);
      if (predicts && !thresholds) {
        predict(args, block);
      }
      finish(args, block);
    });
  }
}

}  // namespace LGV_ISA
}  // namespace lgv
