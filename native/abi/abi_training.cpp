// The declarations of langevin_training.h; see abi_check.cpp.
#include "langevin_training.h"

#include "abi_check.h"

void print_training() {
  FUNCTION(lgv_sum_rows_scratch_bytes);
  FUNCTION(lgv_sum_rows);
  FUNCTION(lgv_sum_squares_scratch_bytes);
  FUNCTION(lgv_sum_squares);
  FUNCTION(lgv_adamw);
  FUNCTION(lgv_group_norm_backward_scratch_bytes);
  FUNCTION(lgv_group_norm_backward);
  FUNCTION(lgv_layer_norm_backward_scratch_bytes);
  FUNCTION(lgv_layer_norm_backward);
  FUNCTION(lgv_attention_backward_scratch_bytes);
  FUNCTION(lgv_attention_backward);

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

  STRUCT(lgv_group_norm_backward_args);
  FIELD(lgv_group_norm_backward_args, src);
  FIELD(lgv_group_norm_backward_args, add);
  FIELD(lgv_group_norm_backward_args, gamma);
  FIELD(lgv_group_norm_backward_args, beta);
  FIELD(lgv_group_norm_backward_args, scale);
  FIELD(lgv_group_norm_backward_args, shift);
  FIELD(lgv_group_norm_backward_args, dy);
  FIELD(lgv_group_norm_backward_args, dst);
  FIELD(lgv_group_norm_backward_args, dgamma);
  FIELD(lgv_group_norm_backward_args, dbeta);
  FIELD(lgv_group_norm_backward_args, dadd);
  FIELD(lgv_group_norm_backward_args, dscale);
  FIELD(lgv_group_norm_backward_args, dshift);
  FIELD(lgv_group_norm_backward_args, scratch);
  FIELD(lgv_group_norm_backward_args, scratch_bytes);
  FIELD(lgv_group_norm_backward_args, n);
  FIELD(lgv_group_norm_backward_args, spatial);
  FIELD(lgv_group_norm_backward_args, channels);
  FIELD(lgv_group_norm_backward_args, groups);
  FIELD(lgv_group_norm_backward_args, add_stride);
  FIELD(lgv_group_norm_backward_args, scale_stride);
  FIELD(lgv_group_norm_backward_args, shift_stride);
  FIELD(lgv_group_norm_backward_args, dadd_stride);
  FIELD(lgv_group_norm_backward_args, dscale_stride);
  FIELD(lgv_group_norm_backward_args, dshift_stride);
  FIELD(lgv_group_norm_backward_args, silu);
  FIELD(lgv_group_norm_backward_args, eps);

  STRUCT(lgv_layer_norm_backward_args);
  FIELD(lgv_layer_norm_backward_args, src);
  FIELD(lgv_layer_norm_backward_args, gamma);
  FIELD(lgv_layer_norm_backward_args, dy);
  FIELD(lgv_layer_norm_backward_args, dst);
  FIELD(lgv_layer_norm_backward_args, dgamma);
  FIELD(lgv_layer_norm_backward_args, dbeta);
  FIELD(lgv_layer_norm_backward_args, scratch);
  FIELD(lgv_layer_norm_backward_args, scratch_bytes);
  FIELD(lgv_layer_norm_backward_args, rows);
  FIELD(lgv_layer_norm_backward_args, channels);
  FIELD(lgv_layer_norm_backward_args, eps);

  STRUCT(lgv_attention_backward_args);
  FIELD(lgv_attention_backward_args, q);
  FIELD(lgv_attention_backward_args, k);
  FIELD(lgv_attention_backward_args, v);
  FIELD(lgv_attention_backward_args, bias);
  FIELD(lgv_attention_backward_args, y);
  FIELD(lgv_attention_backward_args, dy);
  FIELD(lgv_attention_backward_args, dq);
  FIELD(lgv_attention_backward_args, dk);
  FIELD(lgv_attention_backward_args, dv);
  FIELD(lgv_attention_backward_args, scratch);
  FIELD(lgv_attention_backward_args, scratch_bytes);
  FIELD(lgv_attention_backward_args, n);
  FIELD(lgv_attention_backward_args, heads);
  FIELD(lgv_attention_backward_args, head_size);
  FIELD(lgv_attention_backward_args, query_length);
  FIELD(lgv_attention_backward_args, key_length);
  FIELD(lgv_attention_backward_args, q_row_stride);
  FIELD(lgv_attention_backward_args, q_batch_stride);
  FIELD(lgv_attention_backward_args, k_row_stride);
  FIELD(lgv_attention_backward_args, k_batch_stride);
  FIELD(lgv_attention_backward_args, v_row_stride);
  FIELD(lgv_attention_backward_args, v_batch_stride);
  FIELD(lgv_attention_backward_args, bias_batch_stride);
  FIELD(lgv_attention_backward_args, bias_head_stride);
  FIELD(lgv_attention_backward_args, bias_query_stride);
  FIELD(lgv_attention_backward_args, bias_key_stride);
  FIELD(lgv_attention_backward_args, causal);
  FIELD(lgv_attention_backward_args, scale);
}
