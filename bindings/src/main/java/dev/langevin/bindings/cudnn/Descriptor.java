package dev.langevin.bindings.cudnn;

import dev.langevin.bindings.LiveHandles.Kind;
import dev.langevin.bindings.NativeHandle;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** An object of the backend interface: made, given its attributes, and finalised before others use it. */
final class Descriptor extends NativeHandle {

  private final Constant type;

  Descriptor(Constant type) {
    super(create(type), Kind.CUDNN_DESCRIPTOR);
    this.type = type;
  }

  private static long create(Constant type) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(ValueLayout.JAVA_LONG);
      Function.CREATE_DESCRIPTOR.call(type.symbol, type.value, out.address());
      return out.get(ValueLayout.JAVA_LONG, 0);
    }
  }

  Descriptor set(Constant attribute, long... values) {
    try (Arena arena = Arena.ofConfined()) {
      return set(attribute, Constant.TYPE_INT64, values.length,
          arena.allocateFrom(ValueLayout.JAVA_LONG, values));
    }
  }

  Descriptor set(Constant attribute, boolean value) {
    return number(attribute, Constant.TYPE_BOOLEAN, value ? 1 : 0);
  }

  Descriptor set(Constant attribute, DataType value) {
    return number(attribute, Constant.TYPE_DATA_TYPE, value.constant.value);
  }

  /** An enumeration's value, whose type is {@code kind}. */
  Descriptor set(Constant attribute, Constant kind, Constant value) {
    return number(attribute, kind, value.value);
  }

  Descriptor real(Constant attribute, float value) {
    return number(attribute, Constant.TYPE_FLOAT, Float.floatToRawIntBits(value));
  }

  /** Other descriptors, which are finalised. */
  Descriptor set(Constant attribute, Descriptor... values) {
    try (Arena arena = Arena.ofConfined()) {
      return set(attribute, Constant.TYPE_BACKEND_DESCRIPTOR, values.length, addresses(arena, List.of(values)));
    }
  }

  /** The library's handle, or addresses on the device. */
  Descriptor pointers(Constant attribute, Constant kind, long... values) {
    try (Arena arena = Arena.ofConfined()) {
      return set(attribute, kind, values.length, arena.allocateFrom(ValueLayout.JAVA_LONG, values));
    }
  }

  Descriptor text(Constant attribute, String value) {
    byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
    try (Arena arena = Arena.ofConfined()) {
      return set(attribute, Constant.TYPE_CHAR, bytes.length, arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes));
    }
  }

  private Descriptor number(Constant attribute, Constant kind, int value) {
    try (Arena arena = Arena.ofConfined()) {
      return set(attribute, kind, 1, arena.allocateFrom(ValueLayout.JAVA_LONG, value & 0xffffffffL));
    }
  }

  private Descriptor set(Constant attribute, Constant kind, long count, MemorySegment values) {
    Function.SET_ATTRIBUTE.call(attribute.symbol, address(), attribute.value, kind.value, count, values.address());
    return this;
  }

  /** Nothing of it changes from now on; cuDNN says here what it does not like. */
  Descriptor finish() {
    Function.FINALIZE.call(type.symbol, address());
    return this;
  }

  long number(Constant attribute) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment count = arena.allocate(ValueLayout.JAVA_LONG);
      MemorySegment value = arena.allocate(ValueLayout.JAVA_LONG);
      get(attribute, Constant.TYPE_INT64, 1, count, value);
      return value.get(ValueLayout.JAVA_LONG, 0);
    }
  }

  String text(Constant attribute) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment count = arena.allocate(ValueLayout.JAVA_LONG);
      get(attribute, Constant.TYPE_CHAR, 0, count, MemorySegment.NULL);
      MemorySegment text = arena.allocate(count.get(ValueLayout.JAVA_LONG, 0));
      get(attribute, Constant.TYPE_CHAR, text.byteSize(), count, text);
      return new String(text.toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8).replace("\0", "");
    }
  }

  /** Values of an enumeration whose type is {@code kind}, which has {@code most} of them. */
  int[] choices(Constant attribute, Constant kind, int most) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment count = arena.allocate(ValueLayout.JAVA_LONG);
      MemorySegment values = arena.allocate(ValueLayout.JAVA_INT, most);
      get(attribute, kind, most, count, values);
      return values.asSlice(0, Integer.BYTES * count.get(ValueLayout.JAVA_LONG, 0)).toArray(ValueLayout.JAVA_INT);
    }
  }

  /** What cuDNN answers with: descriptors of {@code type}, which are the caller's to close. */
  List<Descriptor> descriptors(Constant attribute, Constant type) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment count = arena.allocate(ValueLayout.JAVA_LONG);
      get(attribute, Constant.TYPE_BACKEND_DESCRIPTOR, 0, count, MemorySegment.NULL);
      List<Descriptor> made = new ArrayList<>();
      try {
        for (long i = count.get(ValueLayout.JAVA_LONG, 0); i > 0; i--) {
          made.add(new Descriptor(type));
        }
        get(attribute, Constant.TYPE_BACKEND_DESCRIPTOR, made.size(), count, addresses(arena, made));
        for (int i = made.size() - 1; i >= count.get(ValueLayout.JAVA_LONG, 0); i--) {
          made.remove(i).close();
        }
        return made;
      } catch (RuntimeException e) {
        made.forEach(Descriptor::close);
        throw e;
      }
    }
  }

  private void get(Constant attribute, Constant kind, long room, MemorySegment count, MemorySegment values) {
    Function.GET_ATTRIBUTE.call(attribute.symbol, address(), attribute.value, kind.value, room, count.address(),
        values.address());
  }

  private static MemorySegment addresses(Arena arena, List<Descriptor> descriptors) {
    MemorySegment addresses = arena.allocate(ValueLayout.JAVA_LONG, Math.max(1, descriptors.size()));
    for (int i = 0; i < descriptors.size(); i++) {
      addresses.setAtIndex(ValueLayout.JAVA_LONG, i, descriptors.get(i).address());
    }
    return addresses;
  }

  @Override
  protected void destroy(long open) {
    Function.DESTROY_DESCRIPTOR.call(type.symbol, open);
  }
}
