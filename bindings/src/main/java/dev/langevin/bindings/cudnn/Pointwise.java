package dev.langevin.bindings.cudnn;

/** What is done to each element by itself. */
public enum Pointwise {
  ADD(Constant.POINTWISE_ADD),
  MULTIPLY(Constant.POINTWISE_MUL),
  /** x times its sigmoid. */
  SILU(Constant.POINTWISE_SWISH_FWD),
  /** By the error function. */
  GELU(Constant.POINTWISE_GELU_FWD),
  GELU_TANH(Constant.POINTWISE_GELU_APPROX_TANH_FWD);

  final Constant constant;

  Pointwise(Constant constant) {
    this.constant = constant;
  }
}
