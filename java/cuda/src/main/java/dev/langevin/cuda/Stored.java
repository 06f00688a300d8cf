package dev.langevin.cuda;

import dev.langevin.backend.Precision;
import dev.langevin.bindings.cudnn.DataType;
import dev.langevin.bindings.kernels.Constant;
import dev.langevin.graph.Node;
import dev.langevin.graph.Value;
import dev.langevin.tensor.DType;
import java.util.List;

/** In which type a value lies on the device, as kernels and libraries name it; of a weight, in its plain layout. */
final class Stored {

  private Stored() {}

  /** For a field {@code ..._type} of a kernel's arguments. */
  static Constant constant(Value value) {
    return constant(type(value));
  }

  static Constant constant(DataType type) {
    return switch (type) {
      case F32 -> Constant.F32;
      case F16 -> Constant.F16;
      case BF16 -> Constant.BF16;
      case S8, S32, F8_E4M3, F8_E5M2 -> throw new IllegalArgumentException("no kernel reads values of " + type);
    };
  }

  static DataType type(Value value) {
    return type(value.dtype());
  }

  static DataType type(DType type) {
    return switch (type) {
      case F32 -> DataType.F32;
      case F16 -> DataType.F16;
      case BF16 -> DataType.BF16;
      default -> throw new IllegalArgumentException("no kernel computes with values of " + type);
    };
  }

  /** In which type a precision's values between layers lie, and weights but for those of bytes. */
  static DType between(Precision precision) {
    return switch (precision) {
      case F32, TF32 -> DType.F32;
      case F16, INT8 -> DType.F16;
      case BF16 -> DType.BF16;
    };
  }

  /** Bytes of so many elements. */
  static long bytes(Value value, long elements) {
    return elements * value.dtype().bytes();
  }

  /** A node whose values all lie in f32. */
  static Node wide(Node node) {
    return new Node(node.op(), wide(node.inputs()), wide(node.outputs()));
  }

  private static List<Value> wide(List<Value> values) {
    return values.stream().map(value -> value.dtype().isFloatingPoint() ? value.as(DType.F32) : value).toList();
  }
}
