package dev.langevin.spark;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;

/**
 * The folder that a job writes to, on any file system of Hadoop's. A file is there whole or not at all: where renames
 * are atomic it is written under a temporary name first, else it is put, which object stores show when it is complete.
 * Any thread.
 */
final class Store {

  /** File systems whose rename replaces a name at once; those of objects copy instead. */
  private static final Set<String> RENAMES = Set.of("file", "hdfs", "viewfs", "ofs", "o3fs");

  /** Names that begin so are no data to Spark. */
  private static final String TEMPORARY = "_temporary";

  private final FileSystem files;
  private final Path root;
  private final boolean renames;

  /** @throws IOException if there is no such file system, or it cannot be reached */
  Store(String folder, Configuration configuration) throws IOException {
    Path path = new Path(folder);
    FileSystem found = path.getFileSystem(configuration);
    files = found instanceof LocalFileSystem local ? local.getRawFileSystem() : found; // without a .crc beside each
    root = found.makeQualified(path);
    renames = RENAMES.contains(root.toUri().getScheme());
  }

  URI uri() {
    return root.toUri();
  }

  /** Where a name lies, as Spark reads it. */
  String path(String name) {
    return new Path(root, name).toString();
  }

  boolean exists(String name) throws IOException {
    return files.exists(new Path(root, name));
  }

  /** Whether nothing lies in the folder, or there is none. */
  boolean isEmpty() throws IOException {
    return names("").isEmpty();
  }

  /** What lies in a folder of it, or nothing where there is none. */
  List<String> names(String folder) throws IOException {
    List<String> names = new ArrayList<>();
    try {
      for (FileStatus file : files.listStatus(folder.isEmpty() ? root : new Path(root, folder))) {
        names.add(file.getPath().getName());
      }
    } catch (FileNotFoundException e) {
      // there is none
    }
    return names;
  }

  /** A file's bytes, or null where there is none. */
  byte[] read(String name) throws IOException {
    try (InputStream in = files.open(new Path(root, name))) {
      return in.readAllBytes();
    } catch (FileNotFoundException e) {
      return null;
    }
  }

  /**
   * Writes a file, in the place of one that may be there.
   *
   * @throws IOException if it cannot be written, which leaves what was there
   */
  void write(String name, byte[] bytes) throws IOException {
    Path target = new Path(root, name);
    if (!renames) {
      put(target, bytes);
      return;
    }
    Path partial = new Path(new Path(root, TEMPORARY), UUID.randomUUID().toString());
    try {
      put(partial, bytes);
      files.mkdirs(target.getParent());
      rename(partial, target);
    } catch (IOException | RuntimeException e) {
      deleteQuietly(partial);
      throw e;
    }
  }

  private void put(Path path, byte[] bytes) throws IOException {
    if (files instanceof RawLocalFileSystem local) { // whose own way starts a process for each file, chmod
      java.nio.file.Path file = local.pathToFile(path).toPath();
      Files.createDirectories(file.getParent());
      Files.write(file, bytes);
      return;
    }
    try (FSDataOutputStream out = files.create(path, true)) {
      ((OutputStream) out).write(bytes);
    }
  }

  /** A rename does not replace a file of HDFS; two tasks that make one picture write the same. */
  private void rename(Path from, Path to) throws IOException {
    if (files.rename(from, to)) {
      return;
    }
    files.delete(to, false);
    if (!files.rename(from, to)) {
      throw new IOException(to + " cannot be written: " + from + " cannot be renamed to it");
    }
  }

  private void deleteQuietly(Path path) {
    try {
      files.delete(path, false);
    } catch (IOException e) {
      // the first failure is told
    }
  }

  /** Gives a file or folder another name, under which nothing lies. */
  void move(String from, String to) throws IOException {
    if (!files.rename(new Path(root, from), new Path(root, to))) {
      throw new IOException(path(from) + " cannot be renamed to " + path(to));
    }
  }

  /** Removes a file, or a folder with all that it holds; nothing where there is none. */
  void delete(String name) throws IOException {
    files.delete(name.isEmpty() ? root : new Path(root, name), true);
  }

  /** Removes what tasks that were killed have left. */
  void sweep() throws IOException {
    delete(TEMPORARY);
  }
}
