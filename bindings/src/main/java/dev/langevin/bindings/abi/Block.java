package dev.langevin.bindings.abi;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.StringJoiner;

/** Structs in native memory, one behind the other, all zero at first; fields are named as in the header. */
public final class Block {

  private final Struct struct;
  private final MemorySegment memory;
  private final long address;
  private final NativeMemory used = new NativeMemory();

  /** {@code count} of them, which live as long as the arena. */
  public Block(Arena arena, Struct struct, long count) {
    this.struct = struct;
    this.memory = arena.allocate(struct.bytes() * count, 8);
    this.address = memory.address();
    used.put(-1, memory);
  }

  /** Where the first struct lies. Checks that it and what it points to are not closed; allocates nothing. */
  public long address() {
    used.checkOpen();
    return address;
  }

  /** All of them. */
  public MemorySegment memory() {
    return memory;
  }

  /** Sets a pointer of the first struct, null for none, and keeps what it points to reachable. */
  public void pointer(String field, int element, MemorySegment value) {
    if (value != null && !value.isNative()) {
      throw new IllegalArgumentException(
          struct.name() + "." + field + " must be native memory, not " + value + "; allocate it from an Arena");
    }
    long offset = offset(0, field, element, Scalar.POINTER);
    memory.set(ValueLayout.JAVA_LONG, offset, value == null ? 0 : value.address());
    used.put(offset, value);
  }

  /** Sets a number of struct {@code index}. */
  public void integer(long index, String field, long value) {
    integer(index, field, 0, value);
  }

  /** Likewise entry {@code element} of an array. */
  public void integer(long index, String field, int element, long value) {
    memory.set(ValueLayout.JAVA_LONG, offset(index, field, element, Scalar.LONG), value);
  }

  /** A number of struct {@code index}. */
  public long get(long index, String field) {
    return get(index, field, 0);
  }

  /** Likewise entry {@code element} of an array. */
  public long get(long index, String field, int element) {
    return memory.get(ValueLayout.JAVA_LONG, offset(index, field, element, Scalar.LONG));
  }

  /** Sets a number of struct {@code index}. */
  public void real(long index, String field, double value) {
    real(index, field, 0, value);
  }

  /** Likewise entry {@code element} of an array. */
  public void real(long index, String field, int element, double value) {
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
