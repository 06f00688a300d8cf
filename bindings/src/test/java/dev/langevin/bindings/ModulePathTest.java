package dev.langevin.bindings;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langevin.bindings.onednn.OneDnn;
import dev.langevin.bindings.shim.Shim;
import java.io.File;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A modular program in a JVM of its own; the native libraries' jars on the module path, the class path or neither. */
class ModulePathTest {

  private static final String ACCESS = "--enable-native-access=dev.langevin.bindings";
  private static final Path TOOLS = Path.of(System.getProperty("java.home"), "bin");

  @TempDir
  private static Path folder;

  private static Path program;
  private static Path bindings;
  private static Path shim;
  private static Path oneDnn;

  @BeforeAll
  static void compileAProgram() throws Exception {
    bindings = Path.of(NativeLibraries.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    oneDnn = jar(NativeLibraries.ONE_DNN);
    shim = jar(NativeLibraries.SHIM);
    Path sources = Files.createDirectories(folder.resolve("sources/app"));
    Path main = Files.writeString(sources.resolve("Main.java"), """
        package app;

        import dev.langevin.bindings.onednn.OneDnn;
        import dev.langevin.bindings.shim.Shim;

        public class Main {
          public static void main(String[] arguments) {
            try {
              System.out.println(OneDnn.version() + " " + Shim.version());
            } catch (dev.langevin.bindings.NativeException e) {
              System.out.println(e.getMessage());
            }
          }
        }
        """);
    Path info = sources.resolveSibling("module-info.java");
    Files.writeString(info, "module app { requires dev.langevin.bindings; }");
    program = folder.resolve("program");
    assertThat(run("javac", "--module-path", path(bindings), "-d", path(program), path(info), path(main))).isEmpty();
  }

  /** The jar that holds a library; the shim's, which is not packaged yet while tests run, as it will be. */
  private static Path jar(NativeLibraries.Resource resource) throws Exception {
    URL library = NativeLibraries.class.getClassLoader().getResource(resource.path());
    URLConnection connection = library.openConnection();
    if (connection instanceof JarURLConnection jar) {
      return Path.of(jar.getJarFileURL().toURI());
    }
    Path classes = Path.of(library.toURI());
    for (int i = 0; i < Path.of(resource.path()).getNameCount(); i++) {
      classes = classes.getParent();
    }
    Path made = folder.resolve("langevin-native-0.2.0-linux-x86_64.jar");
    try (InputStream manifest = Files.newInputStream(classes.resolve("META-INF/MANIFEST.MF"));
        OutputStream file = Files.newOutputStream(made)) {
      Manifest written = new Manifest(manifest);
      written.getMainAttributes().putValue("Manifest-Version", "1.0");
      try (JarOutputStream jar = new JarOutputStream(file, written)) {
        for (String name : List.of(resource.path(), NativeLibraries.DIGESTS.path())) {
          jar.putNextEntry(new ZipEntry(name));
          Files.copy(classes.resolve(name), jar);
        }
      }
    }
    return made;
  }

  private static String run(String tool, String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of(TOOLS.resolve(tool).toString()));
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes()).trim();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return output;
  }

  private static String path(Object... entries) {
    List<String> parts = new ArrayList<>();
    for (Object entry : entries) {
      parts.add(entry.toString());
    }
    return String.join(File.pathSeparator, parts);
  }

  private static String start(String modulePath, String classPath, String... options) throws Exception {
    List<String> arguments = new ArrayList<>(List.of(options));
    arguments.addAll(List.of("-Xmx256m", "-Dlangevin.natives.dir=" + folder.resolve("natives")));
    arguments.addAll(List.of("--module-path", modulePath));
    if (!classPath.isEmpty()) {
      arguments.addAll(List.of("--class-path", classPath));
    }
    arguments.addAll(List.of("--module", "app/app.Main"));
    return run("java", arguments.toArray(String[]::new));
  }

  private static String versions() {
    return OneDnn.version() + " " + Shim.version();
  }

  /** A name of a jar from which none of a module can be made keeps the JVM from starting. */
  @Test
  void shouldFindLibrariesInModulesThatNothingRequires() throws Exception {
    assertThat(start(path(program, bindings, shim, oneDnn), "", ACCESS)).isEqualTo(versions());
  }

  @Test
  void shouldFindOneLibraryOnTheClassPathAndTheOtherOnTheModulePath() throws Exception {
    assertThat(start(path(program, bindings, oneDnn), path(shim), ACCESS)).isEqualTo(versions());
    assertThat(start(path(program, bindings, shim), path(oneDnn), ACCESS)).isEqualTo(versions());
  }

  @Test
  void shouldNameTheModuleThatNeedsNativeAccess() throws Exception {
    String needed = "native access is not enabled; start java with --enable-native-access=dev.langevin.bindings";
    assertThat(start(path(program, bindings), path(shim, oneDnn), "--illegal-native-access=deny",
        "--enable-native-access=ALL-UNNAMED")).isEqualTo(needed);
    assertThat(start(path(program, bindings), path(shim, oneDnn), "--illegal-native-access=deny", ACCESS))
        .isEqualTo(versions());
  }

  @Test
  void shouldNameTheJarThatIsMissingAndBothPaths() throws Exception {
    assertThat(start(path(program, bindings, shim), "", ACCESS)).isEqualTo(
        "org/bytedeco/dnnl/linux-x86_64/libgomp.so.1 is neither on the module path nor on the class path; add the"
            + " artifact org.bytedeco:dnnl:linux-x86_64, which holds it, to either");
  }
}
