// Compiled without contraction to fused multiply-adds: each operation is then rounded as torch rounds it, and the bits are
// the same at every instruction set. The loop is plain; the compiler makes vectors of it. The kernel is bound by memory.
#include "kernels.h"
#include "parallel.h"
#include "vector.h"

namespace lgv {
namespace {

// What stands for the whole step, computed in double and rounded once.
struct Step {
  float grad_scale;
  float decay;              // of the parameter
  bool from_moment;         // torch's lerp starts at the end that is nearer
  float beta1;              // from_moment ? 1 - beta1 : 1 - (1 - beta1)
  float beta2;
  float one_minus_beta2;
  float root_correction2;
  float epsilon;
  float rate;               // negative
  float average_rate;

  explicit Step(const lgv_adamw_args& args)
      : grad_scale((float)args.grad_scale),
        decay((float)(1 - args.learning_rate * args.weight_decay)),
        from_moment((float)(1 - args.beta1) < 0.5f),
        beta1(from_moment ? (float)(1 - args.beta1) : 1.0f - (float)(1 - args.beta1)),
        beta2((float)args.beta2),
        one_minus_beta2((float)(1 - args.beta2)),
        root_correction2((float)__builtin_sqrt(args.bias_correction2)),
        epsilon((float)args.epsilon),
        rate((float)-(args.learning_rate / args.bias_correction1)),
        average_rate((float)(1 - args.average_decay)) {}
};

template <bool FROM_MOMENT, bool AVERAGE>
void update(const Step& step, int64_t count, float* __restrict param, const float* __restrict grad,
            float* __restrict moment1, float* __restrict moment2, float* __restrict average) {
  for (int64_t i = 0; i < count; i++) {
    const float g = grad[i] * step.grad_scale;
    float p = param[i] * step.decay;
    const float m = FROM_MOMENT ? moment1[i] + step.beta1 * (g - moment1[i]) : g - (g - moment1[i]) * step.beta1;
    const float v = moment2[i] * step.beta2 + step.one_minus_beta2 * g * g;
    const float deviation = __builtin_sqrtf(v) / step.root_correction2 + step.epsilon;
    p = p + step.rate * m / deviation;
    moment1[i] = m;
    moment2[i] = v;
    param[i] = p;
    if (AVERAGE) {
      average[i] = average[i] - step.average_rate * (average[i] - p);
    }
  }
}

}  // namespace

namespace LGV_ISA {

void adamw(const lgv_adamw_args& args) {
  constexpr int64_t BLOCK = 4096;
  const Step step(args);
  auto* kernel = args.average != nullptr ? (step.from_moment ? update<true, true> : update<false, true>)
                                         : (step.from_moment ? update<true, false> : update<false, false>);
  const int64_t blocks = (args.count - 1) / BLOCK + 1;
  // Its many arrays make an element four times as dear as that of a norm.
  const int threads = threads_for((double)args.count, ELEMENTS_PER_THREAD / 4);
#pragma omp parallel for num_threads(threads) if (threads > 1) schedule(static)
  for (int64_t block = 0; block < blocks; block++) {
    const int64_t first = block * BLOCK;
    kernel(step, smaller(BLOCK, args.count - first), args.param + first, args.grad + first, args.moment1 + first,
           args.moment2 + first, args.average == nullptr ? nullptr : args.average + first);
  }
}

}  // namespace LGV_ISA
}  // namespace lgv
