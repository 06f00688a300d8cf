package dev.langevin.cuda;

import dev.langevin.backend.Block;
import dev.langevin.backend.DeviceLostException;
import dev.langevin.backend.Memory;
import dev.langevin.bindings.cuda.CudaBlock;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicLong;

/** A device's memory. Copies within it and fills take their turn in the stream; what leaves or comes is waited for. */
final class CudaMemory implements Memory {

  /** Of CUDA's blocks; rows of tensor cores ask for less. */
  private static final long ALIGNMENT = 256;

  /** A part of what is free, up to so many bytes, is left to graphs, small blocks and what lies between them. */
  private static final int RESERVED_PART = 16;
  private static final long MOST_RESERVED = 256 << 20;

  private final Gpu gpu;
  private final AtomicLong used = new AtomicLong();

  CudaMemory(Gpu gpu) {
    this.gpu = gpu;
  }

  /** What lives on the device now. */
  Session session() {
    return gpu.session();
  }

  @Override
  public long capacity() {
    return gpu.device.memory();
  }

  @Override
  public long used() {
    return used.get();
  }

  @Override
  public long limit() {
    long free = gpu.session().freeMemory();
    return used.get() + free - Math.min(free / RESERVED_PART, MOST_RESERVED);
  }

  @Override
  public long alignment() {
    return ALIGNMENT;
  }

  @Override
  public Block allocate(long bytes) {
    Session session = gpu.session();
    CudaBlock whole = session.make(bytes + " bytes", () -> CudaBlock.allocate(Math.max(bytes, 1)));
    used.addAndGet(bytes);
    return new DeviceBlock(session, whole.segment().asSlice(0, bytes), whole);
  }

  private final class DeviceBlock implements Block {

    private final Session session;
    private final MemorySegment address;
    private CudaBlock whole; // null for a slice, and after the end

    DeviceBlock(Session session, MemorySegment address, CudaBlock whole) {
      this.session = session;
      this.address = address;
      this.whole = whole;
    }

    @Override
    public long bytes() {
      return address.byteSize();
    }

    @Override
    public MemorySegment address() {
      return address;
    }

    @Override
    public Block slice(long at, long bytes) {
      return new DeviceBlock(session, address.asSlice(at, bytes), null);
    }

    @Override
    public void upload(MemorySegment host, long at) {
      session.upload(host, address.asSlice(at, host.byteSize()));
    }

    @Override
    public void download(MemorySegment host, long at) {
      session.download(address.asSlice(at, host.byteSize()), host);
    }

    @Override
    public void copyFrom(Block other) {
      if (other.bytes() != bytes()) {
        throw new IllegalArgumentException("a block of " + other.bytes() + " bytes does not fit one of " + bytes());
      }
      DeviceBlock source = (DeviceBlock) other;
      if (source.session != session) {
        throw new DeviceLostException("a block of what has failed cannot be copied", source.session.failure());
      }
      if (bytes() > 0) {
        session.run("copying", () -> session.stream().copy(source.address, address));
      }
    }

    @Override
    public void fill(int value) {
      if (bytes() % 4 != 0) {
        throw new IllegalStateException("a block of " + bytes() + " bytes cannot be filled with numbers of 4");
      }
      if (bytes() > 0) {
        session.run("filling", () -> session.stream().fill(address, value));
      }
    }

    @Override
    public boolean lost() {
      return session.failed();
    }

    @Override
    public synchronized void close() {
      if (whole != null) {
        CudaBlock own = whole;
        whole = null;
        used.addAndGet(-bytes());
        session.free(own);
      }
    }
  }
}
