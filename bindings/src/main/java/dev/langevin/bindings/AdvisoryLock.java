package dev.langevin.bindings;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * An exclusive lock of {@code flock(2)} on a file. Programs in Python lock by it (filelock, and so huggingface_hub);
 * {@link java.nio.channels.FileChannel#lock} locks by {@code fcntl(2)}, and on Linux neither kind sees the other. The
 * lock belongs to the opening of the file, so that threads of one process exclude each other too, and ends with the
 * process, however that ends. The file stays: whoever removed it would part those who wait from those who come.
 */
@SuppressWarnings("restricted")
public final class AdvisoryLock implements AutoCloseable {

  private static final int O_RDWR_CLOEXEC = 0x80002; // of Linux, as are all numbers here

  private static final int LOCK_EX_NB = 2 | 4;

  private static final int EAGAIN = 11;

  private static final int EINTR = 4;

  private static final StructLayout STATE = Linker.Option.captureStateLayout();

  private static final long ERRNO = STATE.byteOffset(MemoryLayout.PathElement.groupElement("errno"));

  private final Path file;
  private int descriptor;

  private AdvisoryLock(Path file, int descriptor) {
    this.file = file;
    this.descriptor = descriptor;
  }

  /**
   * Takes the lock if nobody has it.
   *
   * @param file made where it is not there, for all users of its group; its folder exists
   * @return the lock, which the caller closes, or null if another program, or thread, has it
   * @throws IOException if the file cannot be opened, or lies where there are no such locks
   */
  public static AdvisoryLock tryLock(Path file) throws IOException {
    try {
      Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-rw-r--")));
    } catch (FileAlreadyExistsException e) {
      // by whoever locked it before
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      int opened;
      do {
        opened = (int) Calls.OPEN.invokeExact(state, arena.allocateFrom(file.toString()), O_RDWR_CLOEXEC);
      } while (opened < 0 && errno(state) == EINTR);
      if (opened < 0) {
        throw new IOException(file + " cannot be opened for a lock (errno " + errno(state) + ")");
      }
      AdvisoryLock lock = new AdvisoryLock(file, opened);
      if ((int) Calls.FLOCK.invokeExact(state, opened, LOCK_EX_NB) == 0) {
        return lock;
      }
      int errno = errno(state);
      lock.close();
      if (errno == EAGAIN || errno == EINTR) {
        return null;
      }
      throw new IOException(file + " cannot be locked (errno " + errno + ")");
    } catch (IOException | RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(e); // a downcall handle throws nothing checked
    }
  }

  private static int errno(MemorySegment state) {
    return state.get(ValueLayout.JAVA_INT, ERRNO);
  }

  /** The locked file. */
  public Path file() {
    return file;
  }

  @Override
  public synchronized void close() {
    if (descriptor < 0) {
      return;
    }
    try (Arena arena = Arena.ofConfined()) {
      int ignored = (int) Calls.CLOSE.invokeExact(arena.allocate(STATE), descriptor); // which unlocks it
      descriptor = -1;
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /** Bound when the first lock is taken. */
  private static final class Calls {

    static final MethodHandle OPEN = function("open", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS,
        ValueLayout.JAVA_INT), Linker.Option.firstVariadicArg(2));

    static final MethodHandle FLOCK = function("flock", FunctionDescriptor.of(ValueLayout.JAVA_INT,
        ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

    static final MethodHandle CLOSE = function("close", FunctionDescriptor.of(ValueLayout.JAVA_INT,
        ValueLayout.JAVA_INT));

    private Calls() {}

    private static MethodHandle function(String symbol, FunctionDescriptor signature, Linker.Option... more) {
      Linker linker = Linker.nativeLinker();
      Linker.Option[] options = new Linker.Option[more.length + 1];
      System.arraycopy(more, 0, options, 0, more.length);
      options[more.length] = Linker.Option.captureCallState("errno");
      return linker.downcallHandle(linker.defaultLookup().find(symbol).orElseThrow(), signature, options);
    }
  }
}
