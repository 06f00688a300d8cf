package dev.langevin.backend;

import dev.langevin.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import javax.management.JMException;
import javax.management.ObjectName;

/** The host's own memory: an address is the memory itself, a transfer a copy. */
public final class HostMemory implements Memory {

  /** How memory is taken from the system. */
  @FunctionalInterface
  public interface Allocator {

    /** Memory aligned to {@link Tensor#ALIGNMENT}, freed with the arena. */
    MemorySegment allocate(long bytes, Arena arena);
  }

  /** What every machine has. */
  private static final long SMALL = 1 << 30;

  private final Allocator allocator;
  private final Function<MemorySegment, Guard> guards; // or null
  private final AtomicLong used = new AtomicLong();

  /** Memory of the Java runtime. */
  public HostMemory() {
    this((bytes, arena) -> arena.allocate(bytes, Tensor.ALIGNMENT));
  }

  /**
   * Memory that an allocator takes from the system, for kernels that are Java code.
   *
   * @param allocator gives blocks their bytes, 64-byte aligned, in an arena that their closing closes
   */
  public HostMemory(Allocator allocator) {
    this(allocator, null);
  }

  /**
   * Memory that an allocator takes from the system, with guards for kernels that are not Java code.
   *
   * @param guards makes those of {@link #guard}, or null where kernels are Java code, which the runtime guards itself
   */
  public HostMemory(Allocator allocator, Function<MemorySegment, Guard> guards) {
    this.allocator = allocator;
    this.guards = guards;
  }

  /** Bytes that the machine has, or the container that the process runs in. */
  public static long machine() {
    return Machine.BYTES;
  }

  /** Asked once, and only where it matters: the first question takes a twentieth of a second. */
  private static final class Machine {
    static final long BYTES = ask();

    private static long ask() {
      try {
        return (Long) ManagementFactory.getPlatformMBeanServer()
            .getAttribute(new ObjectName(ManagementFactory.OPERATING_SYSTEM_MXBEAN_NAME), "TotalMemorySize");
      } catch (JMException e) {
        throw new IllegalStateException("the Java runtime does not tell how much memory there is: " + e, e);
      }
    }
  }

  @Override
  public long capacity() {
    return machine();
  }

  @Override
  public long used() {
    return used.get();
  }

  @Override
  public long alignment() {
    return Tensor.ALIGNMENT;
  }

  @Override
  public Block allocate(long bytes) {
    if (bytes > SMALL - used.get() && bytes > machine() - used.get()) { // Linux would grant it, and end the process
                                                                        // when it is used
      throw new OutOfMemoryError(
          "a block of " + bytes + " bytes was asked for where " + used.get() + " are taken, and the machine has "
              + machine());
    }
    Arena arena = Arena.ofShared();
    try {
      MemorySegment memory = allocator.allocate(Math.max(bytes, 1), arena).asSlice(0, bytes);
      used.addAndGet(bytes);
      return new HostBlock(memory, arena);
    } catch (Throwable e) {
      arena.close();
      throw e;
    }
  }

  @Override
  public Optional<Block> over(MemorySegment host) {
    return Optional.of(new HostBlock(host, null));
  }

  @Override
  public Guard guard(MemorySegment mapped) {
    return guards == null ? Memory.super.guard(mapped) : guards.apply(mapped);
  }

  private final class HostBlock implements Block {

    private final MemorySegment memory;
    private final Optional<MemorySegment> host;
    private Arena arena; // null for what is not this block's to free

    HostBlock(MemorySegment memory, Arena arena) {
      this.memory = memory;
      this.host = Optional.of(memory);
      this.arena = arena;
    }

    @Override
    public long bytes() {
      return memory.byteSize();
    }

    @Override
    public MemorySegment address() {
      return memory;
    }

    @Override
    public Block slice(long at, long bytes) {
      return new HostBlock(memory.asSlice(at, bytes), null);
    }

    @Override
    public void upload(MemorySegment from, long at) {
      MemorySegment.copy(from, 0, memory, at, from.byteSize());
    }

    @Override
    public void download(MemorySegment to, long at) {
      MemorySegment.copy(memory, at, to, 0, to.byteSize());
    }

    @Override
    public void copyFrom(Block other) {
      if (other.bytes() != bytes()) {
        throw new IllegalArgumentException("a block of " + other.bytes() + " bytes does not fit one of " + bytes());
      }
      memory.copyFrom(other.host().orElseThrow());
    }

    @Override
    public void fill(int value) {
      if (bytes() % 4 != 0) {
        throw new IllegalStateException("a block of " + bytes() + " bytes cannot be filled with numbers of 4");
      }
      if (value == (byte) value * 0x01010101) {
        memory.fill((byte) value);
        return;
      }
      for (long at = 0; at < bytes(); at += 4) {
        memory.set(ValueLayout.JAVA_INT_UNALIGNED, at, value);
      }
    }

    @Override
    public Optional<MemorySegment> host() {
      return host;
    }

    @Override
    public synchronized void close() {
      if (arena != null) {
        arena.close();
        arena = null;
        used.addAndGet(-bytes());
      }
    }
  }
}
