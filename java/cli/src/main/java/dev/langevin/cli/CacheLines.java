package dev.langevin.cli;

import dev.langevin.plan.WeightCache;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * A small file of lines in the user's cache folder, the newest last. What is lost of it is found out again, so a folder
 * that is not there, full or somebody else's is no error: nothing is kept then. Processes that write at once may lose
 * one another's newest lines, never half a line.
 */
final class CacheLines {

  private static final int MOST_LINES = 2000;

  private static final Set<PosixFilePermission> OTHERS =
      Set.of(PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE);

  private final Path file;

  /** @param folder or null for none */
  CacheLines(Path folder, String name) {
    this.file = folder == null ? null : folder.resolve(name);
  }

  /** The user's cache folder, or null where there is none. */
  static Path usualFolder() {
    Path weights = WeightCache.usualFolder();
    return weights == null ? null : weights.getParent();
  }

  /** All of them, or none where the file cannot be trusted. */
  synchronized List<String> read() {
    try {
      return file == null || !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) || !isOwn(file)
          || !isOwn(file.getParent()) ? List.of() : Files.readAllLines(file, StandardCharsets.UTF_8);
    } catch (IOException e) {
      return List.of();
    }
  }

  /** Adds a line in the place of those that end alike. */
  synchronized void add(String line, String ending) {
    if (file == null || line.lines().count() != 1) {
      return;
    }
    List<String> lines = new ArrayList<>(read());
    if (!lines.isEmpty() && lines.getLast().equals(line)) {
      return;
    }
    lines.removeIf(each -> each.endsWith(ending));
    lines.add(line);
    List<String> newest = lines.subList(Math.max(0, lines.size() - MOST_LINES), lines.size());
    Path partial = null;
    try {
      Files.createDirectories(file.getParent(),
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      if (!isOwn(file.getParent())) {
        return;
      }
      partial = Files.createTempFile(file.getParent(), ".lines", ".partial"); // the user's alone
      Files.write(partial, newest, StandardCharsets.UTF_8);
      Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      // as said above
    } finally {
      if (partial != null) {
        partial.toFile().delete();
      }
    }
  }

  private static boolean isOwn(Path place) throws IOException {
    return Files.getPosixFilePermissions(place).stream().noneMatch(OTHERS::contains)
        && Files.isReadable(place);
  }
}
