// Prints what the compiler makes of langevin.h and of oneDNN's headers, in the notation of the Java bindings (package
// dev.langevin.bindings.abi), one declaration a line:
//
//   function NAME RESULT=ARGUMENTS   a letter each: p pointer, i 32-bit integer, l 64-bit integer, f float, d double
//   constant NAME VALUE
//   struct NAME BYTES
//   field STRUCT.NAME OFFSET TYPE    a letter, and how many of it follow one another
//
// The tests of the bindings compare these lines with Java's tables in both directions, so that what is bound there and not
// listed here is an error too. Only types are used: nothing here links with oneDNN.
#include <stddef.h>
#include <stdio.h>

#include <string>
#include <type_traits>

#include "langevin.h"
#include "oneapi/dnnl/dnnl.h"
#include "oneapi/dnnl/dnnl_debug.h"

namespace {

template <typename T>
constexpr char letter() {
  if constexpr (std::is_pointer_v<T>) {
    return 'p';
  } else if constexpr (std::is_same_v<T, float>) {
    return 'f';
  } else if constexpr (std::is_same_v<T, double>) {
    return 'd';
  } else {
    static_assert(std::is_integral_v<T> || std::is_enum_v<T>, "a type that the bindings have no letter for");
    static_assert(sizeof(T) == 4 || sizeof(T) == 8, "an integer that the bindings have no letter for");
    return sizeof(T) == 4 ? 'i' : 'l';
  }
}

template <typename Function>
struct Signature;

template <typename Result, typename... Arguments>
struct Signature<Result (*)(Arguments...)> {
  static std::string text() { return std::string{letter<Result>(), '=', letter<Arguments>()...}; }
};

template <typename T>
void print_field(const char* name, size_t offset) {
  using Element = std::remove_all_extents_t<T>;
  printf("field %s %zu %c%zu\n", name, offset, letter<Element>(), sizeof(T) / sizeof(Element));
}

#define FUNCTION(name) printf("function %s %s\n", #name, Signature<decltype(&name)>::text().c_str())
#define CONSTANT(name) printf("constant %s %lld\n", #name, (long long)(name))
#define STRUCT(name) printf("struct %s %zu\n", #name, sizeof(name))
#define FIELD(type, name) print_field<decltype(type::name)>(#type "." #name, offsetof(type, name))

void print_dnnl() {
  FUNCTION(dnnl_engine_create);
  FUNCTION(dnnl_engine_destroy);
  FUNCTION(dnnl_stream_create);
  FUNCTION(dnnl_stream_destroy);
  FUNCTION(dnnl_memory_create);
  FUNCTION(dnnl_memory_destroy);
  FUNCTION(dnnl_memory_desc_create_with_strides);
  FUNCTION(dnnl_memory_desc_create_with_tag);
  FUNCTION(dnnl_memory_desc_clone);
  FUNCTION(dnnl_memory_desc_destroy);
  FUNCTION(dnnl_memory_desc_get_size);
  FUNCTION(dnnl_memory_desc_query);
  FUNCTION(dnnl_memory_desc_create_submemory);
  FUNCTION(dnnl_memory_desc_get_blob);
  FUNCTION(dnnl_memory_desc_create_with_blob);
  FUNCTION(dnnl_primitive_attr_create);
  FUNCTION(dnnl_primitive_attr_destroy);
  FUNCTION(dnnl_primitive_attr_set_post_ops);
  FUNCTION(dnnl_primitive_attr_set_scratchpad_mode);
  FUNCTION(dnnl_primitive_attr_set_scales);
  FUNCTION(dnnl_primitive_attr_set_zero_points);
  FUNCTION(dnnl_primitive_attr_set_fpmath_mode_v2);
  FUNCTION(dnnl_primitive_attr_set_deterministic);
  FUNCTION(dnnl_post_ops_create);
  FUNCTION(dnnl_post_ops_destroy);
  FUNCTION(dnnl_post_ops_append_eltwise);
  FUNCTION(dnnl_post_ops_append_binary);
  FUNCTION(dnnl_post_ops_append_sum);
  FUNCTION(dnnl_convolution_forward_primitive_desc_create);
  FUNCTION(dnnl_convolution_backward_data_primitive_desc_create);
  FUNCTION(dnnl_convolution_backward_weights_primitive_desc_create);
  FUNCTION(dnnl_deconvolution_forward_primitive_desc_create);
  FUNCTION(dnnl_matmul_primitive_desc_create);
  FUNCTION(dnnl_eltwise_forward_primitive_desc_create);
  FUNCTION(dnnl_eltwise_backward_primitive_desc_create);
  FUNCTION(dnnl_binary_primitive_desc_create);
  FUNCTION(dnnl_concat_primitive_desc_create);
  FUNCTION(dnnl_reorder_primitive_desc_create);
  FUNCTION(dnnl_resampling_forward_primitive_desc_create);
  FUNCTION(dnnl_pooling_forward_primitive_desc_create);
  FUNCTION(dnnl_reduction_primitive_desc_create);
  FUNCTION(dnnl_softmax_forward_primitive_desc_create);
  FUNCTION(dnnl_softmax_backward_primitive_desc_create);
  FUNCTION(dnnl_group_normalization_forward_primitive_desc_create);
  FUNCTION(dnnl_layer_normalization_forward_primitive_desc_create);
  FUNCTION(dnnl_primitive_desc_query);
  FUNCTION(dnnl_primitive_desc_query_md);
  FUNCTION(dnnl_primitive_desc_destroy);
  FUNCTION(dnnl_primitive_create);
  FUNCTION(dnnl_primitive_destroy);
  FUNCTION(dnnl_primitive_execute);
  FUNCTION(dnnl_version);
  FUNCTION(dnnl_get_effective_cpu_isa);
  FUNCTION(dnnl_cpu_isa2str);
  FUNCTION(dnnl_status2str);

  CONSTANT(dnnl_cpu);
  CONSTANT(dnnl_stream_default_flags);
  CONSTANT(DNNL_MAX_NDIMS);
  CONSTANT(dnnl_data_type_undef);
  CONSTANT(dnnl_f16);
  CONSTANT(dnnl_bf16);
  CONSTANT(dnnl_f32);
  CONSTANT(dnnl_s32);
  CONSTANT(dnnl_s8);
  CONSTANT(dnnl_u8);
  CONSTANT(dnnl_format_tag_any);
  CONSTANT(dnnl_blocked);
  CONSTANT(dnnl_query_impl_info_str);
  CONSTANT(dnnl_query_weights_md);
  CONSTANT(dnnl_query_diff_weights_md);
  CONSTANT(dnnl_query_scratchpad_md);
  CONSTANT(dnnl_query_ndims_s32);
  CONSTANT(dnnl_query_dims);
  CONSTANT(dnnl_query_data_type);
  CONSTANT(dnnl_query_format_kind);
  CONSTANT(dnnl_query_inner_nblks_s32);
  CONSTANT(dnnl_query_inner_blks);
  CONSTANT(dnnl_query_inner_idxs);
  CONSTANT(dnnl_scratchpad_mode_library);
  CONSTANT(dnnl_scratchpad_mode_user);
  CONSTANT(dnnl_fpmath_mode_strict);
  CONSTANT(dnnl_fpmath_mode_bf16);
  CONSTANT(dnnl_fpmath_mode_f16);
  CONSTANT(dnnl_fpmath_mode_any);
  CONSTANT(dnnl_fpmath_mode_tf32);
  CONSTANT(dnnl_forward_training);
  CONSTANT(dnnl_forward_inference);
  CONSTANT(dnnl_convolution_direct);
  CONSTANT(dnnl_deconvolution_direct);
  CONSTANT(dnnl_resampling_nearest);
  CONSTANT(dnnl_resampling_linear);
  CONSTANT(dnnl_pooling_max);
  CONSTANT(dnnl_pooling_avg_exclude_padding);
  CONSTANT(dnnl_softmax_accurate);
  CONSTANT(dnnl_use_scale);
  CONSTANT(dnnl_use_shift);
  CONSTANT(dnnl_eltwise_relu);
  CONSTANT(dnnl_eltwise_tanh);
  CONSTANT(dnnl_eltwise_square);
  CONSTANT(dnnl_eltwise_linear);
  CONSTANT(dnnl_eltwise_logistic);
  CONSTANT(dnnl_eltwise_exp);
  CONSTANT(dnnl_eltwise_gelu_tanh);
  CONSTANT(dnnl_eltwise_swish);
  CONSTANT(dnnl_eltwise_clip);
  CONSTANT(dnnl_eltwise_gelu_erf);
  CONSTANT(dnnl_binary_add);
  CONSTANT(dnnl_binary_mul);
  CONSTANT(dnnl_binary_max);
  CONSTANT(dnnl_binary_min);
  CONSTANT(dnnl_binary_div);
  CONSTANT(dnnl_binary_sub);
  CONSTANT(dnnl_reduction_max);
  CONSTANT(dnnl_reduction_min);
  CONSTANT(dnnl_reduction_sum);
  CONSTANT(dnnl_reduction_mean);
  CONSTANT(DNNL_ARG_SRC);
  CONSTANT(DNNL_ARG_SRC_1);
  CONSTANT(DNNL_ARG_DST);
  CONSTANT(DNNL_ARG_WEIGHTS);
  CONSTANT(DNNL_ARG_BIAS);
  CONSTANT(DNNL_ARG_SCALE);
  CONSTANT(DNNL_ARG_SHIFT);
  CONSTANT(DNNL_ARG_DIFF_SRC);
  CONSTANT(DNNL_ARG_DIFF_DST);
  CONSTANT(DNNL_ARG_DIFF_WEIGHTS);
  CONSTANT(DNNL_ARG_DIFF_BIAS);
  CONSTANT(DNNL_ARG_SCRATCHPAD);
  CONSTANT(DNNL_ARG_MULTIPLE_SRC);
  CONSTANT(DNNL_ARG_ATTR_SCALES);
  CONSTANT(DNNL_ARG_ATTR_ZERO_POINTS);
  CONSTANT(DNNL_ARG_ATTR_MULTIPLE_POST_OP_BASE);

  STRUCT(dnnl_exec_arg_t);
  FIELD(dnnl_exec_arg_t, arg);
  FIELD(dnnl_exec_arg_t, memory);

  STRUCT(dnnl_version_t);
  FIELD(dnnl_version_t, major);
  FIELD(dnnl_version_t, minor);
  FIELD(dnnl_version_t, patch);
  FIELD(dnnl_version_t, hash);
  FIELD(dnnl_version_t, cpu_runtime);
  FIELD(dnnl_version_t, gpu_runtime);
}

void print_langevin() {
  FUNCTION(lgv_status_text);
  FUNCTION(lgv_version);
  FUNCTION(lgv_cpu_features);
  FUNCTION(lgv_isa_name);
  FUNCTION(lgv_set_num_threads);
  FUNCTION(lgv_num_threads);
  FUNCTION(lgv_allocate);
  FUNCTION(lgv_free);
  FUNCTION(lgv_group_norm_scratch_bytes);
  FUNCTION(lgv_group_norm);
  FUNCTION(lgv_layer_norm);
  FUNCTION(lgv_attention_scratch_bytes);
  FUNCTION(lgv_attention);
  FUNCTION(lgv_time_embedding);
  FUNCTION(lgv_transition);
  FUNCTION(lgv_copy_2d);
  FUNCTION(lgv_transpose);
  FUNCTION(lgv_stream_copy);
  FUNCTION(lgv_walk);

  CONSTANT(LGV_VERSION);
  CONSTANT(LGV_OK);
  CONSTANT(LGV_PRIMITIVE_FAILED);
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
  CONSTANT(LGV_COMMAND_KERNEL);
  CONSTANT(LGV_COMMAND_PRIMITIVE);

  STRUCT(lgv_group_norm_args);
  FIELD(lgv_group_norm_args, src0);
  FIELD(lgv_group_norm_args, src1);
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
  FIELD(lgv_group_norm_args, c0);
  FIELD(lgv_group_norm_args, c1);
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

  STRUCT(lgv_transpose_args);
  FIELD(lgv_transpose_args, src);
  FIELD(lgv_transpose_args, dst);
  FIELD(lgv_transpose_args, batch);
  FIELD(lgv_transpose_args, rows);
  FIELD(lgv_transpose_args, columns);

  STRUCT(lgv_stream_copy_args);
  FIELD(lgv_stream_copy_args, src);
  FIELD(lgv_stream_copy_args, dst);
  FIELD(lgv_stream_copy_args, bytes);

  STRUCT(lgv_command);
  FIELD(lgv_command, kind);
  FIELD(lgv_command, function);
  FIELD(lgv_command, args);
  FIELD(lgv_command, primitive);
  FIELD(lgv_command, stream);
  FIELD(lgv_command, arg_count);

  STRUCT(lgv_walk_args);
  FIELD(lgv_walk_args, commands);
  FIELD(lgv_walk_args, count);
  FIELD(lgv_walk_args, nanoseconds);
  FIELD(lgv_walk_args, failed_index);
  FIELD(lgv_walk_args, failed_status);
}

}  // namespace

int main() {
  print_dnnl();
  print_langevin();
  return ferror(stdout) != 0 || fflush(stdout) != 0;
}
