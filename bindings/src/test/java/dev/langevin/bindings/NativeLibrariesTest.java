package dev.langevin.bindings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.bindings.NativeLibraries.Resource;
import dev.langevin.bindings.onednn.OneDnn;
import dev.langevin.bindings.shim.Shim;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativeLibrariesTest {

  @TempDir
  private Path cache;

  /** What the processes below run. */
  static final class Load {

    private Load() {}

    public static void main(String[] arguments) {
      try {
        System.out.println(OneDnn.version() + " " + Shim.version());
      } catch (NativeException first) {
        try {
          System.out.println(Shim.version());
        } catch (NativeException second) {
          System.out.println(second.getMessage());
        }
      }
    }
  }

  private Process load(String access) throws IOException {
    return start(null, access, "-Dlangevin.natives.dir=" + cache);
  }

  private static Process start(Path directory, String... options) throws IOException {
    List<String> command =
        new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx256m"));
    command.addAll(List.of(options));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Load.class.getName()));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().remove("XDG_CACHE_HOME");
    return builder.directory(directory == null ? null : directory.toFile()).start();
  }

  private static String output(Process process) throws IOException, InterruptedException {
    String text = new String(process.getInputStream().readAllBytes()).trim();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return text;
  }

  private List<String> files() throws IOException {
    try (Stream<Path> files = Files.walk(cache)) {
      return files.filter(Files::isRegularFile).map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  /** Half a file loaded by the one while the other writes it, or files left over. */
  @Test
  void shouldServeTwoProcessesThatStartAtOnceWithAnEmptyCache() throws Exception {
    List<Process> processes = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      processes.add(load("--enable-native-access=ALL-UNNAMED"));
    }
    for (Process process : processes) {
      assertThat(output(process)).isEqualTo(OneDnn.version() + " " + Shim.version());
    }
    assertThat(files()).containsExactly("libdnnl.so.3", "libdnnl.so.3.checked", "libgomp.so.1", "libgomp.so.1.checked",
        "liblangevin.so", "liblangevin.so.checked");
  }

  /** Each time: a failed initialiser of a class would hide it from the second. */
  @Test
  void shouldNameTheFlagWhenNativeAccessIsDenied() throws Exception {
    assertThat(output(load("--illegal-native-access=deny")))
        .isEqualTo("native access is not enabled; start java with --enable-native-access=ALL-UNNAMED");
  }

  /** One that a program of the working directory could have put there. */
  @Test
  void shouldUnpackToATemporaryFolderWithoutAHome() throws Exception {
    Path temporary = Files.createDirectory(cache.resolve("temporary"));
    Process process =
        start(cache, "-Duser.home=?", "-Djava.io.tmpdir=" + temporary, "--enable-native-access=ALL-UNNAMED");

    assertThat(output(process).lines()).containsExactly(
        "langevin: warning: native libraries are unpacked to a temporary folder at each start: there is no home folder"
            + " to keep them in"
            + " (user.home is ?); name a folder of your own with -Dlangevin.natives.dir=DIR, or with XDG_CACHE_HOME",
        OneDnn.version() + " " + Shim.version());
    assertThat(files()).isEmpty();
  }

  /** A file where the folder should be: permissions would not stop a superuser. */
  @Test
  void shouldSayWhatWasTriedWhereTheCacheCannotBeMade() throws Exception {
    Path home = Files.createFile(cache.resolve("home"));
    Process process = start(cache, "-Duser.home=" + home, "--enable-native-access=ALL-UNNAMED");

    assertThat(output(process).lines()).hasSize(2).first().asString()
        .startsWith("langevin: warning: native libraries are unpacked to a temporary folder at each start: " + home)
        .contains(" cannot be made: ");
  }

  /** The Java runtime's own message knows the path alone. */
  @Test
  void shouldTellTheLoadersOwnWords() throws IOException {
    Path library = unpack(NativeLibraries.OPENMP, cache);
    byte[] bytes = Files.readAllBytes(library);
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    Path newer = Files.write(cache.resolve("newer.so"),
        text.replace("GLIBC_2.2.5", "GLIBC_9.9.9").getBytes(StandardCharsets.ISO_8859_1));

    assertThat(text).contains("GLIBC_2.2.5");
    assertThatThrownBy(() -> Loader.open(newer)).isInstanceOf(NativeException.class)
        .hasMessageStartingWith(newer + " cannot be loaded; the system's loader says: ")
        .hasMessageContaining("GLIBC_9.9.9");
  }

  /** A file where the folder should be: permissions would not stop a superuser. */
  @Test
  void shouldNameTheRemedyWhenTheChosenFolderCannotBeWritten() throws Exception {
    Path file = Files.createFile(cache.resolve("file"));

    assertThat(
        output(start(cache, "-Dlangevin.natives.dir=" + file.resolve("natives"), "--enable-native-access=ALL-UNNAMED")))
            .startsWith(file.resolve("natives").toString()).contains(" cannot be made: ")
            .endsWith("; name another folder with -Dlangevin.natives.dir=DIR");
  }

  @Test
  void shouldNameTheArtifactWhoseLibraryIsMissing() {
    assertThatThrownBy(() -> NativeLibraries.find(new Resource("no/such.so", "a.group:artifact")))
        .isInstanceOf(NativeException.class)
        .hasMessage("no/such.so is not on the class path; add the artifact a.group:artifact, which holds it");
  }

  private static Path unpack(Resource resource, Path folder) throws IOException {
    return new LibraryFolder(folder, warning -> {}).unpack(resource, NativeLibraries.find(resource),
        NativeLibraries.digest(resource));
  }

  /** A name without a folder is one of the working directory. */
  @Test
  void shouldTakeOnlyWholePathsForACacheFolder() {
    assertThat(CacheFolder.usual("/x", "/home/a")).isEqualTo(Path.of("/x"));
    assertThat(CacheFolder.usual(null, "/home/a")).isEqualTo(Path.of("/home/a/.cache"));
    assertThat(CacheFolder.usual("", "/home/a")).isEqualTo(Path.of("/home/a/.cache"));
    assertThat(CacheFolder.usual("x", "/home/a")).isEqualTo(Path.of("/home/a/.cache"));
    assertThat(CacheFolder.usual(null, "?")).isNull();
    assertThat(CacheFolder.usual("?/.cache", "")).isNull();
  }
}
