// The declarations of langevin.h; see abi_check.cpp.
#include "langevin.h"

#include "abi_check.h"

void print_langevin() {
  FUNCTION(lgv_status_text);
  FUNCTION(lgv_version);
  FUNCTION(lgv_cpu_features);
  FUNCTION(lgv_isa_name);
  FUNCTION(lgv_set_num_threads);
  FUNCTION(lgv_num_threads);
  FUNCTION(lgv_end_threads);
  FUNCTION(lgv_allocate);
  FUNCTION(lgv_free);
  FUNCTION(lgv_guard);
  FUNCTION(lgv_guard_broken);
  FUNCTION(lgv_unguard);
  FUNCTION(lgv_group_norm_scratch_bytes);
  FUNCTION(lgv_group_norm);
  FUNCTION(lgv_layer_norm);
  FUNCTION(lgv_attention_scratch_bytes);
  FUNCTION(lgv_attention);
  FUNCTION(lgv_time_embedding);
  FUNCTION(lgv_transition);
  FUNCTION(lgv_copy_2d);
  FUNCTION(lgv_stream_copy);

  CONSTANT(LGV_VERSION);
  CONSTANT(LGV_OK);
  CONSTANT(LGV_CPU_SSE4_2);
  CONSTANT(LGV_CPU_AVX2);
  CONSTANT(LGV_CPU_FMA);
  CONSTANT(LGV_CPU_F16C);
  CONSTANT(LGV_CPU_AVX512F);
  CONSTANT(LGV_CPU_AVX512BW);
  CONSTANT(LGV_CPU_AVX512DQ);
  CONSTANT(LGV_CPU_AVX512VL);
  CONSTANT(LGV_CPU_AVX512_VNNI);
  CONSTANT(LGV_CPU_AVX512_BF16);
  CONSTANT(LGV_CPU_AVX512_FP16);
  CONSTANT(LGV_CPU_AVX_VNNI);
  CONSTANT(LGV_CPU_AMX_TILE);
  CONSTANT(LGV_CPU_AMX_INT8);
  CONSTANT(LGV_CPU_AMX_BF16);
  CONSTANT(LGV_REGISTER_X);
  CONSTANT(LGV_REGISTER_MODEL);
  CONSTANT(LGV_REGISTER_PREDICTION);
  CONSTANT(LGV_REGISTER_NOISE);
  CONSTANT(LGV_MAX_REGISTERS);
  CONSTANT(LGV_PREDICTION_NONE);
  CONSTANT(LGV_PREDICTION_IDENTITY);
  CONSTANT(LGV_PREDICTION_CLIP);
  CONSTANT(LGV_PREDICTION_DYNAMIC_THRESHOLD);
  CONSTANT(LGV_VARIANCE_NONE);
  CONSTANT(LGV_VARIANCE_DIRECT);
  CONSTANT(LGV_VARIANCE_LOG_INTERPOLATED);

  STRUCT(lgv_group_norm_args);
  FIELD(lgv_group_norm_args, src);
  FIELD(lgv_group_norm_args, add);
  FIELD(lgv_group_norm_args, gamma);
  FIELD(lgv_group_norm_args, beta);
  FIELD(lgv_group_norm_args, scale);
  FIELD(lgv_group_norm_args, shift);
  FIELD(lgv_group_norm_args, dst);
  FIELD(lgv_group_norm_args, scratch);
  FIELD(lgv_group_norm_args, scratch_bytes);
  FIELD(lgv_group_norm_args, n);
  FIELD(lgv_group_norm_args, spatial);
  FIELD(lgv_group_norm_args, channels);
  FIELD(lgv_group_norm_args, groups);
  FIELD(lgv_group_norm_args, add_stride);
  FIELD(lgv_group_norm_args, scale_stride);
  FIELD(lgv_group_norm_args, shift_stride);
  FIELD(lgv_group_norm_args, silu);
  FIELD(lgv_group_norm_args, eps);

  STRUCT(lgv_layer_norm_args);
  FIELD(lgv_layer_norm_args, src);
  FIELD(lgv_layer_norm_args, gamma);
  FIELD(lgv_layer_norm_args, beta);
  FIELD(lgv_layer_norm_args, dst);
  FIELD(lgv_layer_norm_args, rows);
  FIELD(lgv_layer_norm_args, channels);
  FIELD(lgv_layer_norm_args, eps);

  STRUCT(lgv_attention_args);
  FIELD(lgv_attention_args, q);
  FIELD(lgv_attention_args, k);
  FIELD(lgv_attention_args, v);
  FIELD(lgv_attention_args, bias);
  FIELD(lgv_attention_args, dst);
  FIELD(lgv_attention_args, scratch);
  FIELD(lgv_attention_args, scratch_bytes);
  FIELD(lgv_attention_args, n);
  FIELD(lgv_attention_args, heads);
  FIELD(lgv_attention_args, head_size);
  FIELD(lgv_attention_args, query_length);
  FIELD(lgv_attention_args, key_length);
  FIELD(lgv_attention_args, q_row_stride);
  FIELD(lgv_attention_args, q_batch_stride);
  FIELD(lgv_attention_args, k_row_stride);
  FIELD(lgv_attention_args, k_batch_stride);
  FIELD(lgv_attention_args, v_row_stride);
  FIELD(lgv_attention_args, v_batch_stride);
  FIELD(lgv_attention_args, dst_row_stride);
  FIELD(lgv_attention_args, dst_batch_stride);
  FIELD(lgv_attention_args, bias_batch_stride);
  FIELD(lgv_attention_args, bias_head_stride);
  FIELD(lgv_attention_args, bias_query_stride);
  FIELD(lgv_attention_args, bias_key_stride);
  FIELD(lgv_attention_args, causal);
  FIELD(lgv_attention_args, scale);

  STRUCT(lgv_time_embedding_args);
  FIELD(lgv_time_embedding_args, timesteps);
  FIELD(lgv_time_embedding_args, frequencies);
  FIELD(lgv_time_embedding_args, dst);
  FIELD(lgv_time_embedding_args, n);
  FIELD(lgv_time_embedding_args, dim);
  FIELD(lgv_time_embedding_args, flip_sin_to_cos);

  STRUCT(lgv_term);
  FIELD(lgv_term, source);
  FIELD(lgv_term, coefficient);

  STRUCT(lgv_update);
  FIELD(lgv_update, target);
  FIELD(lgv_update, first_term);
  FIELD(lgv_update, term_count);

  STRUCT(lgv_transition_args);
  FIELD(lgv_transition_args, registers);
  FIELD(lgv_transition_args, output);
  FIELD(lgv_transition_args, output_conditional);
  FIELD(lgv_transition_args, next_input);
  FIELD(lgv_transition_args, terms);
  FIELD(lgv_transition_args, updates);
  FIELD(lgv_transition_args, not_finite);
  FIELD(lgv_transition_args, n);
  FIELD(lgv_transition_args, elements);
  FIELD(lgv_transition_args, output_stride);
  FIELD(lgv_transition_args, update_count);
  FIELD(lgv_transition_args, term_count);
  FIELD(lgv_transition_args, prediction);
  FIELD(lgv_transition_args, variance);
  FIELD(lgv_transition_args, guidance);
  FIELD(lgv_transition_args, sample_coefficient);
  FIELD(lgv_transition_args, model_coefficient);
  FIELD(lgv_transition_args, clip_range);
  FIELD(lgv_transition_args, threshold_ratio);
  FIELD(lgv_transition_args, threshold_maximum);
  FIELD(lgv_transition_args, min_log);
  FIELD(lgv_transition_args, max_log);
  FIELD(lgv_transition_args, next_input_scale);

  STRUCT(lgv_copy_2d_args);
  FIELD(lgv_copy_2d_args, src);
  FIELD(lgv_copy_2d_args, dst);
  FIELD(lgv_copy_2d_args, rows);
  FIELD(lgv_copy_2d_args, row_bytes);
  FIELD(lgv_copy_2d_args, src_stride_bytes);
  FIELD(lgv_copy_2d_args, dst_stride_bytes);

  STRUCT(lgv_stream_copy_args);
  FIELD(lgv_stream_copy_args, src);
  FIELD(lgv_stream_copy_args, dst);
  FIELD(lgv_stream_copy_args, bytes);
}
