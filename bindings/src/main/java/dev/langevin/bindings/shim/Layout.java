package dev.langevin.bindings.shim;

import dev.langevin.bindings.abi.Struct;

/** The structs of langevin.h and of the headers that it includes, field by field in the headers' order. */
enum Layout {
  GROUP_NORM("lgv_group_norm_args", "p src add gamma beta scale shift dst scratch",
      "l scratch_bytes n spatial channels groups add_stride scale_stride shift_stride silu", "d eps"),
  LAYER_NORM("lgv_layer_norm_args", "p src gamma beta dst", "l rows channels", "d eps"),
  ATTENTION("lgv_attention_args", "p q k v bias dst scratch",
      "l scratch_bytes n heads head_size query_length key_length q_row_stride q_batch_stride k_row_stride"
          + " k_batch_stride"
          + " v_row_stride v_batch_stride dst_row_stride dst_batch_stride bias_batch_stride bias_head_stride"
          + " bias_query_stride bias_key_stride causal",
      "d scale"),
  TIME_EMBEDDING("lgv_time_embedding_args", "p timesteps frequencies dst", "l n dim flip_sin_to_cos"),
  TERM("lgv_term", "l source", "d coefficient"),
  UPDATE("lgv_update", "l target first_term term_count"),
  TRANSITION("lgv_transition_args", "p registers[16] output output_conditional next_input[2] terms updates not_finite",
      "l n elements output_stride update_count term_count prediction variance",
      "d guidance sample_coefficient model_coefficient clip_range threshold_ratio threshold_maximum min_log max_log"
          + " next_input_scale"),
  COPY_2D("lgv_copy_2d_args", "p src dst", "l rows row_bytes src_stride_bytes dst_stride_bytes"),
  STREAM_COPY("lgv_stream_copy_args", "p src dst", "l bytes"),
  SUM_ROWS("lgv_sum_rows_args", "p src dst scratch", "l scratch_bytes outer rows cols"),
  SUM_SQUARES("lgv_sum_squares_args", "p src dst scratch", "l scratch_bytes count"),
  ADAMW("lgv_adamw_args", "p param grad moment1 moment2 average", "l count",
      "d learning_rate beta1 beta2 epsilon weight_decay bias_correction1 bias_correction2 grad_scale average_decay"),
  GROUP_NORM_BACKWARD("lgv_group_norm_backward_args",
      "p src add gamma beta scale shift dy dst dgamma dbeta dadd dscale dshift scratch",
      "l scratch_bytes n spatial channels groups add_stride scale_stride shift_stride dadd_stride dscale_stride"
          + " dshift_stride silu",
      "d eps"),
  LAYER_NORM_BACKWARD("lgv_layer_norm_backward_args", "p src gamma dy dst dgamma dbeta scratch",
      "l scratch_bytes rows channels",
      "d eps"),
  ATTENTION_BACKWARD("lgv_attention_backward_args", "p q k v bias y dy dq dk dv scratch",
      "l scratch_bytes n heads head_size query_length key_length q_row_stride q_batch_stride k_row_stride"
          + " k_batch_stride v_row_stride v_batch_stride bias_batch_stride bias_head_stride bias_query_stride"
          + " bias_key_stride causal",
      "d scale"),
  WINOGRAD_WEIGHTS("lgv_winograd_weights_args", "p src dst", "l output_channels input_channels tile transposed"),
  WINOGRAD("lgv_winograd_args", "p src weights bias residual dst scratch",
      "l scratch_bytes n height width input_channels output_channels tile pad_top pad_left pad_bottom pad_right silu"
          + " halves transposed",
      "d scale"),
  WINOGRAD_GRADIENT("lgv_winograd_gradient_args", "p src dy dst scratch",
      "l scratch_bytes n height width input_channels output_channels tile pad_top pad_left pad_bottom pad_right"),
  HALF_PACK("lgv_half_pack_args", "p src dst", "l output_channels input_channels taps bf16"),
  HALF_CONV("lgv_half_conv_args", "p src weights bias residual dst scratch",
      "l scratch_bytes n height width input_channels output_channels kernel_height kernel_width stride pad_top pad_left"
          + " pad_bottom pad_right bf16 gradient"),
  INT8_WEIGHTS("lgv_int8_weights_args", "p src dst", "l output_channels input_channels kernel"),
  INT8("lgv_int8_args", "p src weights bias operand[4] dst scratch",
      "l scratch_bytes n height width input_channels output_channels kernel stride pad_top pad_left pad_bottom"
          + " pad_right post[4]",
      "d value[4]");

  final Struct struct;

  Layout(String name, String... runs) {
    struct = new Struct(name, runs);
  }
}
