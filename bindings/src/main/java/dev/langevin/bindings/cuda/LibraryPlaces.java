package dev.langevin.bindings.cuda;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Where NVIDIA's libraries are looked for beside the system's loader: the folders of the system property
 * {@value #PROPERTY}, before it; after it those of NVIDIA's packages and of the wheels that pip installs.
 */
final class LibraryPlaces {

  /** Folders, with colons between them. */
  static final String PROPERTY = "langevin.cuda.libraries";

  private LibraryPlaces() {}

  /** What the user has named. */
  static List<Path> named(String property) {
    List<Path> folders = new ArrayList<>();
    for (String name : property.split(":")) {
      if (!name.isEmpty()) {
        try {
          folders.add(Path.of(name));
        } catch (InvalidPathException e) {
          throw new IllegalArgumentException("-D" + PROPERTY + ": \"" + name + "\" is no path", e);
        }
      }
    }
    return folders;
  }

  /** The usual ones that exist, as the file system has them below {@code root}. */
  static List<Path> usual(Path root, String home, String virtualEnvironment) {
    List<Path> folders = new ArrayList<>();
    matching(root.resolve("usr/local"), "cuda*", "lib64", folders);
    add(folders, root.resolve("usr/lib/x86_64-linux-gnu"));
    add(folders, root.resolve("usr/lib/wsl/lib"));
    List<Path> pythons = new ArrayList<>();
    if (virtualEnvironment != null) {
      pythons.add(root.resolve(relative(virtualEnvironment)).resolve("lib"));
    }
    if (home != null) {
      pythons.add(root.resolve(relative(home)).resolve(".local/lib"));
    }
    pythons.add(root.resolve("usr/local/lib"));
    for (Path python : pythons) {
      for (String packages : new String[] {"site-packages", "dist-packages"}) {
        List<Path> found = new ArrayList<>();
        matching(python, "python3*", packages + "/nvidia", found);
        found.forEach(nvidia -> matching(nvidia, "*", "lib", folders));
      }
    }
    return folders;
  }

  private static String relative(String path) {
    return path.replaceFirst("^/+", "");
  }

  /** Files of a folder whose names begin so, the last of the alphabet first: that is the newest version. */
  static List<Path> files(Path folder, String prefix) {
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> found = Files.newDirectoryStream(folder, prefix + "*")) {
      found.forEach(files::add);
    } catch (IOException e) {
      return List.of(); // a folder that is not there, or not ours to read, has none
    }
    files.sort((one, other) -> other.compareTo(one));
    return files;
  }

  private static void matching(Path folder, String pattern, String below, List<Path> folders) {
    if (!Files.isDirectory(folder)) {
      return;
    }
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, pattern)) {
      entries.forEach(found::add);
    } catch (IOException e) {
      return;
    }
    found.sort((one, other) -> other.compareTo(one));
    found.forEach(each -> add(folders, each.resolve(below)));
  }

  private static void add(List<Path> folders, Path folder) {
    if (Files.isDirectory(folder)) {
      folders.add(folder);
    }
  }
}
