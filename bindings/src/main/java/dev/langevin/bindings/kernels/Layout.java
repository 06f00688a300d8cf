package dev.langevin.bindings.kernels;

import dev.langevin.bindings.abi.Struct;

/** The structs of langevin_cuda.h, field by field in the header's order. */
enum Layout {
  GROUP_NORM("lgc_group_norm_args", "p src src1 add gamma beta scale shift dst sums",
      "l n spatial channels src_channels groups chunks add_stride scale_stride shift_stride silu src_type row_type"
          + " dst_type",
      "d eps"),
  ROW_NORM("lgc_row_norm_args", "p src add gamma beta scale shift sum dst",
      "l rows channels spatial scale_stride shift_stride rms silu src_type row_type dst_type", "d eps"),
  POINTWISE("lgc_pointwise_args", "p src dst operand[4]",
      "l n spatial channels src_type dst_type post[4] operand_type[4] sample_stride[4] pixel_stride[4]", "d value[4]"),
  GATE("lgc_gate_args", "p src dst", "l rows channels gate_first post src_type dst_type", "d value"),
  COPY("lgc_copy_args", "p src dst",
      "l extent[6] dst_stride[6] src_extent[6] src_stride[6] offset[6] src_type dst_type"),
  TRANSPOSE("lgc_transpose_args", "p src dst", "l batch rows columns src_type dst_type"),
  RESAMPLE("lgc_resample_args", "p src dst",
      "l n height width channels dst_height dst_width bilinear align_corners window src_type dst_type"),
  EMBEDDING("lgc_embedding_args", "p indices table positions dst bad",
      "l count length entries channels table_type dst_type"),
  TIME_EMBEDDING("lgc_time_embedding_args", "p timesteps frequencies dst", "l n dim flip_sin_to_cos dst_type"),
  ROPE("lgc_rope_args", "p src dst cosines sines",
      "l n length heads head_size rotated interleaved src_row_stride src_batch_stride dst_row_stride dst_batch_stride"
          + " src_type dst_type"),
  NEAREST_ROW("lgc_nearest_row_args", "p src table dst", "l rows entries channels src_type dst_type"),
  QUANTIZE("lgc_quantize_args", "p src dst scale", "l rows channels scale_stride given src_type dst_type"),
  CONVOLUTION("lgc_convolution_args", "p src weights bias src_scale weight_scale dst operand[4]",
      "l n height width input_channels output_channels dst_height dst_width kernel_height kernel_width stride pad_top"
          + " pad_left src_row_stride weight_stride[4] src_scale_stride src_type weight_type dst_type post[4]"
          + " operand_type[4] sample_stride[4] pixel_stride[4]",
      "d value[4]"),
  ATTENTION("lgc_attention_args", "p q k v bias dst",
      "l n heads head_size query_length key_length q_row_stride q_batch_stride k_row_stride k_batch_stride"
          + " v_row_stride v_batch_stride dst_row_stride dst_batch_stride bias_batch_stride bias_head_stride"
          + " bias_query_stride bias_key_stride causal type",
      "d scale"),
  TRANSITION_STEP("lgc_transition_step", "l update_count prediction variance shows",
      "d guidance sample_coefficient model_coefficient clip_range threshold_ratio threshold_maximum min_log max_log"
          + " next_input_scale",
      "l target[32] first_term[32] term_count[32] source[256]", "d coefficient[256]"),
  TRANSITION("lgc_transition_args",
      "p registers[16] output output_conditional next_input[2] steps step not_finite",
      "l n elements output_stride output_type input_type"),
  AXPBY("lgc_axpby_args", "p x y target", "l elements", "d a b"),
  KEEP("lgc_keep_args", "p picture drawn mask x", "l elements period", "d signal noise"),
  RESCALE("lgc_rescale_args", "p answers", "l samples elements type", "d guidance amount"),
  GAUSSIAN_SAMPLE("lgc_gaussian_sample_args", "p moments noise dst", "l rows channels moments_type dst_type");

  final Struct struct;

  Layout(String name, String... runs) {
    struct = new Struct(name, runs);
  }
}
