package dev.langevin.server.page;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langevin.server.TinyServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The page in a real browser: {@code src/test/page/page.test.mjs}, against a server with the embedded model. Needs
 * Node, npm and Debian's Chromium, or another one that {@code CHROMIUM} names. What the page looks like is written to
 * {@code target/page-shots}.
 */
@Tag("browser")
class PageBrowserTest {

  private static final Path SOURCES = Path.of("src/test/page");
  private static final Path FOLDER = Path.of("target/page-test");
  private static final Path SHOTS = Path.of("target/page-shots");

  @Test
  void shouldWorkInABrowser() throws Exception {
    install();
    try (TinyServer server = TinyServer.start()) {
      ProcessBuilder node = new ProcessBuilder("node", "--test", "--test-reporter=spec", "page.test.mjs");
      node.environment().put("LANGEVIN_PAGE", server.address() + "/");
      node.environment().put("LANGEVIN_SHOTS", SHOTS.toAbsolutePath().toString());
      String said = run(node, 300);
      assertThat(said).contains("fail 0", "skipped 0").doesNotContain("pass 0");
    }
  }

  /** The packages of the lock file, which are fetched anew where that has changed. */
  private static void install() throws Exception {
    Files.createDirectories(FOLDER);
    Path done = FOLDER.resolve("installed.json");
    Path lock = SOURCES.resolve("package-lock.json");
    boolean fresh = Files.exists(done) && Files.mismatch(done, lock) == -1;
    try (Stream<Path> files = Files.list(SOURCES)) {
      for (Path file : files.toList()) {
        Files.copy(file, FOLDER.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
      }
    }
    if (!fresh) {
      run(new ProcessBuilder("npm", "ci", "--no-audit", "--no-fund"), 120);
      Files.copy(lock, done, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private static String run(ProcessBuilder builder, int seconds) throws IOException, InterruptedException {
    Path output = FOLDER.resolve("output.txt").toAbsolutePath();
    Process process;
    try {
      process = builder.directory(FOLDER.toFile()).redirectErrorStream(true).redirectOutput(output.toFile()).start();
    } catch (IOException e) {
      throw new IOException(builder.command() + " cannot be run: the page's test needs Node 20 and npm;"
          + " -Dtest.excluded-groups=attack,soak,conversions,load,browser leaves it away", e);
    }
    try {
      boolean ended = process.waitFor(seconds, TimeUnit.SECONDS);
      String said = Files.readString(output);
      assertThat(ended).as("%s takes longer than %s s:%n%s", builder.command(), seconds, said).isTrue();
      assertThat(process.exitValue()).as("%s:%n%s", List.copyOf(builder.command()), said).isZero();
      System.out.println(said);
      return said;
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }
}
