package dev.langevin.bindings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.langevin.bindings.LibraryFolder.UnusableException;
import dev.langevin.bindings.NativeLibraries.Resource;
import java.io.IOException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LibraryFolderTest {

  private static final Resource LIBRARY = new Resource("some/library.so", "a.group:artifact");

  @TempDir
  private Path folder;

  private final List<String> warnings = new ArrayList<>();
  private Path root;
  private URL packed;
  private byte[] bytes;
  private String digest;

  @BeforeEach
  void pack() throws Exception {
    root = folder.resolve("natives");
    bytes = "a library's bytes".getBytes();
    packed = Files.write(folder.resolve("packed"), bytes).toUri().toURL();
    digest = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
  }

  private Path unpack() throws UnusableException {
    return new LibraryFolder(root, warnings::add).unpack(LIBRARY, packed, digest);
  }

  private static void mode(Path path, String permissions) throws IOException {
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
  }

  private static Object inode(Path file) throws IOException {
    return Files.getAttribute(file, "unix:ino");
  }

  @Test
  void shouldUnpackOnceForItsOwnerAlone() throws IOException {
    Path library = unpack();
    Object inode = inode(library);

    assertThat(unpack()).isEqualTo(library);
    assertThat(inode(library)).isEqualTo(inode);
    assertThat(Files.readAllBytes(library)).isEqualTo(bytes);
    for (Path made : List.of(root, library.getParent(), library)) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(made))).isEqualTo("rwx------");
    }
    assertThat(warnings).isEmpty();
  }

  /**
   * A library that is hashed at each start costs as much as a small picture: nothing but the record says that this one
   * is good.
   */
  @Test
  void shouldNotReadALibraryThatIsUnchanged() throws IOException {
    Path library = unpack();
    byte[] other = bytes.clone();
    other[0]++;
    Files.write(library, other);
    String state = digest;
    for (String attribute : List.of("ino", "size", "lastModifiedTime", "ctime")) {
      state += " " + Files.getAttribute(library, "unix:" + attribute);
    }
    Files.writeString(library.resolveSibling("library.so.checked"), state);

    assertThat(Files.readAllBytes(unpack())).isEqualTo(other);
    assertThat(warnings).isEmpty();
  }

  /** Another of the same size, which the size alone would let pass; also with its times set back. */
  @Test
  void shouldUnpackAnewWhatHasAnotherDigest() throws IOException {
    Path library = unpack();
    FileTime time = Files.getLastModifiedTime(library);
    byte[] other = bytes.clone();
    other[0]++;
    Files.write(library, other);
    Files.setLastModifiedTime(library, time);

    assertThat(Files.readAllBytes(unpack())).isEqualTo(bytes);
    assertThat(warnings).containsExactly(
        library + " is damaged, or another library than this build was made with; it is unpacked anew");
  }

  @Test
  void shouldUnpackAnewWhatWasCutOff() throws IOException {
    Path library = unpack();
    Files.write(library, new byte[3]);

    assertThat(Files.readAllBytes(unpack())).isEqualTo(bytes);
  }

  @Test
  void shouldUnpackAnewALinkAndWhatOthersMayWrite() throws IOException {
    Path library = unpack();
    Files.delete(library);
    Files.createSymbolicLink(library, folder.resolve("packed"));
    assertThat(Files.isSymbolicLink(unpack())).isFalse();

    mode(library, "rwxrwxrwx");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(unpack()))).isEqualTo("rwx------");
    assertThat(warnings).containsExactly(library + " is no plain file; it is unpacked anew",
        library + " may be written by other users; it is unpacked anew");
    assertThat(Files.readAllBytes(folder.resolve("packed"))).isEqualTo(bytes);
  }

  @Test
  void shouldReplaceARecordThatIsNoText() throws IOException {
    Path library = unpack();
    Path record = library.resolveSibling("library.so.checked");
    byte[] right = Files.readAllBytes(record);
    Files.write(record, new byte[] {(byte) 0x80, (byte) 0xff});

    assertThat(unpack()).isEqualTo(library);
    assertThat(record).hasBinaryContent(right);
    assertThat(warnings).isEmpty();
  }

  /** Whoever writes the record would say that anything was checked. */
  @Test
  void shouldNotTrustARecordThatOthersMayWrite() throws IOException {
    Path library = unpack();
    Path record = library.resolveSibling("library.so.checked");
    mode(record, "rw-rw-rw-");
    Object inode = inode(record);

    unpack();

    assertThat(inode(record)).isNotEqualTo(inode);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(record))).isEqualTo("rwx------");
  }

  @Test
  void shouldRefuseAFolderThatOthersMayWrite() throws IOException {
    Path library = unpack();
    mode(library.getParent(), "rwxrwxrwx");

    assertThatThrownBy(this::unpack).isInstanceOf(UnusableException.class)
        .hasMessage(library.getParent() + " may be written by other users, so another library could be put there");
  }

  @Test
  void shouldRefuseAFolderAndALibraryOfAnotherUser() throws IOException {
    Path library = unpack();
    assumeTrue("root".equals(System.getProperty("user.name")), "only the superuser can give a folder to another user");
    Files.setAttribute(library, "unix:uid", 12345);

    unpack();
    assertThat(warnings).containsExactly(library + " belongs to the user 12345; it is unpacked anew");

    Files.setAttribute(library.getParent(), "unix:uid", 12345);
    assertThatThrownBy(this::unpack).isInstanceOf(UnusableException.class)
        .hasMessage(library.getParent() + " belongs to the user 12345, so another library could be put there");
  }

  @Test
  void shouldRefuseToUnpackWhatThisBuildWasNotMadeWith() throws IOException {
    Files.write(folder.resolve("packed"), "another version's".getBytes());

    assertThatThrownBy(this::unpack).isInstanceOf(NativeException.class)
        .hasMessageStartingWith(packed + " has the SHA-256 ")
        .hasMessageEndingWith("; use the version of a.group:artifact that it was made with");
    try (var files = Files.list(root.resolve(digest.substring(0, 16)))) {
      assertThat(files).isEmpty();
    }
  }

  /** What the test of mounted file systems runs. */
  static final class Unpack {

    private Unpack() {}

    public static void main(String[] arguments) throws IOException {
      try {
        System.out.println(new LibraryFolder(Path.of(arguments[0]), System.out::println)
            .unpack(LIBRARY, Path.of(arguments[1]).toUri().toURL(), arguments[2]));
      } catch (UnusableException e) {
        System.out.println(e.getMessage());
      }
    }
  }

  @Test
  void shouldNameNoexecAndAFullDisk() throws Exception {
    assumeTrue("root".equals(System.getProperty("user.name")) && run("unshare", "-m", "true").isEmpty(),
        "only the superuser can mount");
    Path mounted = Files.createDirectory(folder.resolve("mounted"));
    Files.write(folder.resolve("large"), new byte[1 << 20]);
    String large = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(new byte[1 << 20]));

    assertThat(mounted(mounted, "noexec", "packed", digest))
        .isEqualTo(mounted.resolve(digest.substring(0, 16))
            + " lies on a file system that lets no program run (it is mounted noexec)");
    assertThat(mounted(mounted, "size=500k", "large", large))
        .startsWith(mounted.toString()).contains(" cannot be written: ").contains("No space left on device");
    assertThat(mounted(mounted, "ro", "packed", digest)).contains(" cannot be made: ")
        .contains("Read-only file system");
  }

  private String mounted(Path at, String option, String packed, String digest) throws Exception {
    return run("unshare", "-m", "sh", "-c", "mount -t tmpfs -o " + option + " none '" + at + "' && exec \"$@\"", "sh",
        Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx64m", "-cp",
        System.getProperty("java.class.path"),
        Unpack.class.getName(), at.toString(), folder.resolve(packed).toString(), digest);
  }

  private static String run(String... command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String text = new String(process.getInputStream().readAllBytes()).trim();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return text;
  }
}
