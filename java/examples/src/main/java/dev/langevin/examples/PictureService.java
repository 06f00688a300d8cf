package dev.langevin.examples;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.langevin.pipeline.Pipeline;
import dev.langevin.pipeline.Pipelines;
import dev.langevin.request.CancellationToken;
import dev.langevin.request.DeadlineException;
import dev.langevin.request.GenerationListener;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.LoadOptions;
import dev.langevin.request.RejectedException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.imageio.ImageIO;

/**
 * Pictures over HTTP, a virtual thread for each request: {@code PictureService MODEL PORT}, then
 * {@code curl --data "a red apple" localhost:PORT --output apple.png}.
 *
 * <p>
 * Requests take turns on the processor, a step each. What is too much is refused at once (503), what takes too long is
 * given up (504), what the model cannot do is told (400).
 */
public final class PictureService implements AutoCloseable {

  private static final int MOST_WAITING = 16;
  private static final int MOST_BYTES = 4096;
  private static final Duration MOST_TIME = Duration.ofMinutes(1);

  private final Pipeline model;
  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  /**
   * Listens on this machine's own address;
   *
   * @param port 0 for any that is free
   */
  public PictureService(Path folder, int port) throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
    model = Pipelines.open(folder, LoadOptions.builder().maxQueued(MOST_WAITING).build());
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    server.start();
  }

  public int port() {
    return server.getAddress().getPort();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] prompt = exchange.getRequestBody().readNBytes(MOST_BYTES);
      try {
        send(exchange, 200, "image/png", picture(new String(prompt, StandardCharsets.UTF_8)));
      } catch (RejectedException e) {
        send(exchange, 503, "text/plain", e.getMessage().getBytes(StandardCharsets.UTF_8));
      } catch (DeadlineException e) {
        send(exchange, 504, "text/plain", e.getMessage().getBytes(StandardCharsets.UTF_8));
      } catch (IllegalArgumentException e) {
        send(exchange, 400, "text/plain", e.getMessage().getBytes(StandardCharsets.UTF_8));
      }
    }
  }

  private byte[] picture(String prompt) throws IOException {
    if (prompt.isBlank()) {
      throw new IllegalArgumentException("the body of the request is the prompt; it is empty");
    }
    GenerationRequest request = GenerationRequest.prompt(prompt).steps(8).guidance(3).build();
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    ImageIO.write(model.generate(request, GenerationListener.NONE, CancellationToken.within(MOST_TIME)).image(0), "png",
        png);
    return png.toByteArray();
  }

  private static void send(HttpExchange exchange, int code, String type, byte[] body) throws IOException {
    exchange.getResponseHeaders().set("Content-Type", type);
    exchange.sendResponseHeaders(code, body.length);
    exchange.getResponseBody().write(body);
  }

  /** Ends when the requests that it has accepted are answered. */
  @Override
  public void close() {
    server.stop(0);
    threads.close();
    model.close();
  }

  public static void main(String... arguments) throws Exception {
    try (PictureService service = new PictureService(Path.of(arguments[0]), Integer.parseInt(arguments[1]))) {
      System.out.println("listening on port " + service.port() + "; Enter ends");
      System.in.read();
    }
  }
}
