package dev.langevin.server;

import dev.langevin.cli.ServeOptions;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.function.Consumer;

/** A server of a test's, on a free port, with the embedded models {@code emoji} (64x64, text) and {@code fashion}. */
public final class TinyServer implements AutoCloseable {

  private final Server server;
  private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private TinyServer(ServeOptions options, String keys) {
    server = Server.start(options, keys);
  }

  public static TinyServer start() throws IOException {
    return start(options -> {}, null);
  }

  /**
   * @param change of the usual options
   * @param keys parted by commas, or null
   */
  public static TinyServer start(Consumer<ServeOptions> change, String keys) throws IOException {
    ServeOptions options = new ServeOptions();
    options.port = 0;
    options.drainSeconds = 1;
    change.accept(options);
    return new TinyServer(options, keys);
  }

  /** {@code http://localhost:PORT}. */
  public String address() {
    return "http://localhost:" + server.port();
  }

  public int port() {
    return server.port();
  }

  public ServerContext context() {
    return server.context();
  }

  public HttpResponse<String> get(String path, String... headers) throws IOException, InterruptedException {
    return send(request(path, headers).GET());
  }

  public HttpResponse<String> post(String path, String json, String... headers)
      throws IOException, InterruptedException {
    return send(request(path, headers).header("Content-Type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString(json)));
  }

  HttpResponse<String> post(String path, Multipart form, String... headers) throws IOException, InterruptedException {
    return send(request(path, headers).header("Content-Type", Multipart.TYPE)
        .POST(HttpRequest.BodyPublishers.ofByteArray(form.bytes())));
  }

  HttpResponse<String> delete(String path) throws IOException, InterruptedException {
    return send(request(path).DELETE());
  }

  private HttpRequest.Builder request(String path, String... headers) {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(address() + path)).timeout(Duration.ofMinutes(10));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return request;
  }

  private HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
    return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  /** Ends the server as a signal does; its clients go on reading. */
  void end() {
    server.close();
  }

  @Override
  public void close() {
    http.close();
    server.close();
  }
}
