package dev.langevin.bindings;

import dev.langevin.bindings.NativeLibraries.Resource;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * A folder in which libraries lie unpacked, each in {@code DIGEST/NAME}. What lies there is code that the process will
 * run: so the folder and the library must be the user's or the system's, writable by nobody else, and the library's
 * SHA-256 the one that this build was made with.
 *
 * <p>
 * To hash 50 megabytes at each start would cost more than a small picture. The file {@code NAME.checked} holds what a
 * library was when its digest was compared: inode, size and both times, of which nobody but the system sets the time of
 * its last change. Where the library is still that, it is not read.
 */
final class LibraryFolder {

  /** Why libraries cannot lie in a folder, where they may in another. */
  static final class UnusableException extends IOException {
    private static final long serialVersionUID = 1;

    UnusableException(String message, Throwable cause) {
      super(message, cause);
    }
  }

  private static final String CHECKED = ".checked";
  private static final int OTHERS_WRITE = 0022;
  private static final int KIND = 0170000;
  private static final int FOLDER = 0040000;
  private static final int REGULAR = 0100000;
  private static final int SYSTEM = 0;
  private static final Set<PosixFilePermission> OWN = PosixFilePermissions.fromString("rwx------");

  private final Path root;
  private final Consumer<String> warnings;

  /**
   * @param root made where it is not there
   * @param warnings told of libraries that are not what they should be
   */
  LibraryFolder(Path root, Consumer<String> warnings) {
    this.root = root;
    this.warnings = warnings;
  }

  /**
   * The library's file, unpacked now where it is not there as it should be: under another name first, then renamed, so
   * that of two processes that do so at once none loads half a file.
   *
   * @param from where it is packed
   * @param sha256 of its bytes, in hexadecimal
   * @throws UnusableException if it cannot be unpacked here, or not be run from here
   */
  Path unpack(Resource resource, URL from, String sha256) throws UnusableException {
    Path folder = root.resolve(sha256.substring(0, 16));
    Path library = folder.resolve(resource.fileName());
    try {
      requireOwn(folder);
      if (!isGood(library, sha256)) {
        write(resource, from, sha256, library);
      }
    } catch (UnusableException e) {
      throw e;
    } catch (IOException e) {
      throw new UnusableException(library + " cannot be written: " + reason(e), e);
    }
    requireExecutable(library);
    return library;
  }

  private static String reason(IOException e) {
    return e instanceof java.nio.file.FileSystemException system && system.getReason() != null ? system.getReason()
        : e.toString();
  }

  private static void requireOwn(Path folder) throws IOException {
    FileAttribute<Set<PosixFilePermission>> own = PosixFilePermissions.asFileAttribute(OWN);
    try {
      Files.createDirectories(folder, own);
    } catch (IOException e) {
      throw new UnusableException(folder + " cannot be made: " + e, e);
    }
    String fault = fault(attributes(folder), FOLDER);
    if (fault != null) {
      throw new UnusableException(folder + " " + fault + ", so another library could be put there", null);
    }
  }

  private static Map<String, Object> attributes(Path path) throws IOException {
    return Files.readAttributes(path, "unix:ino,size,lastModifiedTime,ctime,uid,mode", LinkOption.NOFOLLOW_LINKS);
  }

  /** What keeps something from being trusted, or null. */
  private static String fault(Map<String, Object> attributes, int kind) throws IOException {
    int mode = (Integer) attributes.get("mode");
    int owner = (Integer) attributes.get("uid");
    if ((mode & KIND) != kind) {
      return "is no " + (kind == FOLDER ? "folder" : "plain file");
    }
    if (owner != SYSTEM && owner != user()) {
      return "belongs to the user " + owner;
    }
    return (mode & OTHERS_WRITE) == 0 ? null : "may be written by other users";
  }

  /**
   * The process's effective user. The owner of /proc/self would be the superuser for a process that may not be traced.
   */
  private static int user() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("Uid:")) {
        return Integer.parseUnsignedInt(line.split("\\s+")[2]);
      }
    }
    throw new IOException("/proc/self/status does not tell the process's user");
  }

  private boolean isGood(Path library, String sha256) throws IOException {
    Map<String, Object> found;
    try {
      found = attributes(library);
    } catch (NoSuchFileException e) {
      return false;
    }
    String fault = fault(found, REGULAR);
    if (fault != null) {
      warnings.accept(library + " " + fault + "; it is unpacked anew");
      return false;
    }
    String state = state(sha256, found);
    if (state.equals(checked(library))) {
      return true;
    }
    if (!digest(library).equals(sha256)) {
      warnings.accept(library + " is damaged, or another library than this build was made with; it is unpacked anew");
      return false;
    }
    keep(library, state);
    return true;
  }

  private static String state(String sha256, Map<String, Object> of) {
    return sha256 + " " + of.get("ino") + " " + of.get("size") + " " + of.get("lastModifiedTime") + " "
        + of.get("ctime");
  }

  /** What the library was when its digest was compared, or null. */
  private static String checked(Path library) throws IOException {
    Path record = library.resolveSibling(library.getFileName() + CHECKED);
    try {
      // of any bytes: what is damaged says that nothing was compared
      return fault(attributes(record), REGULAR) == null ? Files.readString(record, StandardCharsets.ISO_8859_1) : null;
    } catch (NoSuchFileException e) {
      return null;
    }
  }

  /** A folder that may only be read serves as well: the digest is compared at each start then. */
  private static void keep(Path library, String state) {
    try {
      replace(library.resolveSibling(library.getFileName() + CHECKED), partial -> Files.writeString(partial, state));
    } catch (IOException e) {
      // as above
    }
  }

  private static String digest(Path library) throws IOException {
    try (InputStream in = Files.newInputStream(library)) {
      return copy(in, OutputStream.nullOutputStream());
    }
  }

  private static void write(Resource resource, URL from, String sha256, Path library) throws IOException {
    replace(library, partial -> {
      requireExecutable(partial);
      String written;
      try (InputStream in = from.openStream(); OutputStream out = Files.newOutputStream(partial)) {
        written = copy(in, out);
      }
      if (!written.equals(sha256)) {
        throw new NativeException(from + " has the SHA-256 " + written + ", this build was made with " + sha256
            + "; use the version of " + resource.artifact() + " that it was made with");
      }
    });
    keep(library, state(sha256, attributes(library)));
  }

  /** What writes a file that exists and is empty. */
  private interface Contents {
    void write(Path partial) throws IOException;
  }

  private static void replace(Path file, Contents contents) throws IOException {
    Path partial = Files.createTempFile(file.getParent(), "unpacking", null, PosixFilePermissions.asFileAttribute(OWN));
    try {
      contents.write(partial);
      Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(partial);
    }
  }

  /** Of a file that its owner may execute the system says otherwise only where the file system is mounted so. */
  private static void requireExecutable(Path file) throws UnusableException {
    if (!Files.isExecutable(file)) {
      throw new UnusableException(
          file.getParent() + " lies on a file system that lets no program run (it is mounted noexec)",
          new FileNotFoundException(file.toString()));
    }
  }

  /** @return SHA-256 of what was copied, in hexadecimal */
  private static String copy(InputStream in, OutputStream out) throws IOException {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java runtime has SHA-256", e);
    }
    byte[] chunk = new byte[1 << 20];
    for (int count = in.read(chunk); count >= 0; count = in.read(chunk)) {
      digest.update(chunk, 0, count);
      out.write(chunk, 0, count);
    }
    return HexFormat.of().formatHex(digest.digest());
  }
}
