package dev.langevin.bindings.nvrtc;

import dev.langevin.bindings.NativeException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** The compiler. Any thread. */
public final class Nvrtc {

  private Nvrtc() {}

  /** For example {@code 13.0}. */
  public static String version() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment numbers = arena.allocate(ValueLayout.JAVA_INT, 2);
      call(Function.VERSION, "", numbers.address(), numbers.address() + Integer.BYTES);
      return numbers.getAtIndex(ValueLayout.JAVA_INT, 0) + "." + numbers.getAtIndex(ValueLayout.JAVA_INT, 1);
    }
  }

  /**
   * Compiles to a device's code.
   *
   * @param name of the source, as errors tell it
   * @param headers by the name by which sources include them
   * @param options such as {@code -arch=sm_90}
   * @return a cubin
   * @throws NativeException with the compiler's own words, if it refuses
   */
  public static byte[] compile(String name, String source, Map<String, String> headers, List<String> options) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment texts = texts(arena, List.copyOf(headers.values()));
      MemorySegment names = texts(arena, List.copyOf(headers.keySet()));
      MemorySegment program = arena.allocate(ValueLayout.JAVA_LONG);
      call(Function.CREATE_PROGRAM, name, program.address(), arena.allocateFrom(source).address(),
          arena.allocateFrom(name).address(), headers.size(), texts.address(), names.address());
      try {
        long handle = program.get(ValueLayout.JAVA_LONG, 0);
        int status = Function.COMPILE_PROGRAM.function()
            .invoke(handle, options.size(), texts(arena, options).address()).intValue();
        if (status != 0) {
          byte[] log = bytes(handle, Function.LOG_SIZE, Function.LOG);
          throw new NativeException("NVRTC " + version() + " does not compile " + name + " with "
              + String.join(" ", options) + ": " + text(status) + "\n"
              + new String(log, StandardCharsets.UTF_8).replace("\0", ""));
        }
        return bytes(handle, Function.CUBIN_SIZE, Function.CUBIN);
      } finally {
        call(Function.DESTROY_PROGRAM, name, program.address());
      }
    }
  }

  private static MemorySegment texts(Arena arena, List<String> texts) {
    MemorySegment addresses = arena.allocate(ValueLayout.JAVA_LONG, Math.max(1, texts.size()));
    for (int i = 0; i < texts.size(); i++) {
      addresses.setAtIndex(ValueLayout.JAVA_LONG, i, arena.allocateFrom(texts.get(i)).address());
    }
    return addresses;
  }

  private static byte[] bytes(long program, Function size, Function content) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment count = arena.allocate(ValueLayout.JAVA_LONG);
      call(size, "", program, count.address());
      MemorySegment bytes = arena.allocate(count.get(ValueLayout.JAVA_LONG, 0));
      call(content, "", program, bytes.address());
      return bytes.toArray(ValueLayout.JAVA_BYTE);
    }
  }

  private static void call(Function function, String what, Object... arguments) {
    int status = function.function().invoke(arguments).intValue();
    if (status != 0) {
      throw new NativeException(function.function().symbol() + "(" + what + "): " + text(status));
    }
  }

  private static String text(int status) {
    return Function.ERROR_STRING.function().text(status) + " (" + status + ")";
  }
}
