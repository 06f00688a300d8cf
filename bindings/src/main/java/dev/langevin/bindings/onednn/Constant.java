package dev.langevin.bindings.onednn;

/** The constants of oneDNN's headers that Java uses. */
enum Constant {
  CPU("dnnl_cpu", 1),
  STREAM_DEFAULT("dnnl_stream_default_flags", 1),
  MAX_DIMS("DNNL_MAX_NDIMS", 12),

  BF16("dnnl_bf16", 2),
  F32("dnnl_f32", 3),
  U8("dnnl_u8", 6),
  FORMAT_TAG_ANY("dnnl_format_tag_any", 1),
  FORMAT_BLOCKED("dnnl_blocked", 2),

  QUERY_IMPL_INFO("dnnl_query_impl_info_str", 8),
  QUERY_STRIDES("dnnl_query_strides", 14),
  QUERY_WEIGHTS("dnnl_query_weights_md", 131),
  QUERY_DIFF_WEIGHTS("dnnl_query_diff_weights_md", 132),
  QUERY_SCRATCHPAD("dnnl_query_scratchpad_md", 136),
  QUERY_NDIMS("dnnl_query_ndims_s32", 256),
  QUERY_DIMS("dnnl_query_dims", 257),
  QUERY_DATA_TYPE("dnnl_query_data_type", 258),
  QUERY_FORMAT_KIND("dnnl_query_format_kind", 262),
  QUERY_INNER_NBLKS("dnnl_query_inner_nblks_s32", 263),
  QUERY_INNER_BLKS("dnnl_query_inner_blks", 264),
  QUERY_INNER_IDXS("dnnl_query_inner_idxs", 265),

  SCRATCHPAD_USER("dnnl_scratchpad_mode_user", 1),

  FORWARD_TRAINING("dnnl_forward_training", 64),
  FORWARD_INFERENCE("dnnl_forward_inference", 96),
  CONVOLUTION_DIRECT("dnnl_convolution_direct", 1),
  RESAMPLING_NEAREST("dnnl_resampling_nearest", 0x2fff0),
  POOLING_AVG_EXCLUDE_PADDING("dnnl_pooling_avg_exclude_padding", 0x3ff),

  ELTWISE_RELU("dnnl_eltwise_relu", 32),
  ELTWISE_TANH("dnnl_eltwise_tanh", 33),
  ELTWISE_LINEAR("dnnl_eltwise_linear", 38),
  ELTWISE_GELU_TANH("dnnl_eltwise_gelu_tanh", 43),
  ELTWISE_SWISH("dnnl_eltwise_swish", 44),
  ELTWISE_GELU_ERF("dnnl_eltwise_gelu_erf", 49),
  BINARY_ADD("dnnl_binary_add", 0x1fff0),
  BINARY_MUL("dnnl_binary_mul", 0x1fff1),

  ARG_SRC("DNNL_ARG_SRC", Primitive.SRC),
  ARG_SRC_1("DNNL_ARG_SRC_1", Primitive.SRC_1),
  ARG_DST("DNNL_ARG_DST", Primitive.DST),
  ARG_WEIGHTS("DNNL_ARG_WEIGHTS", Primitive.WEIGHTS),
  ARG_BIAS("DNNL_ARG_BIAS", Primitive.BIAS),
  ARG_DIFF_SRC("DNNL_ARG_DIFF_SRC", Primitive.DIFF_SRC),
  ARG_DIFF_DST("DNNL_ARG_DIFF_DST", Primitive.DIFF_DST),
  ARG_DIFF_WEIGHTS("DNNL_ARG_DIFF_WEIGHTS", Primitive.DIFF_WEIGHTS),
  ARG_DIFF_BIAS("DNNL_ARG_DIFF_BIAS", Primitive.DIFF_BIAS),
  ARG_SCRATCHPAD("DNNL_ARG_SCRATCHPAD", 80),
  ARG_MULTIPLE_SRC("DNNL_ARG_MULTIPLE_SRC", Primitive.MULTIPLE_SRC),
  ARG_POST_OP_BASE("DNNL_ARG_ATTR_MULTIPLE_POST_OP_BASE", 32768);

  final String symbol;
  final int value;

  Constant(String symbol, int value) {
    this.symbol = symbol;
    this.value = value;
  }
}
