package dev.langevin.cli;

import dev.langevin.backend.Backend;
import dev.langevin.backend.BackendOptions;
import dev.langevin.policy.Findings;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.CRC32;
import java.util.zip.ZipFile;

/**
 * On what a picture of ours was made, which it repeats bit for bit on: the program's build, the device, its kernels.
 */
final class RecordedMachine {

  /** Fields that a picture has of it. */
  static final List<String> FIELDS = List.of("Version", "Device", "Precision", "prompt", "negative");

  private static final String PROGRAM = "langevin 0.2.0";

  static final String BUILD = build();

  /** By the backend's name; where none is open, one is opened to ask it. */
  private static final Map<String, String> DEVICES = new ConcurrentHashMap<>();

  private final Map<String, String> recorded;
  private final SettableOptions options;

  RecordedMachine(Map<String, String> recorded, SettableOptions options) {
    this.recorded = recorded;
    this.options = options;
  }

  /**
   * What is recorded of this process.
   *
   * @param precision as asked for, or null for the usual one
   */
  static Map<String, String> fields(String backend, Object precision) {
    Map<String, String> fields = new LinkedHashMap<>();
    Object computed = precision == null ? Backend.usualPrecision(backend) : precision;
    fields.put("Precision", computed.toString().toLowerCase(Locale.ROOT));
    fields.put("Device", device(backend));
    fields.put("Version", BUILD);
    return fields;
  }

  /** Keeps what a backend that is open says of itself. */
  static void computedBy(String backend, String build) {
    DEVICES.put(backend, backend + ": " + build);
  }

  private static String device(String backend) {
    return DEVICES.computeIfAbsent(backend, name -> {
      try (Backend open = Backend.open(name, BackendOptions.usual())) {
        return name + ": " + open.build();
      }
    });
  }

  /** Warns where this process is another. */
  void compare(Path from, Findings findings) {
    Map<String, String> here = fields(options.text("--device"), options.text("--precision"));
    here.forEach((field, value) -> {
      String there = recorded.get(field);
      if (!Objects.equals(there, value)) {
        findings.leftover(from + " was made with the " + field + " " + there + ", here it is " + value
            + "; the picture may differ in its last bits");
      }
    });
  }

  /** Name, version, and where they run from jars, the checksum of the checksums of this module's and the engine's. */
  private static String build() {
    CRC32 sum = new CRC32();
    try {
      for (Class<?> part : List.of(RecordedMachine.class, Backend.class)) {
        Path jar = Path.of(part.getProtectionDomain().getCodeSource().getLocation().toURI());
        if (!Files.isRegularFile(jar)) {
          return PROGRAM; // classes in a folder
        }
        add(jar, sum);
      }
      return PROGRAM + " build %08x".formatted(sum.getValue());
    } catch (IOException | URISyntaxException | RuntimeException e) { // pictures are made without it, too
      return PROGRAM;
    }
  }

  private static void add(Path jar, CRC32 sum) throws IOException {
    try (ZipFile zip = new ZipFile(jar.toFile())) {
      zip.stream().filter(entry -> entry.getName().endsWith(".class")).forEach(entry -> {
        sum.update(entry.getName().getBytes(StandardCharsets.UTF_8));
        sum.update(ByteBuffer.allocate(Long.BYTES).putLong(0, entry.getCrc()));
      });
    }
  }
}
