package dev.langevin.bindings.cudnn;

/** What is done to each element by itself. */
public enum Pointwise {
  ADD(Constant.POINTWISE_ADD, 2),
  MULTIPLY(Constant.POINTWISE_MUL, 2),
  /** x times its sigmoid. */
  SILU(Constant.POINTWISE_SWISH_FWD, 1),
  /** x times the sigmoid of 1.702 x. */
  QUICK_GELU(Constant.POINTWISE_SWISH_FWD, 1),
  /** By the error function. */
  GELU(Constant.POINTWISE_GELU_FWD, 1),
  GELU_TANH(Constant.POINTWISE_GELU_APPROX_TANH_FWD, 1),
  RELU(Constant.POINTWISE_RELU_FWD, 1),
  TANH(Constant.POINTWISE_TANH_FWD, 1);

  final Constant constant;
  private final int operands;

  Pointwise(Constant constant, int operands) {
    this.constant = constant;
    this.operands = operands;
  }

  /** How many values it reads. */
  public int operands() {
    return operands;
  }
}
