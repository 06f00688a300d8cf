package dev.langevin.plan;

import dev.langevin.backend.Block;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.function.Consumer;
import java.util.zip.CRC32;

/**
 * Packed weights on disk, so that the next process maps them instead of reading and packing a model's files anew.
 *
 * <p>
 * One file holds the weights of one plan in their order, ready to compute from: {@link PackedFile} is its form. It
 * begins with all that decides its bytes, so nothing in it can be taken for what it is not; what is not used for long
 * is deleted when the folder grows above its limit. A file appears under its name only when it is whole, and is never
 * changed. So any number of processes may share a folder, and one that deletes takes nothing from those that have
 * mapped.
 *
 * <p>
 * A cache costs speed at worst: where it cannot be read or written, there is a warning and the weights are packed. Used
 * by any thread.
 */
public final class WeightCache {

  /** Room for Stable Diffusion XL in f32 beside a smaller model. */
  public static final long USUAL_LIMIT = 32L << 30;

  /** Weights of less are packed in no time. */
  private static final long LEAST_BYTES = 64L << 20;

  /** What a full disk leaves to others. */
  private static final long RESERVE = 1L << 30;

  private static final String ENDING = ".weights";

  private static final String PARTIAL = ".partial";

  /** A file that was not finished for so long never will be. */
  private static final long ABANDONED_SECONDS = 24 * 3600;

  /**
   * What a file is found by.
   *
   * @param source identity of the weights, see {@link dev.langevin.tensor.TensorSource#identity}
   * @param layout what they are packed to and in which order
   * @param bytes of all of them
   */
  record Key(String source, String layout, long bytes) {

    String fileName() {
      return prefix(source) + digest(text()) + ENDING;
    }

    /** All that decides the file's bytes. */
    String text() {
      return source + "\n" + layout + "\n" + bytes;
    }

    private static String prefix(String source) {
      return digest(source) + "-";
    }

    /** For names: which file it is, its text tells. A digest of cryptography would cost 50 ms at each start. */
    private static String digest(String text) {
      CRC32 crc = new CRC32();
      crc.update(text.getBytes(StandardCharsets.UTF_8));
      return String.format(Locale.ROOT, "%08x%08x", crc.getValue(), text.hashCode());
    }
  }

  private record Stored(Path path, long bytes, FileTime used) {}

  private final Path folder;
  private final long limit;
  private final long least;
  private final Consumer<String> warnings;

  /**
   * A cache in a folder, of plans whose weights take 64 MiB or more: smaller ones are packed in no time.
   *
   * @param folder made where it is not there; it should hold nothing else
   * @param limitBytes most that its files may take
   * @param warnings told what keeps the cache from working
   */
  public WeightCache(Path folder, long limitBytes, Consumer<String> warnings) {
    this(folder, limitBytes, LEAST_BYTES, warnings);
  }

  /**
   * As the other.
   *
   * @param leastBytes weights of less are not kept
   */
  public WeightCache(Path folder, long limitBytes, long leastBytes, Consumer<String> warnings) {
    this.folder = folder;
    this.limit = limitBytes;
    this.least = leastBytes;
    this.warnings = warnings;
  }

  /**
   * {@code $XDG_CACHE_HOME/langevin/weights}, where that is set, or the same in {@code ~/.cache}; null for a user
   * without a home, whom Java gives the name {@code ?}.
   */
  public static Path usualFolder() {
    String xdg = System.getenv("XDG_CACHE_HOME");
    String home = System.getProperty("user.home");
    Path cache =
        xdg != null && xdg.startsWith("/") ? Path.of(xdg) : home.startsWith("/") ? Path.of(home, ".cache") : null;
    return cache == null ? null : cache.resolve("langevin").resolve("weights");
  }

  /** Where the files lie. */
  public Path folder() {
    return folder;
  }

  /** What all files take. */
  public long bytes() {
    return stored().stream().mapToLong(Stored::bytes).sum();
  }

  /** Whether weights of that source lie here, in any layout: then they were good when they were packed. */
  public boolean knows(String source) {
    if (source == null) {
      return false;
    }
    String prefix = Key.prefix(source);
    return stored().stream().anyMatch(file -> file.path.getFileName().toString().startsWith(prefix));
  }

