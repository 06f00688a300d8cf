package dev.langevin.weights;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * What tells a file from another and from what it was before, without reading it: its path, number, size and times. The
 * time of the last change of anything about the file, where the system tells it, is one that no program can set back.
 */
final class FileIdentity {

  private FileIdentity() {}

  static String of(Path path) throws IOException {
    BasicFileAttributes file = Files.readAttributes(path, BasicFileAttributes.class);
    Object changed = path.getFileSystem().supportedFileAttributeViews().contains("unix")
        ? Files.getAttribute(path, "unix:ctime") : "";
    return path.toRealPath() + " " + file.fileKey() + " " + file.size() + " " + file.lastModifiedTime() + " " + changed;
  }
}
