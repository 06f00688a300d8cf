package dev.langevin.bindings.cublaslt;

import dev.langevin.bindings.LiveHandles.Kind;
import dev.langevin.bindings.NativeHandle;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;

/** A description that cuBLASLt holds on the host: of a product, a matrix or what is asked of the heuristics. */
final class Descriptor extends NativeHandle {

  private final Function set; // null where nothing is set
  private final Function destroy;

  private Descriptor(long address, Function set, Function destroy) {
    super(address, Kind.CUBLASLT_DESCRIPTOR);
    this.set = set;
    this.destroy = destroy;
  }

  static Descriptor matmul(Constant compute, Constant scale) {
    return new Descriptor(
        Function.MATMUL_DESC_CREATE.create(compute.symbol + ", " + scale.symbol, compute.value, scale.value),
        Function.MATMUL_DESC_SET, Function.MATMUL_DESC_DESTROY);
  }

  /** A matrix without gaps whose columns lie one behind the other. */
  static Descriptor matrix(MatrixType type, long rows, long columns) {
    return new Descriptor(Function.MATRIX_LAYOUT_CREATE.create(type + ", " + rows + ", " + columns,
        type.constant.value, rows, columns, rows), null, Function.MATRIX_LAYOUT_DESTROY);
  }

  static Descriptor preference() {
    return new Descriptor(Function.PREFERENCE_CREATE.create(""), Function.PREFERENCE_SET, Function.PREFERENCE_DESTROY);
  }

  /** Sets an attribute of 4 bytes. */
  Descriptor set(Constant attribute, int value) {
    try (Arena arena = Arena.ofConfined()) {
      set.call(attribute.symbol + ", " + value, address(), attribute.value,
          arena.allocateFrom(ValueLayout.JAVA_INT, value).address(), (long) Integer.BYTES);
    }
    return this;
  }

  /** Sets an attribute of 8 bytes. */
  Descriptor set(Constant attribute, long value) {
    try (Arena arena = Arena.ofConfined()) {
      set.call(attribute.symbol, address(), attribute.value,
          arena.allocateFrom(ValueLayout.JAVA_LONG, value).address(), (long) Long.BYTES);
    }
    return this;
  }

  @Override
  protected void destroy(long open) {
    destroy.call("", open);
  }
}
