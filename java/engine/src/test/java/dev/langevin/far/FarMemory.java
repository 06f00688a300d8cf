package dev.langevin.far;

import dev.langevin.backend.Block;
import dev.langevin.backend.HostMemory;
import dev.langevin.backend.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicLong;

/** Blocks whose segments tell where they are and no more: any access of Java's is a {@link WrongThreadException}. */
@SuppressWarnings("restricted") // addresses of no arena are what it is made of
final class FarMemory implements Memory {

  /** As a CPU's kernels ask for. */
  private static final long ALIGNMENT = 64;

  private static final HostMemory HOST = new HostMemory();

  /** All addresses, confined to a thread that has ended. */
  private final MemorySegment space = space(); // not static: the thread would wait for the initialiser, and that for it
  private final AtomicLong used = new AtomicLong();

  private static MemorySegment space() {
    FutureTask<MemorySegment> made =
        new FutureTask<>(() -> MemorySegment.NULL.reinterpret(Long.MAX_VALUE, Arena.ofConfined(), null));
    Thread thread = new Thread(made);
    thread.start();
    try {
      thread.join();
      return made.get();
    } catch (InterruptedException | ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public long capacity() {
    return HOST.capacity();
  }

  @Override
  public long used() {
    return used.get();
  }

  @Override
  public long alignment() {
    return ALIGNMENT;
  }

  @Override
  public Block allocate(long bytes) {
    GuardedPages pages = new GuardedPages(bytes, ALIGNMENT);
    used.addAndGet(bytes);
    FarBlock block = new FarBlock(pages.address(), bytes, pages);
    near(block.address()).fill((byte) 0xff); // a NaN in every floating-point type, and no index of any table
    return block;
  }

  /** The memory that a far segment stands for. */
  static MemorySegment near(MemorySegment far) {
    return MemorySegment.ofAddress(far.address()).reinterpret(far.byteSize());
  }

  /** A far block as the kernels of the host's backends take it; closing it frees nothing. */
  static Block near(Block far) {
    return far == null ? null : HOST.over(near(far.address())).orElseThrow();
  }

  private final class FarBlock implements Block {

    private final long start;
    private final long bytes;
    private GuardedPages pages; // null for a slice, and after the end

    FarBlock(long start, long bytes, GuardedPages pages) {
      this.start = start;
      this.bytes = bytes;
      this.pages = pages;
    }

    @Override
    public long bytes() {
      return bytes;
    }

    @Override
    public MemorySegment address() {
      return space.asSlice(start, bytes);
    }

    @Override
    public Block slice(long at, long size) {
      java.util.Objects.checkFromIndexSize(at, size, bytes);
      return new FarBlock(start + at, size, null);
    }

    private Block near() {
      return FarMemory.near(this);
    }

    @Override
    public void upload(MemorySegment host, long at) {
      near().upload(host, at);
    }

    @Override
    public void download(MemorySegment host, long at) {
      near().download(host, at);
    }

    @Override
    public void copyFrom(Block other) {
      near().copyFrom(((FarBlock) other).near());
    }

    @Override
    public void fill(int value) {
      near().fill(value);
    }

    @Override
    public synchronized void close() {
      if (pages != null) {
        pages.free();
        pages = null;
        used.addAndGet(-bytes);
      }
    }
  }
}
