package dev.langevin.bindings.kernels;

import dev.langevin.bindings.CacheFolder;
import dev.langevin.bindings.NativeException;
import dev.langevin.bindings.NativeLibraries;
import dev.langevin.bindings.cuda.CudaDevice;
import dev.langevin.bindings.cuda.Driver;
import dev.langevin.bindings.nvrtc.Nvrtc;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * What a device loads all kernels from: the machine code that the build made, where it did; else what NVRTC compiles on
 * this machine, once for each architecture, and what is kept in the user's cache folder then. The driver on the
 * processor has the kernels in itself, and takes a word for them.
 *
 * @param origin of the bytes, for people
 */
public record KernelImage(byte[] bytes, String origin) {

  private static final String COMPILED = "dev/langevin/native/langevin_cuda.fatbin";
  private static final String SOURCE = "dev/langevin/native/langevin_cuda.cu";
  private static final String EMULATED = "langevin emulated kernels";

  /**
   * That of a device.
   *
   * @throws NativeException if there is none: NVRTC is missing, or refuses, with the remedy
   */
  public static KernelImage of(CudaDevice device) {
    if (Driver.emulated()) {
      return new KernelImage(EMULATED.getBytes(StandardCharsets.US_ASCII), "emulated on the processor");
    }
    URL compiled = NativeLibraries.resource(COMPILED);
    if (compiled != null) {
      return new KernelImage(read(compiled), "compiled with the build");
    }
    URL source = NativeLibraries.resource(SOURCE);
    if (source == null) {
      throw new NativeException(SOURCE + " is not on the class path; add the artifact"
          + " dev.langevin:langevin-native:linux-x86_64, which holds it");
    }
    return compiled(new String(read(source), StandardCharsets.UTF_8), device.architecture(), CacheFolder.usual());
  }

  /** @param cache the user's, or null where there is none */
  static KernelImage compiled(String source, String architecture, Path cache) {
    List<String> options = List.of("--std=c++17", "-arch=" + architecture);
    String origin = "compiled for " + architecture + " by NVRTC " + Nvrtc.version();
    Path kept = cache == null ? null : cache.resolve("langevin").resolve("cuda")
        .resolve("kernels-" + architecture + "-" + digest(source + options + Nvrtc.version()) + ".cubin");
    if (kept != null && Files.isReadable(kept)) {
      try {
        return new KernelImage(Files.readAllBytes(kept), origin + ", kept in " + kept);
      } catch (IOException e) {
        // it went meanwhile
      }
    }
    byte[] made = Nvrtc.compile("langevin_cuda.cu", source, Map.of(), options);
    return new KernelImage(made, kept == null ? origin : origin + keep(made, kept));
  }

  /** A file appears under its name only when it is whole; where it cannot be kept, the next start compiles again. */
  private static String keep(byte[] made, Path kept) {
    try {
      Files.createDirectories(kept.getParent());
      Path partial = Files.createTempFile(kept.getParent(), "", ".partial");
      try {
        Files.write(partial, made);
        Files.move(partial, kept, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Files.deleteIfExists(partial);
      }
      return ", kept in " + kept;
    } catch (IOException e) {
      return ", at each start as it cannot be kept: " + e.getMessage();
    }
  }

  private static byte[] read(URL resource) {
    try (InputStream in = resource.openStream()) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new NativeException(resource + " cannot be read: " + e, e);
    }
  }

  private static String digest(String text) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest, 0, 12);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java runtime has it
    }
  }
}
