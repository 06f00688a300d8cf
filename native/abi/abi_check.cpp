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
#include "abi_check.h"
#include "oneapi/dnnl/dnnl.h"
#include "oneapi/dnnl/dnnl_debug.h"

namespace {

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
  FUNCTION(dnnl_primitive_attr_create);
  FUNCTION(dnnl_primitive_attr_destroy);
  FUNCTION(dnnl_primitive_attr_set_post_ops);
  FUNCTION(dnnl_primitive_attr_set_scratchpad_mode);
  FUNCTION(dnnl_post_ops_create);
  FUNCTION(dnnl_post_ops_destroy);
  FUNCTION(dnnl_post_ops_append_eltwise);
  FUNCTION(dnnl_post_ops_append_binary);
  FUNCTION(dnnl_post_ops_append_prelu);
  FUNCTION(dnnl_convolution_forward_primitive_desc_create);
  FUNCTION(dnnl_convolution_backward_data_primitive_desc_create);
  FUNCTION(dnnl_convolution_backward_weights_primitive_desc_create);
  FUNCTION(dnnl_matmul_primitive_desc_create);
  FUNCTION(dnnl_eltwise_forward_primitive_desc_create);
  FUNCTION(dnnl_eltwise_backward_primitive_desc_create);
  FUNCTION(dnnl_binary_primitive_desc_create);
  FUNCTION(dnnl_concat_primitive_desc_create);
  FUNCTION(dnnl_reorder_primitive_desc_create);
  FUNCTION(dnnl_resampling_forward_primitive_desc_create);
  FUNCTION(dnnl_pooling_forward_primitive_desc_create);
  FUNCTION(dnnl_prelu_forward_primitive_desc_create);
  FUNCTION(dnnl_primitive_desc_query);
  FUNCTION(dnnl_primitive_desc_query_md);
  FUNCTION(dnnl_primitive_desc_destroy);
  FUNCTION(dnnl_primitive_create);
  FUNCTION(dnnl_primitive_destroy);
  FUNCTION(dnnl_primitive_execute);
  FUNCTION(dnnl_version);
  FUNCTION(dnnl_get_effective_cpu_isa);
  FUNCTION(dnnl_set_primitive_cache_capacity);
  FUNCTION(dnnl_cpu_isa2str);
  FUNCTION(dnnl_status2str);

  CONSTANT(dnnl_cpu);
  CONSTANT(dnnl_stream_default_flags);
  CONSTANT(DNNL_MAX_NDIMS);
  CONSTANT(dnnl_bf16);
  CONSTANT(dnnl_f32);
  CONSTANT(dnnl_u8);
  CONSTANT(dnnl_format_tag_any);
  CONSTANT(dnnl_blocked);
  CONSTANT(dnnl_query_impl_info_str);
  CONSTANT(dnnl_query_strides);
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
  CONSTANT(dnnl_scratchpad_mode_user);
  CONSTANT(dnnl_forward_training);
  CONSTANT(dnnl_forward_inference);
  CONSTANT(dnnl_convolution_direct);
  CONSTANT(dnnl_resampling_nearest);
  CONSTANT(dnnl_pooling_avg_exclude_padding);
  CONSTANT(dnnl_eltwise_relu);
  CONSTANT(dnnl_eltwise_tanh);
  CONSTANT(dnnl_eltwise_linear);
  CONSTANT(dnnl_eltwise_gelu_tanh);
  CONSTANT(dnnl_eltwise_swish);
  CONSTANT(dnnl_eltwise_gelu_erf);
  CONSTANT(dnnl_binary_add);
  CONSTANT(dnnl_binary_mul);
  CONSTANT(DNNL_ARG_SRC);
  CONSTANT(DNNL_ARG_SRC_1);
  CONSTANT(DNNL_ARG_DST);
  CONSTANT(DNNL_ARG_WEIGHTS);
  CONSTANT(DNNL_ARG_BIAS);
  CONSTANT(DNNL_ARG_DIFF_SRC);
  CONSTANT(DNNL_ARG_DIFF_DST);
  CONSTANT(DNNL_ARG_DIFF_WEIGHTS);
  CONSTANT(DNNL_ARG_DIFF_BIAS);
  CONSTANT(DNNL_ARG_SCRATCHPAD);
  CONSTANT(DNNL_ARG_MULTIPLE_SRC);
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

}  // namespace

int main() {
  print_dnnl();
  print_langevin();
  print_training();
  print_half();
  print_int8();
  print_winograd();
  print_cuda();
  print_driver();
  return ferror(stdout) != 0 || fflush(stdout) != 0;
}
