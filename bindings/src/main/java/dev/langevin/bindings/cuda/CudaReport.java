package dev.langevin.bindings.cuda;

import dev.langevin.bindings.NativeException;
import java.util.LinkedHashMap;
import java.util.Map;
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

  /** Looks at the driver, its devices, and then at {@code libraries}; what fails does not keep it from the rest. */
  public static CudaReport of(Library... libraries) {
    Map<String, String> facts = new LinkedHashMap<>();
    String missing = tell(facts, CudaLibrary.DRIVER.title(),
        () -> "CUDA " + Driver.text(Driver.version()) + ", " + CudaLibrary.DRIVER.path());
    if (missing == null) {
      missing = devices(facts);
    }
    for (Library each : libraries) {
      String refusal = tell(facts, each.library.title(), () -> {
        each.library.symbols();
        return each.version.get() + ", " + each.library.path();
      });
      missing = missing == null ? refusal : missing;
    }
    return new CudaReport(facts, missing);
  }

  private static String devices(Map<String, String> facts) {
    try {
      for (int i = 0; i < Driver.devices(); i++) {
        CudaDevice device = CudaDevice.of(i);
        facts.put("cuda:" + i, device.name() + ", " + device.architecture() + ", " + device.multiprocessors()
            + " multiprocessors, " + device.memory() / 1_000_000 + " MB");
      }
      return null;
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
