package dev.langevin.bindings.onednn;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/** Extents and layout of an f32 array, in oneDNN's logical order (N C H W, O I H W). */
public final class MemoryDesc extends Handle {

  private static final int F32 = 3;
  private static final int TAG_ANY = 1;
  private static final int QUERY_FORMAT_KIND = 262;
  private static final int FORMAT_BLOCKED = 2;
  private static final int QUERY_INNER_NBLKS = 263;
  private static final int QUERY_INNER_BLKS = 264;
  private static final int QUERY_INNER_IDXS = 265;
  private static final int QUERY_DIMS = 257;
  private static final int QUERY_NDIMS = 256;
  private static final int MAX_DIMS = 12;

  private final long extent;

  private MemoryDesc(long address) {
    super(address, Function.DESC_DESTROY);
    this.extent = size();
  }

  private MemoryDesc(long address, long extent) {
    super(address, Function.DESC_DESTROY);
    this.extent = extent;
  }

  /** Elements {@code strides} apart along each axis. */
  public static MemoryDesc strided(long[] dims, long[] strides) {
    try (Arena arena = Arena.ofConfined()) {
      long last = 0;
      for (int i = 0; i < dims.length; i++) {
        last += (dims[i] - 1) * strides[i];
      }
      return new MemoryDesc(create(Function.DESC_WITH_STRIDES,
          Arrays.toString(dims) + " f32 strides " + Arrays.toString(strides), dims.length, dims(arena, dims).address(), F32,
          dims(arena, strides).address()), 4 * (last + 1));
    }
  }

  /** Row-major. */
  public static MemoryDesc dense(long... dims) {
    long[] strides = new long[dims.length];
    long stride = 1;
    for (int i = dims.length - 1; i >= 0; i--) {
      strides[i] = stride;
      stride *= dims[i];
    }
    return strided(dims, strides);
  }

  /** Logical (N, C, H, W) of which the channels lie innermost. */
  public static MemoryDesc channelsLast(long n, long c, long h, long w) {
    return strided(new long[] {n, c, h, w}, new long[] {h * w * c, 1, w * c, c});
  }

  /** A layout for the primitive to choose. */
  public static MemoryDesc any(long... dims) {
    try (Arena arena = Arena.ofConfined()) {
      return new MemoryDesc(create(Function.DESC_WITH_TAG, Arrays.toString(dims) + " f32 any", dims.length,
          dims(arena, dims).address(), F32, TAG_ANY));
    }
  }

  /** The part of this array that begins at {@code offsets}. */
  public MemoryDesc part(long[] dims, long[] offsets) {
    try (Arena arena = Arena.ofConfined()) {
      return new MemoryDesc(create(Function.DESC_SUBMEMORY, Arrays.toString(dims) + " at " + Arrays.toString(offsets),
          address(), dims(arena, dims).address(), dims(arena, offsets).address()), extent);
    }
  }

  static MemoryDesc copyOf(long borrowed) {
    return new MemoryDesc(create(Function.DESC_CLONE, "", borrowed));
  }

  /**
   * Bytes from the first element to the end of the last: what a primitive touches. {@link #size} counts a whole stride for
   * the last row too, which a slice of a wider matrix does not have behind it.
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
      MemorySegment out = arena.allocate(8 * MAX_DIMS, 8);
      query(QUERY_FORMAT_KIND, out);
      if (out.get(ValueLayout.JAVA_INT, 0) != FORMAT_BLOCKED) {
        return "any";
      }
      query(QUERY_INNER_NBLKS, out);
      int blocks = out.get(ValueLayout.JAVA_INT, 0);
      if (blocks == 0) {
        return "plain";
      }
      long[] sizes = pointed(QUERY_INNER_BLKS, out, blocks);
      long[] axes = pointed(QUERY_INNER_IDXS, out, blocks);
      StringBuilder name = new StringBuilder();
      for (int i = 0; i < blocks; i++) {
        name.append(sizes[i]).append((char) ('a' + axes[i]));
      }
      return name.toString();
    }
  }

  /** The logical extents. */
  public long[] dims() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(8, 8);
      query(QUERY_NDIMS, out);
      return pointed(QUERY_DIMS, out, out.get(ValueLayout.JAVA_INT, 0));
    }
  }

  private void query(int what, MemorySegment out) {
    Function.DESC_QUERY.call("query " + what, address(), what, out.address());
  }

  /** These queries answer with a pointer into the descriptor. */
  @SuppressWarnings("restricted")
  private long[] pointed(int what, MemorySegment out, int count) {
    query(what, out);
    return MemorySegment.ofAddress(out.get(ValueLayout.JAVA_LONG, 0)).reinterpret(8L * count)
        .toArray(ValueLayout.JAVA_LONG);
  }

  static MemorySegment dims(Arena arena, long... values) {
    MemorySegment segment = arena.allocate(8 * MAX_DIMS, 8);
    MemorySegment.copy(values, 0, segment, ValueLayout.JAVA_LONG, 0, values.length);
    return segment;
  }

  @Override
  public String toString() {
    return "f32 " + Arrays.toString(dims()) + " " + blocking();
  }
}
