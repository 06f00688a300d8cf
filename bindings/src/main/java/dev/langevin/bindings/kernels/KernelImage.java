package dev.langevin.bindings.kernels;

import dev.langevin.bindings.CacheFolder;
import dev.langevin.bindings.NativeException;
import dev.langevin.bindings.NativeLibraries;
import dev.langevin.bindings.cuda.CudaDevice;
import dev.langevin.bindings.cuda.Driver;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.charset.StandardCharsets;

/**
 * What a device loads all kernels from: what nvcc has made with the build, where it did and for such a device; else
 * what NVRTC compiles on this machine ({@link CompiledKernels}). The driver on the processor has the kernels in itself,
 * and takes a word for them.
 *
 * @param origin how the kernels come, for people
 */
public record KernelImage(byte[] bytes, String origin) {

  private static final String BUILT = "dev/langevin/native/langevin_cuda.fatbin";
  private static final String SOURCE = "dev/langevin/native/langevin_cuda.cu";
  private static final KernelImage EMULATED = new KernelImage(
      "langevin emulated kernels".getBytes(StandardCharsets.US_ASCII), "emulated on the processor");

  /**
   * That of a device.
   *
   * @throws NativeException if there is none: NVRTC is missing, or refuses, with the remedy
   */
  public static KernelImage of(CudaDevice device) {
    KernelImage there = withoutCompiling(device);
    return there == null ? compiled(device).image() : there;
  }

  /**
   * The {@link #origin} of a device's image, which is not made: nothing is compiled.
   *
   * @throws NativeException if there could be none, with the remedy
   */
  public static String origin(CudaDevice device) {
    KernelImage there = withoutCompiling(device);
    return there == null ? compiled(device).origin() : there.origin;
  }

  private static KernelImage withoutCompiling(CudaDevice device) {
    if (Driver.isEmulated()) {
      return EMULATED;
    }
    URL built = NativeLibraries.resource(BUILT);
    return built == null ? null : built(read(built), device.major(), device.minor());
  }

  /** What nvcc has made, or null where it has made nothing for such a device. */
  static KernelImage built(byte[] fatbin, int major, int minor) {
    FatBinary.Part part = FatBinary.of(fatbin).partFor(major, minor);
    return part == null ? null : new KernelImage(fatbin, "made by nvcc with the build, " + part);
  }

  private static CompiledKernels compiled(CudaDevice device) {
    URL source = NativeLibraries.resource(SOURCE);
    if (source == null) {
      throw new NativeException(SOURCE + " is not on the class path; add the artifact"
          + " dev.langevin:langevin-native:linux-x86_64, which holds it");
    }
    return new CompiledKernels(CompiledKernels.NVRTC, new String(read(source), StandardCharsets.UTF_8),
        device.architecture(), CacheFolder.usual());
  }

  private static byte[] read(URL resource) {
    try (InputStream in = resource.openStream()) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new NativeException(resource + " cannot be read: " + e, e);
    }
  }
}
