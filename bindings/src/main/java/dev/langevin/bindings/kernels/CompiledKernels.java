package dev.langevin.bindings.kernels;

import dev.langevin.bindings.nvrtc.Nvrtc;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * Kernels that are compiled on this machine when they are first used, and kept in the user's cache folder: by their
 * source, the architecture and the compiler's version, so that none of these is ever taken for another. Thread-safe,
 * and between processes.
 *
 * @param cache the user's folder, or null where there is none
 */
record CompiledKernels(Compiler compiler, String source, String architecture, Path cache) {

  /** Who compiles. */
  interface Compiler {

    /** What it is, with its version: another may make other code. */
    String name();

    byte[] compile(String source, List<String> options);
  }

  /** NVRTC, loaded when it is first asked. */
  static final Compiler NVRTC = new Compiler() {
    @Override
    public String name() {
      return "NVRTC " + Nvrtc.version();
    }

    @Override
    public byte[] compile(String source, List<String> options) {
      return Nvrtc.compile("langevin_cuda.cu", source, Map.of(), options);
    }
  };

  private List<String> options() {
    return List.of("--std=c++17", "-arch=" + architecture);
  }

  /** Where they are kept, or null. */
  private Path file() {
    String key = HexFormat.of().formatHex(
        digest((source + options() + compiler.name()).getBytes(StandardCharsets.UTF_8)), 0, 12);
    return cache == null ? null
        : cache.resolve("langevin").resolve("cuda").resolve("kernels-" + architecture + "-" + key + ".cubin");
  }

  /** How they come, for people; nothing is compiled. */
  String origin() {
    Path file = file();
    if (file == null) {
      return compiler.name() + " compiles them for " + architecture + " at each start: there is no folder for caches";
    }
    return compiler.name()
        + (kept(file) == null ? " compiles them for " + architecture + " at the first use, to be kept in "
            : " has compiled them for " + architecture + ", kept in ")
        + file;
  }

  /** The kernels, compiled now if they have not been. */
  KernelImage image() {
    Path file = file();
    byte[] kept = kept(file);
    if (kept != null) {
      return new KernelImage(kept, origin());
    }
    byte[] made = compiler.compile(source, options());
    String fault = file == null ? null : keep(made, file);
    return new KernelImage(made, fault == null ? origin()
        : compiler.name() + " compiles them for " + architecture + " at each start: they cannot be kept, " + fault);
  }

  /** What a file holds, or null where it is not there or not what was once written, as after a disk's failure. */
  private static byte[] kept(Path file) {
    if (file == null) {
      return null;
    }
    try {
      byte[] all = Files.readAllBytes(file);
      int bytes = all.length - digest().getDigestLength();
      byte[] made = Arrays.copyOf(all, Math.max(0, bytes));
      return bytes > 0 && Arrays.equals(digest(made), Arrays.copyOfRange(all, bytes, all.length)) ? made : null;
    } catch (IOException e) {
      return null;
    }
  }

  /** Writes them and their digest to a file that appears under its name when it is whole; tells why it could not. */
  private static String keep(byte[] made, Path file) {
    try {
      Files.createDirectories(file.getParent());
      Path partial = Files.createTempFile(file.getParent(), "", ".partial");
      try {
        byte[] all = Arrays.copyOf(made, made.length + digest().getDigestLength());
        System.arraycopy(digest(made), 0, all, made.length, all.length - made.length);
        Files.write(partial, all);
        Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Files.deleteIfExists(partial);
      }
      return null;
    } catch (IOException e) {
      return e.toString();
    }
  }

  private static byte[] digest(byte[] bytes) {
    return digest().digest(bytes);
  }

  private static MessageDigest digest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java runtime has it
    }
  }
}
