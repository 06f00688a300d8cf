package dev.langevin.bindings.onednn;

/** Algorithms over two arrays, by oneDNN's values. */
public enum BinaryOp {
  ADD(0x1fff0),
  MULTIPLY(0x1fff1);

  final int value;

  BinaryOp(int value) {
    this.value = value;
  }
}
