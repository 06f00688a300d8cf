package dev.langevin.spark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Pictures that one row brings, as files of this host, which are gone when it is closed. */
final class RowFiles implements AutoCloseable {

  private final RemoteFiles files;
  private final List<Path> made = new ArrayList<>();

  RowFiles(RemoteFiles files) {
    this.files = files;
  }

  /** A picture's file by its place: of this host as it is. */
  Path named(String place) throws IOException {
    byte[] bytes = files.bytes(place);
    return bytes == null ? Path.of(files.local(place)) : of(place.substring(place.lastIndexOf('/') + 1), bytes);
  }

  /** A file of that name. */
  Path of(String name, byte[] bytes) throws IOException {
    Path folder = Files.createTempDirectory("langevin-row");
    made.add(folder);
    Path file = folder.resolve(name);
    made.add(file);
    return Files.write(file, bytes);
  }

  @Override
  public void close() {
    for (Path each : made.reversed()) {
      each.toFile().delete();
    }
  }
}
