package dev.langevin.tensor;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.Objects;

/**
 * A whole file, mapped to be read. One that is replaced or deleted stays what it was for those that have mapped it; one
 * that is written to or truncated does not: whoever has read it asks {@link #requireUnchanged} before what was read is
 * used. Any thread.
 */
public final class MappedFile implements AutoCloseable {

  /** What tells that the bytes are those that were mapped. */
  private record Stamp(Object key, long size, FileTime modified) {
    static Stamp of(Path path) throws IOException {
      BasicFileAttributes file = Files.readAttributes(path, BasicFileAttributes.class);
      return new Stamp(file.fileKey(), file.size(), file.lastModifiedTime());
    }
  }

  private final Path path;
  private final Stamp stamp;
  private final Arena arena;
  private final MemorySegment bytes;

  private MappedFile(Path path, Stamp stamp, Arena arena, MemorySegment bytes) {
    this.path = path;
    this.stamp = stamp;
    this.arena = arena;
    this.bytes = bytes;
  }

  /** Maps a file; the caller closes it. */
  public static MappedFile open(Path path) throws IOException {
    Arena arena = Arena.ofShared();
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      Stamp stamp = Stamp.of(path); // before it is read: what it is then is at least as old
      return new MappedFile(path, stamp, arena, channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena));
    } catch (Throwable e) {
      arena.close();
      throw e;
    }
  }

  /** Where the file lies. */
  public Path path() {
    return path;
  }

  /** All of it, until it is closed. */
  public MemorySegment bytes() {
    return bytes;
  }

  /**
   * Checks that the file is as it was when it was mapped, by its size and time; one that was deleted or replaced
   * passes.
   *
   * @throws ChangedFileException if the file was written to or truncated since it was mapped
   */
  public void requireUnchanged() {
    Stamp now;
    try {
      now = Stamp.of(path);
    } catch (IOException e) {
      return; // deleted, or out of reach: what is mapped is as it was
    }
    if (Objects.equals(now.key, stamp.key) && !now.equals(stamp)) {
      throw changed();
    }
  }

  /** That the file was changed, for whoever knows it from elsewhere. */
  public ChangedFileException changed() {
    return new ChangedFileException(path);
  }

  @Override
  public void close() {
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }
}
