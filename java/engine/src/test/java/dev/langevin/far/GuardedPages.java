package dev.langevin.far;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** Memory of Linux between two pages that nobody may touch: reading or writing one byte outside ends the process. */
@SuppressWarnings("restricted") // calls of the system's
final class GuardedPages {

  private static final long PAGE = 4096;
  private static final int READ_WRITE = 3;
  private static final int PRIVATE_ANONYMOUS = 0x22;

  private static final MethodHandle MAP = function("mmap",
      FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.ADDRESS,
          ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT,
          ValueLayout.JAVA_LONG));
  private static final MethodHandle PROTECT = function("mprotect",
      FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT));
  private static final MethodHandle UNMAP =
      function("munmap", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG));

  private final MemorySegment pages;
  private final long address;

  /** @param alignment of the memory, which ends as near to the page behind it as that allows */
  GuardedPages(long bytes, long alignment) {
    long inner = Math.ceilDiv(Math.max(bytes, 1), PAGE) * PAGE;
    try {
      MemorySegment mapped = (MemorySegment) MAP.invokeExact(
          MemorySegment.NULL, inner + 2 * PAGE, READ_WRITE, PRIVATE_ANONYMOUS, -1, 0L);
      if (mapped.address() == -1) {
        throw new OutOfMemoryError("the system has no " + bytes + " bytes of memory");
      }
      pages = mapped.reinterpret(inner + 2 * PAGE);
      protect(pages.asSlice(0, PAGE));
      protect(pages.asSlice(PAGE + inner));
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
    address = pages.address() + PAGE + inner - Math.ceilDiv(bytes, alignment) * alignment;
  }

  private static void protect(MemorySegment page) throws Throwable {
    if ((int) PROTECT.invokeExact(page, PAGE, 0) != 0) {
      throw new IllegalStateException("a page cannot be protected");
    }
  }

  long address() {
    return address;
  }

  void free() {
    try {
      int status = (int) UNMAP.invokeExact(pages, pages.byteSize());
      if (status != 0) {
        throw new IllegalStateException("memory cannot be given back: " + status);
      }
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static MethodHandle function(String name, FunctionDescriptor type) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(linker.defaultLookup().find(name).orElseThrow(), type);
  }
}
