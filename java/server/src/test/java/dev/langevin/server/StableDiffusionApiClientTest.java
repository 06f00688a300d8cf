package dev.langevin.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The npm package stable-diffusion-api, which others wrote, against this server: every call that it has. */
class StableDiffusionApiClientTest {

  private static final Path PACKAGE = Path.of("src/test/clients/stable-diffusion-api");

  @TempDir
  private Path folder;

  @Test
  void shouldAnswerEveryCallOfTheClient() throws Exception {
    Path installed = Path.of("target/clients/stable-diffusion-api").toAbsolutePath();
    Files.createDirectories(installed);
    try (Stream<Path> files = Files.list(PACKAGE)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.copy(file, installed.resolve(file.getFileName()), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
      }
    }
    if (!Files.exists(installed.resolve("node_modules/.package-lock.json"))) {
      assertThat(run(installed, "npm", "ci", "--ignore-scripts", "--prefer-offline")).as("npm ci").isZero();
    }
    try (TinyServer server = TinyServer.start()) {
      int failed = run(installed, "node", "check.mjs", String.valueOf(server.port()));
      System.out.println(Files.readString(output()));
      assertThat(failed).as(Files.readString(output())).isZero();
    }
  }

  private Path output() {
    return folder.resolve("output");
  }

  private int run(Path where, String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(List.of(command)).directory(where.toFile()).redirectErrorStream(true)
        .redirectOutput(output().toFile()).start();
    if (!process.waitFor(300, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new IOException(String.join(" ", command) + " has not ended: " + Files.readString(output()));
    }
    return process.exitValue();
  }
}
