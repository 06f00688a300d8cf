package dev.langevin.cuda;

import dev.langevin.backend.Precision;
import dev.langevin.bindings.cudnn.DataType;
import dev.langevin.graph.Node;
import java.util.List;

/** What a library's engine multiplies; sums are in f32, of bytes in integers. */
enum Arithmetic {
  /** 24 bits of significand, on no tensor core. */
  F32(DataType.F32, 24),
  /** Numbers of f32 whose products see the first 11 bits of their significands. */
  TF32(DataType.F32, 11),
  F16(DataType.F16, 11),
  BF16(DataType.BF16, 8),
  /**
   * Bytes with scales, whose sums are integers. It is compared with products of the same bytes: what differs is the
   * rounding of what is added and of the result, which are of f16.
   */
  S8(DataType.S8, 11),
  /** Four bits of significand with scales (E4M3). Planned alone: no precision has it yet. */
  F8(DataType.F8_E4M3, 4);

  /** Sums in another order differ by more than their terms' rounding, though never so much. */
  private static final double EXACT_BOUND = 0x1p-14;

  final DataType values;
  private final int significand;

  Arithmetic(DataType values, int significand) {
    this.values = values;
    this.significand = significand;
  }

  /** Type of a product's sums. */
  DataType sums() {
    return this == S8 ? DataType.S32 : DataType.F32;
  }

  /** Whether sums are to be multiplied with the factors' scales. */
  boolean scaled() {
    return this == S8 || this == F8;
  }

  /** Those of a layer of the backend, the one to be tried first in front. */
  static List<Arithmetic> of(Node node, Precision precision) {
    return switch (precision) {
      case F32 -> List.of(F32);
      case TF32 -> List.of(TF32);
      case F16 -> List.of(F16);
      case BF16 -> List.of(BF16);
      case INT8 -> ByteInput.of(node) == null ? List.of(F16) : List.of(S8, F16);
    };
  }

  /**
   * Most root mean square difference from exact products, relative to that of the result. Rounding a factor changes it
   * by half an ulp at most, 2^-significand of it, and by less than half of that in the mean; four times the most leaves
   * room for both factors, for truncation in place of rounding, and for the softmax between attention's two products.
   * Sums that are kept in 16 bits exceed it.
   */
  double bound() {
    return this == F32 ? EXACT_BOUND : Math.scalb(4.0, -significand);
  }
}
