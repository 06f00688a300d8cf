package dev.langevin.training;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** Files that are there whole, or as they were: written under another name first, then renamed. */
public final class WholeFile {

  private WholeFile() {}

  /**
   * Writes a text in place of what is there.
   *
   * @throws IOException naming the file, if it cannot be written; what was there stays
   */
  public static void write(Path file, CharSequence text) throws IOException {
    Path partial = file.resolveSibling("." + file.getFileName() + ".partial");
    try {
      Files.writeString(partial, text);
      Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new IOException(file + ": cannot be written: " + e.getMessage(), e);
    } finally {
      partial.toFile().delete();
    }
  }
}