  /** Deletes all files. Processes that use them go on to do so. */
  public void clear() {
    try {
      for (Stored file : stored()) {
        Files.deleteIfExists(file.path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(folder + ": cannot be cleared: " + e, e);
    }
  }

  /**
   * Reads every file whole.
   *
   * @return what is wrong with each that is damaged; it is deleted
   */
  public Map<Path, String> verify() {
    Map<Path, String> damaged = new LinkedHashMap<>();
    for (Stored file : stored()) {
      try {
        String wrong = PackedFile.verify(file.path);
        if (wrong != null) {
          damaged.put(file.path, wrong);
          Files.deleteIfExists(file.path);
        }
      } catch (NoSuchFileException e) {
        // another process has deleted it
      } catch (IOException e) {
        damaged.put(file.path, "cannot be read: " + e);
      }
    }
    return damaged;
  }

  /**
   * Maps a file's weights.
   *
   * @return the caller's to close, or null where there is none; one that is damaged is deleted
   */
  PackedFile.Mapped find(Key key) {
    Path file = folder.resolve(key.fileName());
    try {
      PackedFile.Mapped weights = PackedFile.map(file, key);
      if (weights == null) {
        warnings.accept(file + ": is damaged, or another of the same name; the weights are packed anew");
        Files.deleteIfExists(file);
      } else {
        used(file);
      }
      return weights;
    } catch (NoSuchFileException e) {
      return null;
    } catch (IOException e) {
      warnings.accept(file + ": packed weights cannot be read, they are packed anew: " + e);
      return null;
    }
  }

  /**
   * Marks the time of reading, whether the file system does or not; that of writing tells whether a file was changed.
   */
  private static void used(Path file) {
    try {
      Files.getFileAttributeView(file, BasicFileAttributeView.class).setTimes(null, FileTime.from(Instant.now()), null);
    } catch (IOException e) {
      // a folder that may only be read serves as well, and nothing is deleted from it
    }
  }

  /**
   * Writes a file on a thread of its own.
   *
   * @param weights alive until that is done
   * @return done when the weights are needed no longer
   */
  Future<?> store(Key key, List<Block> weights) {
    if (key.bytes < least) {
      return CompletableFuture.completedFuture(null);
    }
    FutureTask<Void> work = new FutureTask<>(() -> write(key, weights), null);
    Thread.ofPlatform().daemon().name("langevin-weight-cache").start(work);
    return work;
  }

  /** Waits for {@link #store}, whose failure was warned of. */
  static void await(Future<?> storing) {
    boolean interrupted = false;
    while (true) {
      try {
        storing.get();
        break;
      } catch (InterruptedException e) {
        interrupted = true; // memory that is read must not be freed
      } catch (ExecutionException e) {
        throw new IllegalStateException(e.getCause());
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void write(Key key, List<Block> weights) {
    Path partial = null;
    try {
      Files.createDirectories(folder,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      makeRoom(key.bytes);
      partial = Files.createTempFile(folder, "", PARTIAL);
      PackedFile.write(partial, key, weights);
      Files.move(partial, folder.resolve(key.fileName()), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException | UncheckedIOException e) {
      warnings.accept(
          folder + ": " + key.bytes + " bytes of packed weights are not kept for the next start: " + e.getMessage()
              + "; free some space, name another folder, or switch the cache off");
      delete(partial);
    }
  }

  private static void delete(Path partial) {
    try {
      if (partial != null) {
        Files.deleteIfExists(partial);
      }
    } catch (IOException e) {
      partial.toFile().deleteOnExit();
    }
  }

  /** Deletes what was abandoned, then what is unused for longest, until so many bytes find room. */
  private void makeRoom(long bytes) throws IOException {
    try (DirectoryStream<Path> partial = Files.newDirectoryStream(folder, "*" + PARTIAL)) {
      for (Path file : partial) {
        if (Files.getLastModifiedTime(file).toInstant().isBefore(Instant.now().minusSeconds(ABANDONED_SECONDS))) {
          Files.deleteIfExists(file);
        }
      }
    }
    List<Stored> files = new ArrayList<>(stored());
    files.sort(Comparator.comparing(Stored::used));
    long taken = files.stream().mapToLong(Stored::bytes).sum();
    while (bytes <= limit && !files.isEmpty() && (taken + bytes > limit || usable() < bytes + RESERVE)) {
      Stored oldest = files.removeFirst();
      Files.deleteIfExists(oldest.path);
      taken -= oldest.bytes;
    }
    if (taken + bytes > limit) {
      throw new IOException("the folder's limit is " + limit + " bytes");
    }
    if (usable() < bytes + RESERVE) {
      throw new IOException("the disk has " + usable() + " bytes left, of which " + RESERVE + " are for others");
    }
  }

  private long usable() throws IOException {
    return Files.getFileStore(folder).getUsableSpace();
  }

  private List<Stored> stored() {
    List<Stored> files = new ArrayList<>();
    if (Files.isDirectory(folder)) {
      try (DirectoryStream<Path> found = Files.newDirectoryStream(folder, "*" + ENDING)) {
        for (Path file : found) {
          try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            files.add(new Stored(file, attributes.size(), attributes.lastAccessTime()));
          } catch (NoSuchFileException e) {
            // another process has deleted it
          }
        }
      } catch (IOException e) {
        warnings.accept(folder + ": cannot be listed: " + e);
      }
    }
    return files;
  }
}
