package dev.langevin.bindings.onednn;

/** Algorithms over two arrays. */
public enum BinaryOp {
  ADD(Constant.BINARY_ADD),
  MULTIPLY(Constant.BINARY_MUL);

  final int value;

  BinaryOp(Constant constant) {
    this.value = constant.value;
  }
}
