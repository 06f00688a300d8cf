package dev.langevin.spark;

import dev.langevin.bindings.AdvisoryLock;
import dev.langevin.plan.WeightCache;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.ArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;

/**
 * Files and folders of Hadoop's file systems, as files of this host. Models are copied once a host, whichever of its
 * executors comes first, and stay; a copy is known by its place and its files' sizes and times. Any thread.
 */
final class RemoteFiles {

  private static final Pattern URI = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]+://?[^/]*/.*|file:/.*");

  private static final Pattern WEIGHTED =
      Pattern.compile("(.*?)((?::[+-]?(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][+-]?\\d+)?){0,2})");

  private static final long POLL_MILLIS = 200;

  private final Configuration configuration;
  private final Path cache; // or null where the user has no home

  RemoteFiles(Configuration configuration, Path cache) {
    this.configuration = configuration;
    this.cache = cache;
  }

  /** One that keeps its copies in the user's cache folder. */
  static RemoteFiles usual(Configuration configuration) {
    Path weights = WeightCache.usualFolder();
    return new RemoteFiles(configuration, weights == null ? null : weights.resolveSibling("bulk"));
  }

  /** A place that {@code generate} can open: of this host as it is, of another file system a copy. */
  String local(String place) throws IOException {
    if (!URI.matcher(place).matches()) {
      return place; // a path, or hf:
    }
    org.apache.hadoop.fs.Path path = new org.apache.hadoop.fs.Path(place);
    return path.toUri().getScheme().equals("file") ? path.toUri().getPath() : copied(path).toString();
  }

  /** A file's bytes, or null for one of this host. */
  byte[] bytes(String place) throws IOException {
    if (!URI.matcher(place).matches() || place.startsWith("file:")) {
      return null;
    }
    org.apache.hadoop.fs.Path path = new org.apache.hadoop.fs.Path(place);
    try (InputStream in = path.getFileSystem(configuration).open(path)) {
      return in.readAllBytes();
    }
  }

  /** As {@link #local}, of a text that may end in one weight or two, as {@code --lora} has them. */
  String localWeighted(String place) throws IOException {
    if (!URI.matcher(place).matches()) {
      return place;
    }
    Matcher parts = WEIGHTED.matcher(place);
    if (!parts.matches()) {
      throw new IOException(place + " is no place of a file");
    }
    return local(parts.group(1)) + parts.group(2);
  }

  private Path copied(org.apache.hadoop.fs.Path path) throws IOException {
    if (cache == null) {
      throw new IOException(path + " has to be copied to this host, whose user has no home for a cache; set"
          + " XDG_CACHE_HOME for the executors");
    }
    FileSystem files = path.getFileSystem(configuration);
    if (!files.exists(path)) {
      throw new IOException(path + ": there is no such file or folder");
    }
    StringBuilder state = new StringBuilder(files.makeQualified(path).toString());
    for (FileStatus file : listed(files, path)) {
      state.append('\n').append(file.getPath()).append(' ').append(file.getLen()).append(' ')
          .append(file.getModificationTime());
    }
    Path folder = cache.resolve(Digests.of(state.toString().getBytes(StandardCharsets.UTF_8)));
    Path target = folder.resolve(path.getName());
    if (!Files.exists(target)) {
      Files.createDirectories(folder);
      try (AdvisoryLock lock = lock(folder.resolve(".lock"))) {
        if (!Files.exists(target)) { // else another executor was first
          copy(files, path, target, lock);
        }
      }
    }
    return target;
  }

  private void copy(FileSystem files, org.apache.hadoop.fs.Path from, Path target, AdvisoryLock held)
      throws IOException {
    Path partial = held.file().resolveSibling(".partial"); // one at a time, under the lock
    delete(partial);
    Files.createDirectories(partial);
    org.apache.hadoop.fs.Path to = new org.apache.hadoop.fs.Path(partial.toUri());
    files.copyToLocalFile(false, from, to, true);
    Files.move(partial.resolve(from.getName()), target, StandardCopyOption.ATOMIC_MOVE);
    delete(partial);
  }

  private static AdvisoryLock lock(Path file) throws IOException {
    while (true) {
      AdvisoryLock lock = AdvisoryLock.tryLock(file);
      if (lock != null) {
        return lock;
      }
      try {
        Thread.sleep(POLL_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException(file + " was waited for until the task was stopped", e);
      }
    }
  }

  private static List<FileStatus> listed(FileSystem files, org.apache.hadoop.fs.Path path) throws IOException {
    List<FileStatus> all = new ArrayList<>();
    for (var each = files.listFiles(path, true); each.hasNext();) {
      all.add(each.next());
    }
    all.sort(Comparator.comparing(file -> file.getPath().toString()));
    return all;
  }

  private static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
  }
}
