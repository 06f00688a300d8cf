package dev.langevin.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Memory of this process that is resident, as Linux counts it. */
final class Resident {

  private Resident() {}

  /** Now. */
  static double bytes() throws IOException {
    return field("VmRSS:");
  }

  /** The most since the process began. */
  static double peakBytes() throws IOException {
    return field("VmHWM:");
  }

  private static double field(String name) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith(name)) {
        return Long.parseLong(line.replaceAll("\\D", "")) * 1024.0;
      }
    }
    throw new IOException("/proc/self/status does not tell " + name);
  }
}
