package dev.langevin.bindings.cudnn;

/** What a tensor's elements are. */
public enum DataType {
  F32(Constant.DATA_FLOAT, 4),
  F16(Constant.DATA_HALF, 2),
  BF16(Constant.DATA_BFLOAT16, 2),
  S8(Constant.DATA_INT8, 1),
  S32(Constant.DATA_INT32, 4),
  F8_E4M3(Constant.DATA_FP8_E4M3, 1),
  F8_E5M2(Constant.DATA_FP8_E5M2, 1);

  final Constant constant;
  private final int bytes;

  DataType(Constant constant, int bytes) {
    this.constant = constant;
    this.bytes = bytes;
  }

  /** Of an element. */
  public int bytes() {
    return bytes;
  }
}
