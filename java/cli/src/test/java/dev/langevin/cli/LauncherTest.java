package dev.langevin.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.langevin.bindings.ProcessExit;
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
      if (arguments.length == 2) { // as after arguments that are not understood
        System.out.println("archive " + System.getProperty("langevin.archive"));
        System.out.flush();
        ProcessExit.now(2);
      }
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
    manifest.getMainAttributes().putValue("Enable-Native-Access", "ALL-UNNAMED");
    try (OutputStream file = Files.newOutputStream(jar); JarOutputStream out = new JarOutputStream(file, manifest)) {
      for (Class<?> each : List.of(Program.class, ProcessExit.class)) {
        String name = each.getName().replace('.', '/') + ".class";
        try (InputStream in = each.getClassLoader().getResourceAsStream(name)) {
          out.putNextEntry(new ZipEntry(name));
          in.transferTo(out);
        }
      }
    }
    cache = folder.resolve("cache");
  }

  private Outcome launch(String... before) throws Exception {
    return launch(List.of(before), "generate");
  }

  private Outcome launch(List<String> before, String... arguments) throws Exception {
    List<String> command = new ArrayList<>(before);
    command.add(launcher.toString());
    command.addAll(List.of(arguments));
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

  /** Else the cache would fill with archives of typing errors, and one of a command's help would serve the command. */
  @Test
  void shouldKeepNoArchiveOfWhatIsMistyped() throws Exception {
    assertThat(launch(List.of(), "genrate", "--stesp")).isEqualTo(new Outcome(2, "archive new\n", ""));
    assertThat(launch(List.of(), "--help")).isEqualTo(new Outcome(3, "made\n", ""));
    assertThat(launch(List.of(), "GENERATE/x")).isEqualTo(new Outcome(3, "made\n", ""));
    assertThat(cached()).isEmpty();
  }

  /** A Maven of the tests' own, which takes its time. */
  private void installMaven(Path place, String script) throws IOException {
    Files.createDirectories(place.getParent());
    Files.writeString(place, "#!/bin/sh\necho \"$0 $*\" >> '" + folder + "/called'\n" + script + "\n");
    Files.setPosixFilePermissions(place, PosixFilePermissions.fromString("rwx------"));
  }

  /** The tools that a shell script takes, without Maven and cmake where those are installed. */
  private Path tools(String... more) throws IOException {
    Path tools = Files.createDirectories(folder.resolve("tools"));
    for (String tool : Stream.concat(Stream.of("bash", "sh", "sed", "dirname", "readlink", "sleep", "mkdir", "locale",
        "stat", "rm", "fallocate", "uname", "env", "stty"), Stream.of(more)).toList()) {
      for (String place : List.of("/usr/bin/", "/bin/")) {
        if (Files.exists(Path.of(place + tool)) && !Files.exists(tools.resolve(tool))) {
          Files.createSymbolicLink(tools.resolve(tool), Path.of(place + tool));
        }
      }
    }
    return tools;
  }

  private Outcome build(Path tools) throws Exception {
    Outcome outcome = started(tools);
    try (Stream<Path> links = Files.list(tools)) {
      for (Path link : links.filter(Files::isSymbolicLink).toList()) {
        Files.delete(link);
      }
    }
    return outcome;
  }

  private Outcome started(Path tools) throws Exception {
    return launch(List.of("env", "PATH=" + tools, "LANGEVIN_BUILD_PAUSE=0.2"), "generate");
  }

  private Path withoutJar(boolean checked) throws IOException {
    Files.createDirectories(folder.resolve("native"));
    if (checked) {
      Files.writeString(folder.resolve("native/check-tools.sh"), "exit 0\n");
    } else {
      Files.copy(Path.of("../../native/check-tools.sh"), folder.resolve("native/check-tools.sh"));
    }
    return Files.move(folder.resolve("java/cli/target/langevin.jar"), folder.resolve("built.jar"));
  }

  @Test
  void shouldBuildWhatTheCommandLineNeedsAndSaySo() throws Exception {
    Path built = withoutJar(true);
    Path tools = tools("cp");
    installMaven(tools.resolve("mvn"),
        "echo '[INFO] Building Langevin engine 0.2.0                     [3/6]'; sleep 1;"
            + " cp '" + built + "' java/cli/target/langevin.jar");
    Outcome outcome = build(tools);
    assertThat(outcome.code()).as(outcome.err()).isEqualTo(3);
    assertThat(outcome.out()).isEqualTo("made\n");
    assertThat(outcome.err()).contains("langevin: building first; ")
        .containsPattern("langevin: building for \\d+ s: Langevin engine, 3 of 6\n").doesNotContain("INFO");
    assertThat(folder.resolve("called")).content().contains("-DskipTests -pl java/cli -am package");
  }

  @Test
  void shouldTakeTheWrapperWhereThereIsNoMavenAndTellWhyABuildFails() throws Exception {
    withoutJar(true);
    installMaven(folder.resolve("mvnw"), "echo '[INFO] x'; echo '[ERROR] A.java:[1,2] no such thing'; exit 7");
    Outcome outcome = build(tools());
    assertThat(outcome.code()).isEqualTo(1);
    assertThat(outcome.err()).contains("there is no Maven, " + folder + "/mvnw gets one")
        .contains("A.java:[1,2] no such thing\nlangevin: the build failed with code 7; ");
  }

  /** Catches Maven's page of words around the one that counts. */
  @Test
  void shouldSayInOneSentenceWhichToolIsMissing() throws Exception {
    withoutJar(false);
    Path tools = tools("g++", "make");
    installMaven(tools.resolve("mvn"), "exit 9");
    Outcome outcome = build(tools);
    assertThat(outcome).isEqualTo(
        new Outcome(1, "", "langevin: the build needs cmake; Debian package cmake brings it\n"));
    assertThat(folder.resolve("called")).doesNotExist();
  }
}
