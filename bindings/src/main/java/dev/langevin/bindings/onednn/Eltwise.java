package dev.langevin.bindings.onednn;

/** Elementwise algorithms, by oneDNN's values. */
public enum Eltwise {
  RELU(32),
  /** alpha * x + beta. */
  LINEAR(38),
  GELU_TANH(43),
  /** x * sigmoid(alpha * x). */
  SWISH(44),
  GELU_ERF(49);

  final int value;

  Eltwise(int value) {
    this.value = value;
  }
}
