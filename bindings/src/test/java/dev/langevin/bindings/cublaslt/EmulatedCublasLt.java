package dev.langevin.bindings.cublaslt;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.langevin.bindings.NativeException;
import dev.langevin.bindings.abi.NativeFunction;
import dev.langevin.bindings.cuda.CudaLibrary;
import dev.langevin.bindings.cuda.Driver;
import java.nio.file.Path;

/** cuBLASLt on the driver on the processor (native/cuda/driver/cublaslt.cpp), which checks its calls. */
final class EmulatedCublasLt {

  private static final String LIBRARIES = "langevin.cuda.libraries";

  private static final NativeFunction LIVE = new NativeFunction("lgcCublasLtLive", "l=", "cuBLASLt on the processor",
      CudaLibrary.CUBLASLT::symbols);

  private EmulatedCublasLt() {}

  /** Loads it from the folder beside that driver's; skips a test where another is loaded, or none. */
  static void require() {
    boolean there;
    try {
      there = Driver.isEmulated();
      if (there) {
        Path driver = Path.of(CudaLibrary.DRIVER.path());
        System.setProperty(LIBRARIES, driver.getParent().resolveSibling("cublaslt") + ":"
            + System.getProperty(LIBRARIES, ""));
        there = CudaLibrary.CUBLASLT.symbols().find("lgcCublasLtLive").isPresent();
      }
    } catch (NativeException e) {
      there = false;
    }
    assumeTrue(there, "cuBLASLt on the processor is not loaded: the build puts it beside the driver on the processor");
  }

  /** Objects of it that nobody has destroyed. */
  static long live() {
    return LIVE.invoke().longValue();
  }
}
