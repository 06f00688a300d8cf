package dev.langevin.training.data.source;

import dev.langevin.weights.DiskSync;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.stream.Stream;

/** Writes a folder so that it is whole or not there: into a hidden one beside it, which takes its name at the end. */
public final class NewFolder {

  /** What writes the files. */
  @FunctionalInterface
  public interface Contents {
    /**
     * Writes all that the folder is to hold; where this throws, nothing is left of it.
     *
     * @param folder exists and is empty
     */
    void write(Path folder) throws IOException;
  }

  private NewFolder() {}

  /**
   * Makes a folder; the folders around it are made too. What a process left that was killed at it is removed first.
   *
   * @param target must not exist, or be empty
   * @throws IOException if it does and is not, if another process is making it, or if {@code contents} fails; nothing
   *   is left behind then
   */
  public static void write(Path target, Contents contents) throws IOException {
    Path place = target.toAbsolutePath().normalize();
    requireNew(place);
    Path around = place.getParent() == null ? place : place.getParent();
    Files.createDirectories(around);
    // beside it, not in the system's folder for such: a folder can only be renamed within a file system
    Path partial = Files.createDirectories(around.resolve("." + place.getFileName() + ".partial"));
    Path lock = partial.resolve(".lock");
    try (FileChannel owner = FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      requireAlone(owner, target);
      try {
        requireNew(place); // another process may have ended while this one waited for the disk
        deleteWithin(partial, lock);
        try {
          contents.write(partial);
        } catch (IOException e) {
          throw new IOException(target + ": cannot be made: " + e.getMessage(), e);
        }
        requireNew(place);
        DiskSync.syncAll(partial);
        Files.deleteIfExists(place);
        Files.move(partial, place, StandardCopyOption.ATOMIC_MOVE);
        DiskSync.sync(around);
        Files.delete(place.resolve(lock.getFileName())); // not before: nobody else may take it for left behind
      } finally {
        delete(partial);
      }
    }
  }

  /** A lock ends with its process, however that ends. */
  private static void requireAlone(FileChannel owner, Path target) throws IOException {
    try {
      if (owner.tryLock() != null) {
        return;
      }
    } catch (OverlappingFileLockException e) { // another thread of this process has it
    }
    throw new IOException(target + " is being made by another process; wait for it, or name another folder");
  }

  /**
   * Whether {@link #write} could make a folder, to be asked before work whose result would be lost.
   *
   * @throws IOException if it exists and is not an empty folder
   */
  public static void requireNew(Path target) throws IOException {
    if (!Files.exists(target)) {
      return;
    }
    if (!Files.isDirectory(target)) {
      throw new IOException(target + " is a file; name a folder that does not exist yet");
    }
    try (Stream<Path> files = Files.list(target)) {
      if (files.findAny().isPresent()) {
        throw new IOException(target + " exists and is not empty; remove it, or name another folder");
      }
    }
  }

  /** Deletes a folder and all in it, if it is there. */
  static void delete(Path folder) throws IOException {
    if (Files.exists(folder)) {
      deleteWithin(folder, null);
      Files.delete(folder);
    }
  }

  private static void deleteWithin(Path folder, Path kept) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      files.filter(file -> !file.equals(folder) && !file.equals(kept)).sorted(Comparator.reverseOrder())
          .forEach(file -> {
            try {
              Files.delete(file);
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }
}
