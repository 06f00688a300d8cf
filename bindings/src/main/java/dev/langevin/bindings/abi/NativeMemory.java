package dev.langevin.bindings.abi;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.MemorySegment.Scope;
import java.util.HashMap;
import java.util.Map;

/**
 * The memory that native code is told of by plain addresses. Keeps segments of automatic arenas reachable, and tells
 * closed arenas before native code would run into them.
 */
public final class NativeMemory {

  private final Map<Long, MemorySegment> segments = new HashMap<>();
  private Scope[] scopes = {};

  public NativeMemory() {}

  /** The segment in use at {@code slot}, in the place of the one before it; null for none. */
  public void put(long slot, MemorySegment segment) {
    if (segment == null) {
      segments.remove(slot);
    } else {
      segments.put(slot, segment);
    }
    scopes = segments.values().stream().map(MemorySegment::scope).distinct().toArray(Scope[]::new);
  }

  /** Throws an {@link IllegalStateException} if an arena of these segments is closed. Allocates nothing. */
  public void checkOpen() {
    for (Scope scope : scopes) {
      if (!scope.isAlive()) {
        throw new IllegalStateException("the arena of memory that is still in use is closed");
      }
    }
  }
}
