package dev.langevin.bindings.cuda;

import dev.langevin.bindings.NativeException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The driver itself. Any thread. */
public final class Driver {

  /** The first that runs code of CUDA 13, which the libraries beside it are of. */
  public static final int LEAST_VERSION = 13000;

  private Driver() {}

  /** The driver's version of CUDA, 1000 times the major and 10 times the minor number: 13020 for 13.2. */
  public static int version() {
    return (int) Function.VERSION.create("");
  }

  /** {@link #version} as people write it. */
  public static String text(int version) {
    return version / 1000 + "." + version % 1000 / 10;
  }

  /**
   * Whether it is this project's own for tests, which computes on the processor and needs no other library.
   *
   * @throws NativeException if there is no driver, with the remedy
   */
  public static boolean isEmulated() {
    return CudaLibrary.DRIVER.symbols().find("lgcDriverControl").isPresent();
  }

  /**
   * Readies the driver, and counts the devices that this process may use.
   *
   * @throws NativeException if there is no driver, none that runs CUDA 13, or no device, with the remedy
   */
  public static int devices() {
    int version = version();
    if (version < LEAST_VERSION) {
      throw new NativeException("the driver knows CUDA " + text(version) + ", and " + text(LEAST_VERSION)
          + " is needed: install driver 580 or newer");
    }
    int status = Function.INIT.function().invoke(0).intValue();
    if (status == Constant.ERROR_NO_DEVICE.value) {
      throw new NativeException(
          "CUDA's driver sees no device; does nvidia-smi list one, and does CUDA_VISIBLE_DEVICES hide it?");
    }
    Function.INIT.check("0", status);
    return (int) Function.DEVICE_COUNT.create("");
  }

  /** The driver's word for a status, its sentence, and the number. */
  @SuppressWarnings("restricted")
  static String statusText(int status) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(ValueLayout.JAVA_LONG);
      StringBuilder text = new StringBuilder();
      for (Function function : new Function[] {Function.ERROR_NAME, Function.ERROR_STRING}) {
        out.set(ValueLayout.JAVA_LONG, 0, 0);
        function.function().invoke(status, out.address());
        long address = out.get(ValueLayout.JAVA_LONG, 0);
        if (address != 0) {
          text.append(MemorySegment.ofAddress(address).reinterpret(Long.MAX_VALUE).getString(0)).append(", ");
        }
      }
      return text + "status " + status;
    }
  }
}
