package dev.langevin.bindings.cublaslt;

/** What a matrix's elements are. */
public enum MatrixType {
  F32(Constant.R_32F),
  F16(Constant.R_16F),
  BF16(Constant.R_16BF);

  final Constant constant;

  MatrixType(Constant constant) {
    this.constant = constant;
  }
}
