package dev.langevin.weights;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.stream.Stream;

/**
 * Waits until what was written is on the disk. What is written under another name and then renamed is whole after a
 * crash of the machine only if its bytes came to the disk before its name did: some file systems order them otherwise,
 * and leave an empty file by the right name.
 */
public final class DiskSync {

  private DiskSync() {}

  /** A file's bytes, or a folder's names. */
  public static void sync(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  /** All files and folders within a folder, and itself. */
  public static void syncAll(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path path : all.toList()) {
        sync(path);
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }
}
