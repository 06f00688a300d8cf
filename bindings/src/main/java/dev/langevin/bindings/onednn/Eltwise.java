package dev.langevin.bindings.onednn;

/** Elementwise algorithms; alpha and beta are without effect where they are not named. */
public enum Eltwise {
  RELU(Constant.ELTWISE_RELU),
  TANH(Constant.ELTWISE_TANH),
  /** alpha * x + beta. */
  LINEAR(Constant.ELTWISE_LINEAR),
  GELU_TANH(Constant.ELTWISE_GELU_TANH),
  /** x * sigmoid(alpha * x). */
  SWISH(Constant.ELTWISE_SWISH),
  GELU_ERF(Constant.ELTWISE_GELU_ERF);

  final int value;

  Eltwise(Constant constant) {
    this.value = constant.value;
  }
}
