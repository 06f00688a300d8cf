package dev.langevin.bindings.shim;

import dev.langevin.bindings.abi.NativeMemory;
import dev.langevin.bindings.abi.Scalar;
import dev.langevin.bindings.abi.Struct;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.StringJoiner;

/** Structs in native memory, one behind the other, all zero at first; fields are named as in the header. */
final class Block {

  private final Struct struct;
  private final MemorySegment memory;
  private final long address;
  private final NativeMemory used = new NativeMemory();

  Block(Arena arena, Layout layout, long count) {
    this.struct = layout.struct;
    this.memory = arena.allocate(struct.bytes() * count, 8);
    this.address = memory.address();
    used.put(-1, memory);
  }

  /** Where the first struct lies. Checks that it and what it points to are not closed; allocates nothing. */
  long address() {
    used.checkOpen();
    return address;
  }

  MemorySegment memory() {
    return memory;
  }

  /** Sets a pointer of the first struct, null for none, and keeps what it points to reachable. */
  void pointer(String field, int element, MemorySegment value) {
    if (value != null && !value.isNative()) {
      throw new IllegalArgumentException(
          struct.name() + "." + field + " must be native memory, not " + value + "; allocate it from an Arena");
    }
    long offset = offset(0, field, element, Scalar.POINTER);
    memory.set(ValueLayout.JAVA_LONG, offset, value == null ? 0 : value.address());
    used.put(offset, value);
  }

  void integer(long index, String field, long value) {
    integer(index, field, 0, value);
  }

  void integer(long index, String field, int element, long value) {
    memory.set(ValueLayout.JAVA_LONG, offset(index, field, element, Scalar.LONG), value);
  }

  long integer(long index, String field) {
    return memory.get(ValueLayout.JAVA_LONG, offset(index, field, 0, Scalar.LONG));
  }

  void real(long index, String field, double value) {
    real(index, field, 0, value);
  }

  void real(long index, String field, int element, double value) {
    memory.set(ValueLayout.JAVA_DOUBLE, offset(index, field, element, Scalar.DOUBLE), value);
  }

  private long offset(long index, String name, int element, Scalar type) {
    Struct.Field field = struct.field(name);
    if (field.type() != type) {
      throw new IllegalArgumentException(struct.name() + "." + name + " is a " + field.type() + ", not a " + type);
    }
    if (element < 0 || element >= field.count()) {
      throw new IndexOutOfBoundsException(
          struct.name() + "." + name + " has elements 0 to " + (field.count() - 1) + ", not " + element);
    }
    return index * struct.bytes() + field.offset() + 8L * element;
  }

  /** Every field of the first struct with its value; pointers in hexadecimal. */
  @Override
  public String toString() {
    StringJoiner text = new StringJoiner(", ");
    for (Struct.Field field : struct.fields()) {
      for (int i = 0; i < field.count(); i++) {
        long bits = memory.get(ValueLayout.JAVA_LONG, field.offset() + 8L * i);
        String value = switch (field.type()) {
          case POINTER -> bits == 0 ? "null" : "set"; // an address tells a reader nothing
          case DOUBLE -> Double.toString(Double.longBitsToDouble(bits));
          default -> Long.toString(bits);
        };
        text.add((field.count() == 1 ? field.name() : field.name() + "[" + i + "]") + "=" + value);
      }
    }
    return text.toString();
  }
}
