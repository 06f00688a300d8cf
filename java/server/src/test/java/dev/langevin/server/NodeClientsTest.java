package dev.langevin.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The npm packages {@code openai} and {@code @ai-sdk/openai-compatible}, in the versions of the lock file. */
class NodeClientsTest {

  private static final Path SOURCES = Path.of("src/test/node");

  @TempDir
  private Path logs;

  /** What a command said; it must end well. */
  private String run(Path folder, String... command) throws IOException, InterruptedException {
    Path log = Files.createTempFile(logs, "log", ".txt");
    Process process = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true)
        .redirectOutput(log.toFile()).start();
    boolean ended = process.waitFor(5, TimeUnit.MINUTES);
    process.destroyForcibly();
    String said = Files.readString(log, StandardCharsets.UTF_8);
    assertThat(ended && process.exitValue() == 0).as(said).isTrue();
    return said;
  }

  @Test
  void shouldServeNodesClients() throws Exception {
    Path folder = Files.createDirectories(Path.of("target/node"));
    for (String file : new String[] {"package.json", "package-lock.json", ".npmrc", "clients.mjs"}) {
      Files.copy(SOURCES.resolve(file), folder.resolve(file), StandardCopyOption.REPLACE_EXISTING);
    }
    if (!Files.exists(folder.resolve("node_modules/.package-lock.json"))) {
      run(folder, "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts");
    }
    try (TinyServer server = TinyServer.start(options -> {}, "key")) {
      String said = run(folder, "node", "clients.mjs", server.address() + "/v1", "key");
      System.out.print(said);
      assertThat(said.lines().filter(line -> line.endsWith(": ok"))).hasSize(7);
    }
  }
}
