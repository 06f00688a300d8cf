package dev.langevin.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher beside a program of one class, which prints a line and ends with code 3. */
class LauncherTest {

  @TempDir
  private Path folder;

  private Path launcher;
  private Path cache;

  /** What the launcher starts. */
  static final class Program {

    private Program() {}

    public static void main(String[] arguments) {
      System.out.println("made");
      System.exit(3);
    }
  }

  @BeforeEach
  void install() throws IOException {
    launcher = Files.copy(Path.of("../../langevin").toAbsolutePath(), folder.resolve("langevin"));
    Files.setPosixFilePermissions(launcher, PosixFilePermissions.fromString("rwx------"));
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, Program.class.getName());
    Path jar = Files.createDirectories(folder.resolve("java/cli/target")).resolve("langevin.jar");
    String name = Program.class.getName().replace('.', '/') + ".class";
    try (OutputStream file = Files.newOutputStream(jar); JarOutputStream out = new JarOutputStream(file, manifest);
        InputStream in = Program.class.getClassLoader().getResourceAsStream(name)) {
      out.putNextEntry(new ZipEntry(name));
      in.transferTo(out);
    }
    cache = folder.resolve("cache");
  }

  private Outcome launch(String... before) throws Exception {
    List<String> command = new ArrayList<>(List.of(before));
    command.addAll(List.of(launcher.toString(), "generate"));
    Path out = folder.resolve("out");
    Path err = folder.resolve("err");
    ProcessBuilder builder = new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile())
        .directory(Files.createDirectories(folder.resolve("working")).toFile());
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().put("XDG_CACHE_HOME", cache.toString());
    Process process = builder.start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return new Outcome(process.exitValue(), Files.readString(out), Files.readString(err));
  }

  private List<String> cached() throws IOException {
    try (Stream<Path> files = Files.list(cache.resolve("langevin"))) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }

  @Test
  void shouldKeepOneArchiveOfClassesForItsOwnerAlone() throws Exception {
    assertThat(launch()).isEqualTo(new Outcome(3, "made\n", ""));
    List<String> made = cached();
    assertThat(made).singleElement().asString().startsWith("classes-generate-").endsWith(".jsa");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(cache.resolve("langevin"))))
        .isEqualTo("rwx------");
    Object first = Files.getAttribute(cache.resolve("langevin").resolve(made.getFirst()), "unix:ino");

    assertThat(launch()).isEqualTo(new Outcome(3, "made\n", ""));
    assertThat(cached()).isEqualTo(made);
    assertThat(Files.getAttribute(cache.resolve("langevin").resolve(made.getFirst()), "unix:ino")).isEqualTo(first);
  }

  /** An archive is code. */
  @Test
  void shouldUseNoArchiveWhereOthersMayWrite() throws Exception {
    Files.setPosixFilePermissions(Files.createDirectories(cache.resolve("langevin")),
        PosixFilePermissions.fromString("rwxrwxrwx"));

    assertThat(launch()).isEqualTo(new Outcome(3, "made\n", "langevin: warning: " + cache
        + "/langevin can be written by other users; starts are slower without an archive of classes there\n"));
    assertThat(cached()).isEmpty();
  }

  /** Names without a folder are ones of the working directory. */
  @Test
  void shouldMakeNothingWithoutAHome() throws Exception {
    assertThat(launch("env", "-u", "HOME", "-u", "XDG_CACHE_HOME")).isEqualTo(new Outcome(3, "made\n", ""));
    assertThat(launch("env", "HOME=?", "XDG_CACHE_HOME=?")).isEqualTo(new Outcome(3, "made\n", ""));
    assertThat(folder.resolve("working")).isEmptyDirectory();
  }

  /** The JVM would print to the output, and end with code 1, after the work was done. */
  @Test
  void shouldEndAsTheProgramDoesOnAFullDisk() throws Exception {
    assumeTrue(
        "root".equals(System.getProperty("user.name"))
            && new ProcessBuilder("unshare", "-m", "true").start().waitFor() == 0,
        "only the superuser can mount a small disk");
    Files.createDirectory(cache);

    assertThat(
        launch("unshare", "-m", "sh", "-c", "mount -t tmpfs -o size=1m none '" + cache + "' && exec \"$@\"", "sh"))
            .isEqualTo(new Outcome(3, "made\n",
                "langevin: warning: " + cache + "/langevin cannot hold an archive of classes, 48 MiB"
                    + " (No space left on device); starts are slower without it\n"));
  }
}
