package dev.langevin.bindings.shim;

/**
 * The kernels of the shim. What they compute, and what the fields of their arguments mean, stands in {@code langevin.h}
 * and the headers that it includes.
 */
public enum Kernel {
  GROUP_NORM(Function.GROUP_NORM, Function.GROUP_NORM_SCRATCH_BYTES, Layout.GROUP_NORM),
  LAYER_NORM(Function.LAYER_NORM, null, Layout.LAYER_NORM),
  ATTENTION(Function.ATTENTION, Function.ATTENTION_SCRATCH_BYTES, Layout.ATTENTION),
  TIME_EMBEDDING(Function.TIME_EMBEDDING, null, Layout.TIME_EMBEDDING),
  TRANSITION(Function.TRANSITION, null, Layout.TRANSITION),
  COPY_2D(Function.COPY_2D, null, Layout.COPY_2D),
  STREAM_COPY(Function.STREAM_COPY, null, Layout.STREAM_COPY),
  SUM_ROWS(Function.SUM_ROWS, Function.SUM_ROWS_SCRATCH_BYTES, Layout.SUM_ROWS),
  SUM_SQUARES(Function.SUM_SQUARES, Function.SUM_SQUARES_SCRATCH_BYTES, Layout.SUM_SQUARES),
  ADAMW(Function.ADAMW, null, Layout.ADAMW),
  GROUP_NORM_BACKWARD(Function.GROUP_NORM_BACKWARD, Function.GROUP_NORM_BACKWARD_SCRATCH_BYTES,
      Layout.GROUP_NORM_BACKWARD),
  LAYER_NORM_BACKWARD(Function.LAYER_NORM_BACKWARD, Function.LAYER_NORM_BACKWARD_SCRATCH_BYTES,
      Layout.LAYER_NORM_BACKWARD),
  ATTENTION_BACKWARD(Function.ATTENTION_BACKWARD, Function.ATTENTION_BACKWARD_SCRATCH_BYTES,
      Layout.ATTENTION_BACKWARD),
  WINOGRAD_WEIGHTS(Function.WINOGRAD_WEIGHTS, null, Layout.WINOGRAD_WEIGHTS, Function.WINOGRAD_WEIGHTS_BYTES),
  WINOGRAD(Function.WINOGRAD, Function.WINOGRAD_SCRATCH_BYTES, Layout.WINOGRAD),
  WINOGRAD_GRADIENT(Function.WINOGRAD_GRADIENT, Function.WINOGRAD_GRADIENT_SCRATCH_BYTES, Layout.WINOGRAD_GRADIENT),
  HALF_PACK(Function.HALF_PACK, null, Layout.HALF_PACK),
  HALF_CONV(Function.HALF_CONV, Function.HALF_CONV_SCRATCH_BYTES, Layout.HALF_CONV),
  INT8_WEIGHTS(Function.INT8_WEIGHTS, null, Layout.INT8_WEIGHTS, Function.INT8_WEIGHTS_BYTES),
  INT8(Function.INT8, Function.INT8_SCRATCH_BYTES, Layout.INT8),
  INT8_ATTENTION(Function.INT8_ATTENTION, Function.INT8_ATTENTION_SCRATCH_BYTES, Layout.ATTENTION);

  final Function function;
  final Function scratchBytes;
  final Layout args;
  final Function resultBytes;

  Kernel(Function function, Function scratchBytes, Layout args) {
    this(function, scratchBytes, args, null);
  }

  Kernel(Function function, Function scratchBytes, Layout args, Function resultBytes) {
    this.function = function;
    this.scratchBytes = scratchBytes;
    this.args = args;
    this.resultBytes = resultBytes;
  }
}
