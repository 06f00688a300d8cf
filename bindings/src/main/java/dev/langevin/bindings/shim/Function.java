package dev.langevin.bindings.shim;

import dev.langevin.bindings.NativeLibraries;
import dev.langevin.bindings.abi.NativeFunction;

/**
 * The functions of langevin.h and of the headers that it includes, with their signatures as {@link NativeFunction}
 * reads them.
 */
enum Function {
  STATUS_TEXT("lgv_status_text", "p=i"),
  VERSION("lgv_version", "i="),
  CPU_FEATURES("lgv_cpu_features", "l="),
  ISA_NAME("lgv_isa_name", "p="),
  SET_NUM_THREADS("lgv_set_num_threads", "i=i"),
  NUM_THREADS("lgv_num_threads", "i="),
  END_THREADS("lgv_end_threads", "i="),
  ALLOCATE("lgv_allocate", "p=l"),
  FREE("lgv_free", "i=pl"),
  GUARD("lgv_guard", "i=pl"),
  GUARD_BROKEN("lgv_guard_broken", "i=i"),
  UNGUARD("lgv_unguard", "i=i"),
  GROUP_NORM_SCRATCH_BYTES("lgv_group_norm_scratch_bytes", "l=p"),
  GROUP_NORM("lgv_group_norm", "i=p"),
  LAYER_NORM("lgv_layer_norm", "i=p"),
  ATTENTION_SCRATCH_BYTES("lgv_attention_scratch_bytes", "l=p"),
  ATTENTION("lgv_attention", "i=p"),
  TIME_EMBEDDING("lgv_time_embedding", "i=p"),
  TRANSITION("lgv_transition", "i=p"),
  COPY_2D("lgv_copy_2d", "i=p"),
  STREAM_COPY("lgv_stream_copy", "i=p"),
  SUM_ROWS_SCRATCH_BYTES("lgv_sum_rows_scratch_bytes", "l=p"),
  SUM_ROWS("lgv_sum_rows", "i=p"),
  SUM_SQUARES_SCRATCH_BYTES("lgv_sum_squares_scratch_bytes", "l=p"),
  SUM_SQUARES("lgv_sum_squares", "i=p"),
  ADAMW("lgv_adamw", "i=p"),
  GROUP_NORM_BACKWARD_SCRATCH_BYTES("lgv_group_norm_backward_scratch_bytes", "l=p"),
  GROUP_NORM_BACKWARD("lgv_group_norm_backward", "i=p"),
  LAYER_NORM_BACKWARD_SCRATCH_BYTES("lgv_layer_norm_backward_scratch_bytes", "l=p"),
  LAYER_NORM_BACKWARD("lgv_layer_norm_backward", "i=p"),
  ATTENTION_BACKWARD_SCRATCH_BYTES("lgv_attention_backward_scratch_bytes", "l=p"),
  ATTENTION_BACKWARD("lgv_attention_backward", "i=p"),
  WINOGRAD_WEIGHTS_BYTES("lgv_winograd_weights_bytes", "l=p"),
  WINOGRAD_WEIGHTS("lgv_winograd_weights", "i=p"),
  WINOGRAD_SCRATCH_BYTES("lgv_winograd_scratch_bytes", "l=p"),
  WINOGRAD("lgv_winograd", "i=p"),
  WINOGRAD_GRADIENT_SCRATCH_BYTES("lgv_winograd_gradient_scratch_bytes", "l=p"),
  WINOGRAD_GRADIENT("lgv_winograd_gradient", "i=p"),
  HALF_PACK("lgv_half_pack", "i=p"),
  HALF_CONV_SCRATCH_BYTES("lgv_half_conv_scratch_bytes", "l=p"),
  HALF_CONV("lgv_half_conv", "i=p"),
  INT8_WEIGHTS_BYTES("lgv_int8_weights_bytes", "l=p"),
  INT8_WEIGHTS("lgv_int8_weights", "i=p"),
  INT8_SCRATCH_BYTES("lgv_int8_scratch_bytes", "l=p"),
  INT8("lgv_int8", "i=p"),
  INT8_ATTENTION_SCRATCH_BYTES("lgv_int8_attention_scratch_bytes", "l=p"),
  INT8_ATTENTION("lgv_int8_attention", "i=p");

  private final NativeFunction function;

  Function(String symbol, String signature) {
    function = new NativeFunction(
        symbol, signature, "of this build, version " + Constant.VERSION.value, NativeLibraries::shim);
  }

  NativeFunction function() {
    return function;
  }

  String symbol() {
    return function.symbol();
  }

  Number invoke(Object... arguments) {
    return function.invoke(arguments);
  }
}
