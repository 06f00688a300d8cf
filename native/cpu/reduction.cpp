#include "reduction.h"

#include "checks.h"
#include "kernels.h"

namespace {

using namespace lgv;

int32_t check_sizes(const lgv_sum_rows_args& args) {
  const bool positive = args.outer >= 0 && args.rows >= 1 && args.cols >= 1;
  // The scratch's sums are no more than one an element.
  return positive && fits(args.outer, args.rows, args.cols) ? LGV_OK : LGV_BAD_SIZE;
}

int32_t check(const lgv_sum_rows_args& args) {
  if (int32_t status = check_sizes(args)) {
    return status;
  }
  if (args.outer == 0) {
    return LGV_OK;
  }
  if (args.src == nullptr || args.dst == nullptr) {
    return LGV_NULL_POINTER;
  }
  return check_scratch(args.scratch, args.scratch_bytes, lgv_sum_rows_scratch_bytes(&args));
}

bool size_ok(const lgv_sum_squares_args& args) { return args.count >= 0 && args.count <= MAX_ELEMENTS; }

int32_t check(const lgv_sum_squares_args& args) {
  if (!size_ok(args)) {
    return LGV_BAD_SIZE;
  }
  if (args.dst == nullptr || (args.count > 0 && args.src == nullptr)) {
    return LGV_NULL_POINTER;
  }
  return args.count == 0 ? LGV_OK
                         : check_scratch(args.scratch, args.scratch_bytes, lgv_sum_squares_scratch_bytes(&args));
}

}  // namespace

int64_t lgv_sum_rows_scratch_bytes(const lgv_sum_rows_args* args) {
  if (args == nullptr || check_sizes(*args) != LGV_OK) {
    return 0;
  }
  return args->outer * RowBlocks(*args).count * args->cols * 8;
}

int32_t lgv_sum_rows(const lgv_sum_rows_args* args) {
  if (args == nullptr) {
    return LGV_NULL_POINTER;
  }
  int32_t status = check(*args);
  if (status == LGV_OK && args->outer > 0) {
    kernels().sum_rows(*args);
  }
  return status;
}

int64_t lgv_sum_squares_scratch_bytes(const lgv_sum_squares_args* args) {
  return args == nullptr || !size_ok(*args) ? 0 : square_blocks(args->count) * 8;
}

int32_t lgv_sum_squares(const lgv_sum_squares_args* args) {
  if (args == nullptr) {
    return LGV_NULL_POINTER;
  }
  int32_t status = check(*args);
  if (status == LGV_OK) {
    kernels().sum_squares(*args);
  }
  return status;
}
