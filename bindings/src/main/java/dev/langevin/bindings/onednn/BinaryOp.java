package dev.langevin.bindings.onednn;

/** Algorithms over two arrays. */
public enum BinaryOp {
  ADD(Constant.BINARY_ADD),
  SUBTRACT(Constant.BINARY_SUB),
  MULTIPLY(Constant.BINARY_MUL),
  DIVIDE(Constant.BINARY_DIV),
  MAX(Constant.BINARY_MAX),
  MIN(Constant.BINARY_MIN);

  final int value;

  BinaryOp(Constant constant) {
    this.value = constant.value;
  }
}
