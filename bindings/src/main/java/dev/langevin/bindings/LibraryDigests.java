package dev.langevin.bindings;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/** SHA-256 of each library that this build was made with, as the build has written them beside the shim. */
final class LibraryDigests {

  private static final int HEXADECIMAL = 64;

  private LibraryDigests() {}

  /** Digests in hexadecimal, by the libraries' file names. */
  static Map<String, String> read(URL list) {
    Map<String, String> digests = new HashMap<>();
    try (InputStream in = list.openStream()) {
      // lines of sha256sum: the digest, two characters, the name
      new String(in.readAllBytes(), StandardCharsets.UTF_8).lines()
          .forEach(line -> digests.put(line.substring(HEXADECIMAL + 2), line.substring(0, HEXADECIMAL)));
      return digests;
    } catch (IOException | IndexOutOfBoundsException e) {
      throw new NativeException(list + " cannot be read: " + e, e);
    }
  }
}
