#include "checks.h"
#include "kernels.h"

namespace {

using namespace lgv;

bool has_output(const lgv_transition_args& args) { return args.output != nullptr; }

// Whether a register has a value: in memory, or within the pass.
bool exists(const lgv_transition_args& args, int64_t index) {
  if (index < 0 || index >= LGV_MAX_REGISTERS) {
    return false;
  }
  return args.registers[index] != nullptr || (index == LGV_REGISTER_MODEL && has_output(args)) ||
         (index == LGV_REGISTER_PREDICTION && args.prediction != LGV_PREDICTION_NONE);
}

int32_t check_sizes(const lgv_transition_args& args) {
  if (args.n < 0 || args.elements < 1 || !fits(args.n, args.elements) || args.update_count < 0 || args.term_count < 0) {
    return LGV_BAD_SIZE;
  }
  if (has_output(args)) {
    int64_t halves = args.variance == LGV_VARIANCE_NONE ? 1 : 2;
    if (args.output_stride / halves < args.elements || !fits(args.n, args.output_stride)) {
      return LGV_BAD_SIZE;
    }
  }
  return LGV_OK;
}

int32_t check_values(const lgv_transition_args& args) {
  bool finite = args.output_conditional == nullptr || is_finite(args.guidance);
  switch (args.prediction) {
    case LGV_PREDICTION_NONE:
    case LGV_PREDICTION_IDENTITY:
      break;
    case LGV_PREDICTION_CLIP:
      finite = finite && is_finite(args.clip_range) && args.clip_range > 0;
      break;
    case LGV_PREDICTION_DYNAMIC_THRESHOLD:
      finite = finite && args.threshold_ratio >= 0 && args.threshold_ratio <= 1 && args.threshold_maximum >= 1;
      break;
    default:
      return LGV_BAD_VALUE;
  }
  if (args.prediction != LGV_PREDICTION_NONE) {
    finite = finite && is_finite(args.sample_coefficient) && is_finite(args.model_coefficient);
  }
  if (args.variance < LGV_VARIANCE_NONE || args.variance > LGV_VARIANCE_LOG_INTERPOLATED) {
    return LGV_BAD_VALUE;
  }
  if (args.variance == LGV_VARIANCE_LOG_INTERPOLATED) {
    finite = finite && is_finite(args.min_log) && is_finite(args.max_log);
  }
  if (args.next_input[0] != nullptr || args.next_input[1] != nullptr) {
    finite = finite && is_finite(args.next_input_scale);
  }
  return finite ? LGV_OK : LGV_BAD_VALUE;
}

int32_t check_updates(const lgv_transition_args& args) {
  if ((args.update_count > 0 && args.updates == nullptr) || (args.term_count > 0 && args.terms == nullptr)) {
    return LGV_NULL_POINTER;
  }
  for (int64_t u = 0; u < args.update_count; u++) {
    const lgv_update& update = args.updates[u];
    if (update.first_term < 0 || update.term_count < 0 || update.first_term > args.term_count ||
        update.term_count > args.term_count - update.first_term) {
      return LGV_BAD_SIZE;
    }
    if (!exists(args, update.target)) {
      return LGV_BAD_REGISTER;
    }
    for (int64_t t = update.first_term; t < update.first_term + update.term_count; t++) {
      if (!exists(args, args.terms[t].source)) {
        return LGV_BAD_REGISTER;
      }
      if (!is_finite(args.terms[t].coefficient)) {
        return LGV_BAD_VALUE;
      }
    }
  }
  return LGV_OK;
}

// What the pass itself reads.
int32_t check_registers(const lgv_transition_args& args) {
  bool predicts = args.prediction != LGV_PREDICTION_NONE;
  bool shows = args.next_input[0] != nullptr || args.next_input[1] != nullptr;
  bool ok = true;
  if (shows || (predicts && args.sample_coefficient != 0)) {
    ok = ok && exists(args, LGV_REGISTER_X);
  }
  if (predicts && args.model_coefficient != 0) {
    ok = ok && exists(args, LGV_REGISTER_MODEL);
  }
  if (args.prediction == LGV_PREDICTION_DYNAMIC_THRESHOLD) {
    ok = ok && args.registers[LGV_REGISTER_PREDICTION] != nullptr;
  }
  return ok ? LGV_OK : LGV_BAD_REGISTER;
}

int32_t check(const lgv_transition_args& args) {
  if (int32_t status = check_sizes(args)) {
    return status;
  }
  if (int32_t status = check_values(args)) {
    return status;
  }
  if (!has_output(args) && (args.output_conditional != nullptr || args.variance != LGV_VARIANCE_NONE)) {
    return LGV_NULL_POINTER;
  }
  if (int32_t status = check_registers(args)) {
    return status;
  }
  return check_updates(args);
}

}  // namespace

int32_t lgv_transition(const lgv_transition_args* args) {
  if (args == nullptr) {
    return LGV_NULL_POINTER;
  }
  int32_t status = check(*args);
  if (status == LGV_OK && args->n > 0) {
    kernels().transition(*args);
  }
  return status;
}
