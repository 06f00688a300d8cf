package dev.langevin.bindings.kernels;

/**
 * The kernels. What they compute, what the fields of their arguments mean and what their unit of work is stands in
 * {@code langevin_cuda.h}.
 */
public enum Kernel {
  GROUP_NORM_SUMS("lgc_group_norm_sums", Layout.GROUP_NORM, Constant.GROUP_NORM_THREADS),
  GROUP_NORM("lgc_group_norm", Layout.GROUP_NORM, Constant.GROUP_NORM_THREADS),
  ROW_NORM("lgc_row_norm", Layout.ROW_NORM, Constant.ROW_NORM_THREADS),
  POINTWISE("lgc_pointwise", Layout.POINTWISE, Constant.POINTWISE_THREADS),
  GATE("lgc_gate", Layout.GATE, Constant.POINTWISE_THREADS),
  COPY("lgc_copy", Layout.COPY, Constant.POINTWISE_THREADS),
  TRANSPOSE("lgc_transpose", Layout.TRANSPOSE, Constant.TRANSPOSE_THREADS),
  RESAMPLE("lgc_resample", Layout.RESAMPLE, Constant.POINTWISE_THREADS),
  AVERAGE_POOL("lgc_average_pool", Layout.RESAMPLE, Constant.POINTWISE_THREADS),
  EMBEDDING("lgc_embedding", Layout.EMBEDDING, Constant.POINTWISE_THREADS),
  TIME_EMBEDDING("lgc_time_embedding", Layout.TIME_EMBEDDING, Constant.POINTWISE_THREADS),
  ROPE("lgc_rope", Layout.ROPE, Constant.POINTWISE_THREADS),
  NEAREST_ROW("lgc_nearest_row", Layout.NEAREST_ROW, Constant.ROW_NORM_THREADS),
  QUANTIZE("lgc_quantize", Layout.QUANTIZE, Constant.QUANTIZE_THREADS),
  CONVOLUTION("lgc_convolution", Layout.CONVOLUTION, Constant.CONVOLUTION_THREADS),
  ATTENTION("lgc_attention", Layout.ATTENTION, Constant.ATTENTION_THREADS),
  FLASH_ATTENTION_F16("lgc_flash_attention_f16", Layout.ATTENTION, Constant.FLASH_THREADS),
  FLASH_ATTENTION_BF16("lgc_flash_attention_bf16", Layout.ATTENTION, Constant.FLASH_THREADS),
  THRESHOLD("lgc_threshold", Layout.TRANSITION, Constant.THRESHOLD_THREADS),
  TRANSITION("lgc_transition", Layout.TRANSITION, Constant.POINTWISE_THREADS),
  AXPBY("lgc_axpby", Layout.AXPBY, Constant.POINTWISE_THREADS),
  KEEP("lgc_keep", Layout.KEEP, Constant.POINTWISE_THREADS),
  RESCALE("lgc_rescale", Layout.RESCALE, Constant.RESCALE_THREADS),
  GAUSSIAN_SAMPLE("lgc_gaussian_sample", Layout.GAUSSIAN_SAMPLE, Constant.POINTWISE_THREADS);

  /** Its name in a module. */
  public final String symbol;

  final Layout args;
  final int threads;

  Kernel(String symbol, Layout args, Constant threads) {
    this.symbol = symbol;
    this.args = args;
    this.threads = threads.value;
  }
}
