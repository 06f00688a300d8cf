package dev.langevin.training;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.stream.Stream;

/** Keeps a second run out of a run's output folder while the first lives, however that ends. */
final class OutputLock implements AutoCloseable {

  private static final String NAME = ".lock";

  /** Length of the file. */
  private static final int MOST = 1000;

  private final Path file;
  private final FileChannel channel;

  private final boolean made; // the folder, by this run

  private OutputLock(Path file, FileChannel channel, boolean made) {
    this.file = file;
    this.channel = channel;
    this.made = made;
  }

  /**
   * Takes the folder, which is made if it is not there.
   *
   * @throws TrainingException if it is a file or cannot be made, or if another run has it
   */
  static OutputLock of(Path output) {
    requireFolder(output);
    boolean made = !Files.exists(output);
    try {
      Files.createDirectories(output);
    } catch (IOException e) {
      throw new TrainingException("output " + output + " cannot be made: " + e
          + "; name a folder in a place that can be written", e);
    }
    Path file = output.resolve(NAME);
    try {
      FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      if (taken(channel) || !same(file, channel)) {
        channel.close();
        throw new TrainingException("a run is going on in " + output + "; wait for it, or name another output");
      }
      return new OutputLock(file, channel, made);
    } catch (IOException e) {
      throw new TrainingException(
          "output " + output + " cannot be written: " + e + "; name a folder in a place that can be written", e);
    }
  }

  /** Before any work: whether it could be the output at all. */
  static void requireFolder(Path output) {
    for (Path place = output.toAbsolutePath(); place != null; place = place.getParent()) {
      if (Files.exists(place)) {
        if (!Files.isDirectory(place)) {
          throw new TrainingException("output " + output + (place.equals(output.toAbsolutePath()) ? " is a file"
              : " cannot be made, as " + place + " is a file") + "; name a folder");
        }
        return;
      }
    }
  }

  private static boolean taken(FileChannel channel) throws IOException {
    try {
      return channel.tryLock() == null;
    } catch (OverlappingFileLockException e) { // by a run of this process
      return true;
    }
  }

  /**
   * Whether the file still is the one that was locked: a run that ended meanwhile has removed its own. Its length
   * tells; to open it once more would end the lock, as POSIX has it.
   */
  private static boolean same(Path file, FileChannel channel) throws IOException {
    int length = 1 + Math.floorMod(System.nanoTime() ^ ProcessHandle.current().pid(), MOST);
    channel.truncate(0).write(ByteBuffer.allocate(length));
    return Files.exists(file) && Files.size(file) == length;
  }

  /** Gives the folder back; one that was made and holds nothing else goes with it. */
  @Override
  public void close() {
    try {
      Files.deleteIfExists(file);
      channel.close();
      try (Stream<Path> left = Files.list(file.getParent())) {
        if (made && left.findAny().isEmpty()) {
          Files.delete(file.getParent());
        }
      }
    } catch (IOException e) {
      // a file without a lock keeps nobody out
    }
  }
}
