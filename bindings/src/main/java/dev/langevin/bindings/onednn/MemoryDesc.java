package dev.langevin.bindings.onednn;

import dev.langevin.bindings.LiveHandles.Kind;
import dev.langevin.bindings.NativeException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/** Extents, type and layout of an array, in oneDNN's logical order (N C H W, O I H W); f32 where no type is named. */
public final class MemoryDesc extends Handle {

  private final DataType type;
  private final long extent;

  private MemoryDesc(long address) {
    super(address, Kind.MEMORY_DESC, Function.DESC_DESTROY);
    this.type = dataType(address);
    this.extent = size();
  }

  private MemoryDesc(long address, DataType type, long extent) {
    super(address, Kind.MEMORY_DESC, Function.DESC_DESTROY);
    this.type = type;
    this.extent = extent;
  }

  /** Elements {@code strides} apart along each axis. */
  public static MemoryDesc strided(long[] dims, long[] strides) {
    return strided(DataType.F32, dims, strides);
  }

  public static MemoryDesc strided(DataType type, long[] dims, long[] strides) {
    if (dims.length != strides.length) {
      throw new IllegalArgumentException(
          "extents " + Arrays.toString(dims) + " and strides " + Arrays.toString(strides) + " differ in number");
    }
    try (Arena arena = Arena.ofConfined()) {
      long last = 0;
      for (int i = 0; i < dims.length; i++) {
        last += (dims[i] - 1) * strides[i];
      }
      String what = Arrays.toString(dims) + " " + name(type) + " strides " + Arrays.toString(strides);
      return new MemoryDesc(
          create(Function.DESC_WITH_STRIDES, what, dims.length, dims(arena, dims).address(), type.value,
              dims(arena, strides).address()),
          type, type.bytes() * (last + 1));
    }
  }

  /** Row-major. */
  public static MemoryDesc dense(long... dims) {
    return dense(DataType.F32, dims);
  }

  public static MemoryDesc dense(DataType type, long... dims) {
    long[] strides = new long[dims.length];
    long stride = 1;
    for (int i = dims.length - 1; i >= 0; i--) {
      strides[i] = stride;
      stride *= dims[i];
    }
    return strided(type, dims, strides);
  }

  /** Logical (N, C, H, W) of which the channels lie innermost. */
  public static MemoryDesc channelsLast(long n, long c, long h, long w) {
    return channelsLast(DataType.F32, n, c, h, w);
  }

  public static MemoryDesc channelsLast(DataType type, long n, long c, long h, long w) {
    return strided(type, new long[] {n, c, h, w}, new long[] {h * w * c, 1, w * c, c});
  }

  /** A layout for the primitive to choose. */
  public static MemoryDesc any(long... dims) {
    return any(DataType.F32, dims);
  }

  public static MemoryDesc any(DataType type, long... dims) {
    try (Arena arena = Arena.ofConfined()) {
      return new MemoryDesc(
          create(Function.DESC_WITH_TAG, Arrays.toString(dims) + " " + name(type) + " any", dims.length,
              dims(arena, dims).address(), type.value, Constant.FORMAT_TAG_ANY.value),
          type, 0);
    }
  }

  /** The part of this array that begins at {@code offsets}. */
  public MemoryDesc part(long[] dims, long[] offsets) {
    try (Arena arena = Arena.ofConfined()) {
      return new MemoryDesc(create(Function.DESC_SUBMEMORY, Arrays.toString(dims) + " at " + Arrays.toString(offsets),
          address(), dims(arena, dims).address(), dims(arena, offsets).address()), type, extent);
    }
  }

  static MemoryDesc copyOf(long borrowed) {
    return new MemoryDesc(create(Function.DESC_CLONE, "", borrowed));
  }

  /** What an element is. */
  public DataType type() {
    return type;
  }

  /**
   * Bytes from the first element to the end of the last: what a primitive touches. {@link #size} counts a whole stride
   * for the last row too, which a slice of a wider matrix does not have behind it.
   */
  long extent() {
    return extent;
  }

  /** Bytes of an array of this layout, padding included. */
  public long size() {
    return Function.DESC_SIZE.value(address());
  }

  /**
   * The layout in oneDNN's notation without its order of outer axes, such as {@code 16b16a}; {@code plain} without
   * blocks, {@code any} where it is not chosen yet or known to oneDNN alone.
   */
  public String blocking() {
    try (Arena arena = Arena.ofConfined()) {
      if (number(arena, address(), Constant.QUERY_FORMAT_KIND) != Constant.FORMAT_BLOCKED.value) {
        return "any";
      }
      int blocks = number(arena, address(), Constant.QUERY_INNER_NBLKS);
      if (blocks == 0) {
        return "plain";
      }
      long[] sizes = numbers(arena, Constant.QUERY_INNER_BLKS, blocks);
      long[] axes = numbers(arena, Constant.QUERY_INNER_IDXS, blocks);
      StringBuilder name = new StringBuilder();
      for (int i = 0; i < blocks; i++) {
        name.append(sizes[i]).append((char) ('a' + axes[i]));
      }
      return name.toString();
    }
  }

  /**
   * What decides where each element lies: equal for equal layouts, in any process. Null where only oneDNN knows.
   */
  public String places() {
    String blocking = blocking();
    try (Arena arena = Arena.ofConfined()) {
      return blocking.equals("any") ? null
          : this + " strides " + Arrays.toString(numbers(arena, Constant.QUERY_STRIDES, dims().length)) + " bytes "
              + size();
    }
  }

  /** The logical extents. */
  public long[] dims() {
    try (Arena arena = Arena.ofConfined()) {
      return numbers(arena, Constant.QUERY_DIMS, number(arena, address(), Constant.QUERY_NDIMS));
    }
  }

  private static DataType dataType(long address) {
    try (Arena arena = Arena.ofConfined()) {
      return DataType.of(number(arena, address, Constant.QUERY_DATA_TYPE));
    }
  }

  private static int number(Arena arena, long address, Constant what) {
    return query(arena, address, what).get(ValueLayout.JAVA_INT, 0);
  }

  /** These queries answer with a pointer into the descriptor. */
  @SuppressWarnings("restricted")
  private long[] numbers(Arena arena, Constant what, int count) {
    long pointer = query(arena, address(), what).get(ValueLayout.JAVA_LONG, 0);
    return MemorySegment.ofAddress(pointer).reinterpret(8L * count).toArray(ValueLayout.JAVA_LONG);
  }

  private static MemorySegment query(Arena arena, long address, Constant what) {
    MemorySegment out = arena.allocate(8L * Constant.MAX_DIMS.value, 8);
    Function.DESC_QUERY.call(what.symbol, address, what.value, out.address());
    return out;
  }

  /** dnnl_dims_t. */
  static MemorySegment dims(Arena arena, long... values) {
    if (values.length > Constant.MAX_DIMS.value) {
      throw new NativeException(
          "oneDNN's arrays have at most " + Constant.MAX_DIMS.value + " axes: " + Arrays.toString(values));
    }
    MemorySegment segment = arena.allocate(8L * Constant.MAX_DIMS.value, 8);
    MemorySegment.copy(values, 0, segment, ValueLayout.JAVA_LONG, 0, values.length);
    return segment;
  }

  private static String name(DataType type) {
    return type.name().toLowerCase(java.util.Locale.ROOT);
  }

  @Override
  public String toString() {
    return name(type) + " " + Arrays.toString(dims()) + " " + blocking();
  }
}
