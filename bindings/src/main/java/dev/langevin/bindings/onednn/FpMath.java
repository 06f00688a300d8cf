package dev.langevin.bindings.onednn;

/** What f32 arithmetic may be rounded to inside a primitive, where that is faster. */
public enum FpMath {
  /** Nothing: f32 it is. */
  STRICT(Constant.FPMATH_STRICT),
  BF16(Constant.FPMATH_BF16),
  F16(Constant.FPMATH_F16),
  TF32(Constant.FPMATH_TF32),
  ANY(Constant.FPMATH_ANY);

  final int value;

  FpMath(Constant constant) {
    this.value = constant.value;
  }
}
