package dev.langevin;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.lang.module.Configuration;
import java.lang.module.FindException;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReference;
import java.lang.module.ResolvedModule;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a program gets with the artifact: modules that run, of the jars where they are packaged, and no others. */
class ArtifactTest {

  private static final Path TOOLS = Path.of(System.getProperty("java.home"), "bin");
  private static final Path EMOJI = Path.of("../cli/src/main/resources/dev/langevin/cli/emoji").toAbsolutePath();
  private static final Path DOCUMENT = Path.of("../../docs/embedding.md");
  private static final Pattern ROW = Pattern.compile("\\| `([^`]+:[^`]+)` \\| (?:`([^`]+)`)? *\\|.*");

  /** Their jars are read as resources: nobody requires a module of theirs. */
  private static final List<String> NATIVES = List.of("dev.langevin:langevin-native", "org.bytedeco:dnnl");

  @TempDir
  private Path folder;

  private static List<String> classPath() {
    return List.of(System.getProperty("java.class.path").split(File.pathSeparator));
  }

  /** The modules that the backend needs, and through it the engine, with the places of their jars or classes. */
  private static Map<String, Path> modules() {
    Map<String, ModuleReference> found = new HashMap<>();
    List<Path> places = new ArrayList<>();
    for (String entry : classPath()) {
      try {
        ModuleFinder.of(Path.of(entry)).findAll().forEach(each -> found.putIfAbsent(each.descriptor().name(), each));
        places.add(Path.of(entry));
      } catch (FindException e) {
        assertThat(entry).doesNotContain("langevin"); // a test's, whose name no module can have
      }
    }
    Configuration resolved = Configuration.resolve(ModuleFinder.of(places.toArray(Path[]::new)),
        List.of(ModuleLayer.boot().configuration()), ModuleFinder.of(), List.of("dev.langevin.onednn"));
    Map<String, Path> needed = new TreeMap<>();
    for (ResolvedModule each : resolved.modules()) {
      needed.put(each.name(), Path.of(found.get(each.name()).location().orElseThrow()));
    }
    return needed;
  }

  /** Catches a dependency that came in unnoticed, and one that is told of and gone. */
  @Test
  void shouldNeedWhatItsDocumentLists() throws Exception {
    List<String> listed = new ArrayList<>();
    List<String> natives = new ArrayList<>();
    for (String line : Files.readAllLines(DOCUMENT)) {
      Matcher row = ROW.matcher(line);
      if (row.matches()) {
        (row.group(2) == null ? natives : listed).add(row.group(2) == null ? row.group(1) : row.group(2));
      }
    }
    assertThat(listed).containsExactlyInAnyOrderElementsOf(modules().keySet());
    assertThat(natives).containsExactlyInAnyOrderElementsOf(NATIVES);
  }

  @Test
  void shouldRunAModularProgramThatRequiresTheEngineAlone() throws Exception {
    Path sources = Files.createDirectories(folder.resolve("sources/app"));
    Path main = Files.writeString(sources.resolve("Main.java"), """
        package app;

        import dev.langevin.pipeline.Pipeline;
        import dev.langevin.pipeline.Pipelines;
        import dev.langevin.request.GenerationRequest;
        import java.awt.image.BufferedImage;
        import java.nio.file.Path;

        public class Main {
          public static void main(String[] arguments) {
            try (Pipeline model = Pipelines.open(Path.of(arguments[0]))) {
              BufferedImage made = model.generate(GenerationRequest.prompt("a red apple").steps(2).build()).image(0);
              System.out.println(made.getWidth() + "x" + made.getHeight() + " " + model.build());
            }
          }
        }
        """);
    Path info = Files.writeString(sources.resolveSibling("module-info.java"),
        "module app { requires dev.langevin.engine; }");
    List<String> places = new ArrayList<>(modules().values().stream().map(Path::toString).toList());
    Path program = folder.resolve("program");
    assertThat(run("javac", "--module-path", String.join(File.pathSeparator, places), "-d", program.toString(),
        info.toString(), main.toString())).isEmpty();
    places.add(program.toString());
    List<String> natives = classPath().stream().filter(entry -> entry.contains("dnnl")
        || entry.contains("langevin-native") || Files.exists(Path.of(entry, "dev/langevin/native"))).toList();
    assertThat(natives).hasSizeGreaterThanOrEqualTo(2);
    String said = run("java", "--illegal-native-access=deny", "--enable-native-access=dev.langevin.bindings",
        "-Xmx512m",
        "-Djava.awt.headless=true", "--module-path", String.join(File.pathSeparator, places), "--class-path",
        String.join(File.pathSeparator, natives), "--module", "app/app.Main", EMOJI.toString());
    assertThat(said).startsWith("64x64 ").contains("oneDNN");
  }

  /** What is published has one version, which the document tells; a snapshot is not told of as one to depend on. */
  @Test
  void shouldHaveOneVersion() throws Exception {
    Path root = Path.of("../..");
    Pattern parent = Pattern.compile("(?s)<artifactId>langevin</artifactId>\\s*<version>([^<]+)</version>");
    Matcher own = parent.matcher(Files.readString(root.resolve("pom.xml")));
    assertThat(own.find()).isTrue();
    String version = own.group(1);
    try (Stream<Path> files = Files.walk(root, 3)) {
      List<Path> poms = files.filter(file -> file.endsWith("pom.xml") && !file.toString().contains("target")).toList();
      assertThat(poms).hasSizeGreaterThan(10).allSatisfy(pom -> {
        Matcher its = parent.matcher(Files.readString(pom));
        assertThat(its.find()).isTrue();
        assertThat(its.group(1)).isEqualTo(version);
      });
    }
    assertThat(DOCUMENT).content().contains("<version>" + version + "</version>");
    String said = version.replace("-SNAPSHOT", "");
    Path cli = root.resolve("java/cli/src/main/java/dev/langevin/cli");
    assertThat(cli.resolve("Langevin.java")).content().contains("\"langevin " + said + "\"");
    assertThat(cli.resolve("RecordedMachine.java")).content().contains("\"langevin " + said + "\"");
    assertThat(root.resolve("java/hub/src/main/java/dev/langevin/hub/HubConnection.java")).content()
        .contains("langevin/" + said);
  }

  private static String run(String tool, String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of(TOOLS.resolve(tool).toString()));
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return output;
  }
}
