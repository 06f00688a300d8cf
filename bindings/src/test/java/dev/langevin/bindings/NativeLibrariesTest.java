package dev.langevin.bindings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.bindings.NativeLibraries.Resource;
import dev.langevin.bindings.onednn.OneDnn;
import dev.langevin.bindings.shim.Shim;
import java.io.IOException;
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
    return new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), access, "-Xmx256m",
        "-Dlangevin.natives.dir=" + cache, "-cp", System.getProperty("java.class.path"), Load.class.getName())
        .redirectErrorStream(true).start();
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
    assertThat(files()).containsExactly("libdnnl.so.3", "libgomp.so.1", "liblangevin.so");
  }

  /** Each time: a failed initialiser of a class would hide it from the second. */
  @Test
  void shouldNameTheFlagWhenNativeAccessIsDenied() throws Exception {
    assertThat(output(load("--illegal-native-access=deny")))
        .isEqualTo("native access is not enabled; start java with --enable-native-access=ALL-UNNAMED");
  }

  @Test
  void shouldReplaceAFileThatWasCutOff() throws IOException {
    Path library = NativeLibraries.unpack(NativeLibraries.OPENMP, cache);
    byte[] whole = Files.readAllBytes(library);
    Files.write(library, java.util.Arrays.copyOf(whole, whole.length / 2));

    assertThat(NativeLibraries.unpack(NativeLibraries.OPENMP, cache)).isEqualTo(library);
    assertThat(Files.readAllBytes(library)).isEqualTo(whole);
  }

  @Test
  void shouldNotUnpackAgainWhatIsThere() throws IOException {
    Path library = NativeLibraries.unpack(NativeLibraries.OPENMP, cache);
    Object file = Files.readAttributes(library, java.nio.file.attribute.BasicFileAttributes.class).fileKey();

    NativeLibraries.unpack(NativeLibraries.OPENMP, cache);

    assertThat(Files.readAttributes(library, java.nio.file.attribute.BasicFileAttributes.class).fileKey())
        .isEqualTo(file);
  }

  /** A file where the folder should be: permissions would not stop a superuser. */
  @Test
  void shouldNameTheRemedyWhenTheCacheCannotBeWritten() throws IOException {
    Path file = Files.createFile(cache.resolve("file"));

    assertThatThrownBy(() -> NativeLibraries.unpack(NativeLibraries.OPENMP, file.resolve("natives")))
        .isInstanceOf(NativeException.class)
        .hasMessageStartingWith("cannot unpack " + NativeLibraries.OPENMP.path() + " to " + file.resolve("natives") + ": ")
        .hasMessageEndingWith("; name a writable folder with -Dlangevin.natives.dir=DIR");
  }

  @Test
  void shouldNameTheArtifactWhoseLibraryIsMissing() {
    assertThatThrownBy(() -> NativeLibraries.unpack(new Resource("no/such.so", "a.group:artifact"), cache))
        .isInstanceOf(NativeException.class)
        .hasMessage("no/such.so is not on the class path; add the artifact a.group:artifact, which holds it");
  }
}
