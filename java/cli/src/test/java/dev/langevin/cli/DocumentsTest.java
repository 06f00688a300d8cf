package dev.langevin.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What the documents say is true: their links lead somewhere, their commands exist, and the runnable ones run. */
class DocumentsTest {

  private static final Path ROOT = Path.of("../..").toAbsolutePath().normalize();
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
  private static final Pattern BLOCK = Pattern.compile("(?ms)^```([^\n]*)\n(.*?)^```\\s*?$");
  private static final Pattern INLINE = Pattern.compile("`([^`\n]+)`");
  private static final Pattern HEADING = Pattern.compile("(?m)^#+ +(.*?)\\s*$");
  private static final Pattern COMMAND = Pattern.compile("^(?:    )?(?:\\w+=\\S+ )*(?:\\./)?langevin ([a-z].*)$");
  private static final Pattern WORD = Pattern.compile("\"((?:[^\"\\\\]|\\\\.)*)\"|'([^']*)'|([^\\s\"']+)");
  private static final Pattern OUT = Pattern.compile("--out (\\S+)");
  private static final long MOST_SECONDS = 600; // of a block, on a machine that does much else

  @TempDir
  private Path folder;

  private static List<Path> documents() throws IOException {
    List<Path> found = new ArrayList<>(
        Stream.of("README.md", "CONTRIBUTING.md", "SECURITY.md").map(ROOT::resolve).toList());
    try (Stream<Path> files = Files.walk(ROOT.resolve("docs"))) {
      files.filter(file -> file.toString().endsWith(".md")).sorted().forEach(found::add);
    }
    assertThat(found).hasSizeGreaterThan(20);
    return found;
  }

  private static String prose(Path document) throws IOException {
    return BLOCK.matcher(Files.readString(document)).replaceAll("");
  }

  /** Anchors as GitHub makes them of headings. */
  private static Set<String> anchors(Path document) throws IOException {
    Set<String> anchors = new HashSet<>();
    HEADING.matcher(prose(document)).results().map(found -> found.group(1).toLowerCase(Locale.ROOT))
        .forEach(heading -> anchors.add(heading.replaceAll("[^\\w\\- ]", "").replace(' ', '-')));
    return anchors;
  }

  @Test
  void shouldLinkToWhatIsThere() throws IOException {
    List<String> broken = new ArrayList<>();
    int looked = 0;
    for (Path document : documents()) {
      for (MatchResult found : LINK.matcher(INLINE.matcher(prose(document)).replaceAll("")).results().toList()) {
        String link = found.group(1);
        if (link.matches("[a-z]+:.*")) {
          continue;
        }
        looked++;
        String[] parts = link.split("#", 2);
        Path target = parts[0].isEmpty() ? document : document.resolveSibling(parts[0]).normalize();
        if (!target.startsWith(ROOT) || !Files.exists(target)
            || parts.length == 2 && !anchors(target).contains(parts[1])) {
          broken.add(ROOT.relativize(document) + ": " + link);
        }
      }
    }
    assertThat(broken).isEmpty();
    assertThat(looked).isGreaterThan(100);
  }

  @Test
  void shouldListEveryDocumentInTheirIndex() throws IOException {
    Path index = ROOT.resolve("docs/README.md");
    Set<Path> listed = new HashSet<>();
    LINK.matcher(prose(index)).results()
        .forEach(found -> listed.add(index.resolveSibling(found.group(1)).normalize()));
    assertThat(documents()).filteredOn(file -> file.startsWith(ROOT.resolve("docs")) && !file.equals(index))
        .isSubsetOf(listed);
  }

  @Test
  void shouldKeepTheReadmeShort() throws IOException {
    assertThat(Files.readAllLines(ROOT.resolve("README.md"))).hasSizeLessThanOrEqualTo(120);
  }

  /** Catches an option that was renamed or never there, also in the commands that are too long to run. */
  @Test
  void shouldNameCommandsAndOptionsThatExist() throws IOException {
    CommandLine line = Langevin.commandLine();
    List<String> wrong = new ArrayList<>();
    int looked = 0;
    for (Path document : documents()) {
      for (String command : commands(Files.readString(document))) {
        looked++;
        try {
          line.parseArgs(words(command));
        } catch (CommandLine.ParameterException e) {
          wrong.add(ROOT.relativize(document) + ": langevin " + command + ": " + e.getMessage());
        }
      }
    }
    assertThat(wrong).isEmpty();
    assertThat(looked).isGreaterThan(80);
  }

