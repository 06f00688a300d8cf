package dev.langevin.bindings.onednn;

import dev.langevin.bindings.NativeException;

/** What an element is. */
public enum DataType {
  F32(Constant.F32, 4),
  BF16(Constant.BF16, 2),
  /** Scratchpads are of bytes. */
  U8(Constant.U8, 1);

  final int value;
  private final int bytes;

  DataType(Constant constant, int bytes) {
    this.value = constant.value;
    this.bytes = bytes;
  }

  static DataType of(int value) {
    for (DataType type : values()) {
      if (type.value == value) {
        return type;
      }
    }
    throw new NativeException("oneDNN's data type " + value + " is not bound");
  }

  /** Bytes of an element. */
  public int bytes() {
    return bytes;
  }
}
