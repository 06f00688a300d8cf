package dev.langevin.cuda;

import dev.langevin.bindings.CacheFolder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * Which engine serves a graph, in the user's cache folder: a file a graph, whose lines are the graph with the library
 * and the device, what was found, and the engine as the library keeps it. A file that is not whole, or of another
 * graph, is none; where none can be written, the next process finds out again.
 */
final class KeptEngines {

  /** @param engine as its library keeps it; empty where the simple kernel serves, for the reason that was found */
  record Entry(String found, String engine) {}

  private final Path folder; // or null

  /** @param folder made where it is first written to; null to keep nothing */
  KeptEngines(Path folder) {
    this.folder = folder;
  }

  /** In the user's cache folder, where there is one. */
  static KeptEngines usual() {
    Path cache = CacheFolder.usual();
    return new KeptEngines(cache == null ? null : cache.resolve("langevin").resolve("cuda").resolve("engines"));
  }

  /** What is known, or null. */
  Entry read(String key) {
    if (folder == null) {
      return null;
    }
    try {
      String[] lines = Files.readString(file(key)).split("\n", 4);
      return lines.length == 4 && lines[0].equals(line(key)) && Integer.toString(lines[3].length()).equals(lines[2])
          ? new Entry(lines[1], lines[3]) : null;
    } catch (IOException e) {
      return null; // not there, or no text
    }
  }

  void keep(String key, Entry entry) {
    if (folder == null) {
      return;
    }
    try {
      Files.createDirectories(folder);
      Path partial = Files.createTempFile(folder, "", ".partial");
      try {
        Files.writeString(partial, line(key) + "\n" + line(entry.found) + "\n" + entry.engine.length() + "\n"
            + entry.engine);
        Files.move(partial, file(key), StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Files.deleteIfExists(partial);
      }
    } catch (IOException e) {
      // found out again by the next process
    }
  }

  private Path file(String key) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
      return folder.resolve(HexFormat.of().formatHex(digest, 0, 16) + ".engine");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java runtime has it
    }
  }

  private static String line(String text) {
    return text.replace('\n', ' ');
  }
}
