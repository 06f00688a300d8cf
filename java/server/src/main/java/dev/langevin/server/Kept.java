package dev.langevin.server;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Things that clients may come for later, for a bounded time and of a bounded size: the oldest go first. Thread-safe.
 *
 * @param <T> of the things
 */
public final class Kept<T> {

  private final long nanos;
  private final long maxBytes;
  private final Map<String, Entry<T>> entries = new LinkedHashMap<>(); // guarded by this, as bytes
  private long bytes;

  private record Entry<T>(T thing, long bytes, long since) {}

  Kept(int seconds, long maxBytes) {
    this.nanos = seconds * 1_000_000_000L;
    this.maxBytes = maxBytes;
  }

  /** Keeps one; one that is larger than all may be is not kept at all. */
  public synchronized void put(String id, T thing, long size) {
    remove(id);
    entries.put(id, new Entry<>(thing, size, System.nanoTime()));
    bytes += size;
    sweep();
  }

  /** One that is still there, or null. */
  public synchronized T get(String id) {
    sweep();
    Entry<T> entry = entries.get(id);
    return entry == null ? null : entry.thing;
  }

  /** Forgets one, if it is there. */
  public synchronized void remove(String id) {
    Entry<T> entry = entries.remove(id);
    bytes -= entry == null ? 0 : entry.bytes;
  }

  /** All that are there, by their ids, the oldest first. */
  public synchronized Map<String, T> all() {
    sweep();
    Map<String, T> all = new LinkedHashMap<>();
    entries.forEach((id, entry) -> all.put(id, entry.thing));
    return all;
  }

  private void sweep() {
    long now = System.nanoTime();
    Iterator<Entry<T>> oldest = entries.values().iterator();
    while (oldest.hasNext()) {
      Entry<T> entry = oldest.next();
      if (bytes <= maxBytes && now - entry.since < nanos) {
        return;
      }
      oldest.remove();
      bytes -= entry.bytes;
    }
  }
}
