package dev.langevin.bindings.cuda;

import dev.langevin.bindings.NativeException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * What of CUDA is on this machine.
 *
 * @param facts what each thing is, by its name, in the order in which they were looked at
 * @param missing the first thing that is not there, with the remedy; null if a backend can compute
 */
public record CudaReport(Map<String, String> facts, String missing) {

  /** Something that is looked at, and who tells its version. */
  public record Library(CudaLibrary library, Supplier<String> version) {}

  /**
   * Looks at the driver, its devices, and then at {@code libraries}; what fails does not keep it from the rest. The
   * driver on the processor needs no libraries: they are told, and never missing.
   *
   * @param kernels tells how those of a device come, or throws what is missing for them
   */
  public static CudaReport of(Function<CudaDevice, String> kernels, Library... libraries) {
    Map<String, String> facts = new LinkedHashMap<>();
    String missing = tell(facts, CudaLibrary.DRIVER.title(),
        () -> "CUDA " + Driver.text(Driver.version()) + ", " + CudaLibrary.DRIVER.path());
    if (missing == null) {
      missing = devices(facts, kernels);
    }
    boolean sufficient = missing == null && Driver.isEmulated();
    for (Library each : libraries) {
      String refusal = tell(facts, each.library.title(), () -> {
        each.library.symbols();
        return each.version.get() + ", " + each.library.path();
      });
      missing = missing == null && !sufficient ? refusal : missing;
    }
    return new CudaReport(facts, missing);
  }

  private static String devices(Map<String, String> facts, Function<CudaDevice, String> kernels) {
    String missing = null;
    try {
      for (int i = 0; i < Driver.devices(); i++) {
        CudaDevice device = CudaDevice.of(i);
        facts.put("cuda:" + i, device.name() + ", " + device.architecture() + ", " + device.multiprocessors()
            + " multiprocessors, " + device.memory() / 1_000_000 + " MB");
        String refusal = tell(facts, "kernels of cuda:" + i, () -> kernels.apply(device));
        missing = missing == null ? refusal : missing;
      }
      return missing;
    } catch (NativeException e) {
      return e.getMessage();
    }
  }

  private static String tell(Map<String, String> facts, String what, Supplier<String> found) {
    try {
      facts.put(what, found.get());
      return null;
    } catch (NativeException e) {
      facts.put(what, "not found");
      return e.getMessage();
    }
  }
}
