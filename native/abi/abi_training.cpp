// The declarations of langevin_training.h; see abi_check.cpp.
#include "langevin_training.h"

#include "abi_check.h"

void print_training() {
  FUNCTION(lgv_sum_rows_scratch_bytes);
  FUNCTION(lgv_sum_rows);
  FUNCTION(lgv_sum_squares_scratch_bytes);
  FUNCTION(lgv_sum_squares);
  FUNCTION(lgv_adamw);

  STRUCT(lgv_sum_rows_args);
  FIELD(lgv_sum_rows_args, src);
  FIELD(lgv_sum_rows_args, dst);
  FIELD(lgv_sum_rows_args, scratch);
  FIELD(lgv_sum_rows_args, scratch_bytes);
  FIELD(lgv_sum_rows_args, outer);
  FIELD(lgv_sum_rows_args, rows);
  FIELD(lgv_sum_rows_args, cols);

  STRUCT(lgv_sum_squares_args);
  FIELD(lgv_sum_squares_args, src);
  FIELD(lgv_sum_squares_args, dst);
  FIELD(lgv_sum_squares_args, scratch);
  FIELD(lgv_sum_squares_args, scratch_bytes);
  FIELD(lgv_sum_squares_args, count);

  STRUCT(lgv_adamw_args);
  FIELD(lgv_adamw_args, param);
  FIELD(lgv_adamw_args, grad);
  FIELD(lgv_adamw_args, moment1);
  FIELD(lgv_adamw_args, moment2);
  FIELD(lgv_adamw_args, average);
  FIELD(lgv_adamw_args, count);
  FIELD(lgv_adamw_args, learning_rate);
  FIELD(lgv_adamw_args, beta1);
  FIELD(lgv_adamw_args, beta2);
  FIELD(lgv_adamw_args, epsilon);
  FIELD(lgv_adamw_args, weight_decay);
  FIELD(lgv_adamw_args, bias_correction1);
  FIELD(lgv_adamw_args, bias_correction2);
  FIELD(lgv_adamw_args, grad_scale);
  FIELD(lgv_adamw_args, average_decay);
}
