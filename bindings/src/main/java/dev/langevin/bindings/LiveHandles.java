package dev.langevin.bindings;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How many native objects and blocks of memory were made and not freed yet, in this process. Nothing frees them but
 * their owners' close: a number that grows from request to request is a leak. Memory that lives within one call only is
 * not counted. Any thread.
 */
public final class LiveHandles {

  /**
   * oneDNN's objects by their type, arenas that outlive a call, blocks that a backend allocated, and the objects of
   * CUDA's driver, of cuDNN and of cuBLASLt.
   */
  public enum Kind {
    ENGINE,
    STREAM,
    MEMORY_DESC,
    PRIMITIVE_ATTR,
    POST_OPS,
    PRIMITIVE_DESC,
    PRIMITIVE,
    MEMORY,
    ARENA,
    BLOCK,
    CUDA_CONTEXT,
    CUDA_STREAM,
    CUDA_EVENT,
    CUDA_MODULE,
    CUDA_GRAPH,
    CUDA_BLOCK,
    CUDA_HOST_BLOCK,
    CUDNN_HANDLE,
    CUDNN_DESCRIPTOR,
    CUBLASLT_HANDLE,
    CUBLASLT_DESCRIPTOR;

    private final AtomicLong live = new AtomicLong();

    /** One more. */
    public void created() {
      live.incrementAndGet();
    }

    /** One less. */
    public void destroyed() {
      live.decrementAndGet();
    }
  }

  private LiveHandles() {}

  /** How many of that kind there are now. */
  public static long count(Kind kind) {
    return kind.live.get();
  }

  /** {@link #count} of every kind. */
  public static Map<Kind, Long> counts() {
    Map<Kind, Long> counts = new EnumMap<>(Kind.class);
    for (Kind kind : Kind.values()) {
      counts.put(kind, count(kind));
    }
    return counts;
  }

  /** An arena that the calling thread alone may write to and close, which takes no handshake with other threads. */
  public static Arena confined() {
    return new Counted(Arena.ofConfined());
  }

  /** An arena of all threads. */
  public static Arena shared() {
    return new Counted(Arena.ofShared());
  }

  /** The same block, counted until the arena that it lies in is closed. */
  @SuppressWarnings("restricted")
  public static MemorySegment block(MemorySegment block, Arena arena) {
    MemorySegment counted = block.reinterpret(arena, freed -> Kind.BLOCK.destroyed());
    Kind.BLOCK.created();
    return counted;
  }

  private static final class Counted implements Arena {

    private final Arena arena;

    Counted(Arena arena) {
      this.arena = arena;
      Kind.ARENA.created();
    }

    @Override
    public MemorySegment allocate(long bytes, long alignment) {
      return arena.allocate(bytes, alignment);
    }

    @Override
    public MemorySegment.Scope scope() {
      return arena.scope();
    }

    @Override
    public void close() {
      arena.close(); // throws where it is closed already
      Kind.ARENA.destroyed();
    }
  }
}
