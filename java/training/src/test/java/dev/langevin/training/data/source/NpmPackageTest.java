package dev.langevin.training.data.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against a registry on this machine: what arrives is the pinned tarball, or nothing, and the way out is named. */
class NpmPackageTest {

  /** Of the bytes {@code abc}: FIPS 180-2, appendix C.1. */
  private static final String ABC =
      "sha512-3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/uu9RU1EI2Q86A4qmslPpUyknw==";

  private static final NpmPackage PACKAGE = new NpmPackage("@scope/name", "1.2.3", ABC);

  @TempDir
  private Path folder;
  private Path file;
  private ServerSocket server;
  private volatile String contents = "abc";
  private URI registry;

  @BeforeEach
  void start() throws IOException {
    file = folder.resolve("package.tgz");
    server = new ServerSocket(0, 8, InetAddress.getLoopbackAddress());
    registry = URI.create("http://127.0.0.1:" + server.getLocalPort());
    Thread.ofVirtual().start(this::serve);
  }

  /** Until the socket is closed. */
  private void serve() {
    while (true) {
      try (Socket client = server.accept()) {
        BufferedReader request =
            new BufferedReader(new InputStreamReader(client.getInputStream(), StandardCharsets.UTF_8));
        boolean known = request.readLine().startsWith("GET /@scope/name/-/name-1.2.3.tgz ");
        while (!request.readLine().isEmpty()) {} // its headers
        client.getOutputStream()
            .write(("HTTP/1.1 " + (known ? "200 OK" : "404 Not Found") + "\r\nContent-Length: " + contents.length()
                + "\r\nConnection: close\r\n\r\n" + contents).getBytes(StandardCharsets.UTF_8));
      } catch (IOException e) {
        return;
      }
    }
  }

  @AfterEach
  void stop() throws IOException {
    server.close();
  }

  @Test
  void shouldDownloadWhatItPins() throws IOException {
    PACKAGE.download(registry, file);
    assertThat(file).hasContent("abc");
    PACKAGE.verify(file);
    assertThat(PACKAGE.tarballName()).isEqualTo("scope-name-1.2.3.tgz");
  }

  @Test
  void shouldRefuseAnythingElse() {
    contents = "abd";
    assertThatThrownBy(() -> PACKAGE.download(registry, file))
        .hasMessageStartingWith(registry + "/@scope/name/-/name-1.2.3.tgz: ")
        .hasMessageContaining("is not @scope/name 1.2.3, or is damaged: it has sha512-")
        .hasMessageEndingWith("expected " + ABC);
    assertThat(file).doesNotExist();
  }

  @Test
  void shouldNameTheWayOutWhereThereIsNoNetwork() throws IOException {
    assertThatThrownBy(() -> PACKAGE.download(URI.create(registry + "/nowhere/"), file))
        .hasMessage(registry
            + "/nowhere/@scope/name/-/name-1.2.3.tgz cannot be downloaded: HTTP status 404; name another registry with"
            + " --registry, or get scope-name-1.2.3.tgz where there is a network (npm pack @scope/name@1.2.3) and pass"
            + " it with --tarball");
    server.close();
    assertThatThrownBy(() -> PACKAGE.download(registry, file)).hasMessageContaining("cannot be downloaded: ")
        .hasMessageContaining("--tarball");
    assertThat(file).doesNotExist();
  }

  @Test
  void shouldAskTheRegistryOfTheEnvironment() {
    assertThat(NpmPackage.registry(Map.of())).hasToString("https://registry.npmjs.org/");
    assertThat(NpmPackage.registry(Map.of("npm_config_registry", "http://localhost:4873/")))
        .hasToString("http://localhost:4873/");
  }
}