  private static List<String> commands(String text) {
    List<String> commands = new ArrayList<>();
    Stream<String> inline = INLINE.matcher(text).results().map(found -> found.group(1))
        .filter(code -> code.startsWith("./langevin "));
    Stream.concat(text.replaceAll("\\\\\n *", "").lines(), inline).forEach(line -> {
      Matcher command = COMMAND.matcher(line);
      if (command.matches()) {
        commands.add(command.group(1).replaceAll("(\\s+> \\S+)?(\\s+#.*)?$", ""));
      }
    });
    return commands;
  }

  private static String[] words(String command) {
    return WORD.matcher(command).results()
        .map(word -> word.group(1) != null ? word.group(1).replace("\\\"", "\"")
            : word.group(2) != null ? word.group(2) : word.group(3))
        .toArray(String[]::new);
  }

  /** The words before and between its dots are found in the sources, as one text. */
  @Test
  void shouldExplainErrorsThatThereAre() throws IOException {
    StringBuilder sources = new StringBuilder(Files.readString(ROOT.resolve("langevin")));
    sources.append(Files.readString(ROOT.resolve("native/check-tools.sh")));
    for (String module : List.of("bindings", "java/engine", "java/onednn", "java/training", "java/cli")) {
      try (Stream<Path> files = Files.walk(ROOT.resolve(module).resolve("src/main/java"))) {
        for (Path file : files.filter(each -> each.toString().endsWith(".java")).toList()) {
          sources.append(Files.readString(file));
        }
      }
    }
    String texts = sources.toString().replaceAll("\"\\s*\\+\\s*\"", "").replace("\\\"", "\"");
    List<String> unknown = new ArrayList<>();
    List<String> rows =
        Files.readAllLines(ROOT.resolve("docs/troubleshooting.md")).stream().filter(row -> row.startsWith("| `"))
            .toList();
    for (String row : rows) {
      Matcher text = INLINE.matcher(row);
      assertThat(text.find()).isTrue();
      Stream.of(text.group(1).split("\\.\\.\\.")).map(String::strip).filter(part -> !texts.contains(part))
          .forEach(unknown::add);
    }
    assertThat(rows).hasSizeGreaterThan(25);
    assertThat(unknown).isEmpty();
  }

  /** Blocks that begin with {@code sh runnable}, in a folder for each document, one after another. */
  @TestFactory
  List<DynamicTest> shouldRun() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (Path document : documents()) {
      List<String> blocks = BLOCK.matcher(Files.readString(document)).results()
          .filter(block -> block.group(1).equals("sh runnable")).map(block -> block.group(2)).toList();
      if (!blocks.isEmpty()) {
        tests.add(dynamicTest(ROOT.relativize(document).toString(), () -> run(document, blocks)));
      }
    }
    assertThat(tests).hasSizeGreaterThan(3);
    return tests;
  }

  private void run(Path document, List<String> blocks) throws Exception {
    Path place = Files.createDirectories(folder.resolve(document.getFileName().toString()));
    for (String name : List.of("docs", "java")) {
      Files.createSymbolicLink(place.resolve(name), ROOT.resolve(name));
    }
    Path launcher = Files.writeString(place.resolve("langevin"),
        "#!/bin/sh\nexec '" + System.getProperty("java.home") + "/bin/java' -XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
            + " -Xmx1g --enable-native-access=ALL-UNNAMED -cp '" + System.getProperty("java.class.path") + "' "
            + Langevin.class.getName() + " \"$@\"\n");
    Files.setPosixFilePermissions(launcher, PosixFilePermissions.fromString("rwx------"));
    for (String block : blocks) {
      Path said = folder.resolve("said");
      Process process = new ProcessBuilder("sh", "-euc", block).directory(place.toFile()).redirectErrorStream(true)
          .redirectOutput(said.toFile()).start();
      boolean ended = process.waitFor(MOST_SECONDS, TimeUnit.SECONDS);
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
      assertThat(ended).as("ended within %d s: %s", MOST_SECONDS, block).isTrue();
      assertThat(process.exitValue()).as("exit code of%n%s%n%s", block, Files.readString(said)).isZero();
      for (MatchResult out : OUT.matcher(block).results().toList()) {
        assertThat(place.resolve(out.group(1))).isNotEmptyFile();
      }
    }
  }
}
