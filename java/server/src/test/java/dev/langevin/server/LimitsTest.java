package dev.langevin.server;

import static dev.langevin.server.Answers.error;
import static dev.langevin.server.Answers.json;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.OutputStream;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** What a client may take, and what becomes of those that go. */
class LimitsTest {

  private static final String GENERATIONS = "/v1/images/generations";
  private static final String LONG = "{\"prompt\": \"a red apple\", \"steps\": 1000}";
  private static final String SHORT = "{\"prompt\": \"a red apple\", \"steps\": 1, \"seed\": 1}";

  private static String job(TinyServer server) throws Exception {
    return json(server.post("/v1/jobs", LONG)).get("id").textValue();
  }

  @Test
  void shouldTakeSoManyAndNoMore() throws Exception {
    try (TinyServer server = TinyServer.start(options -> {
      options.maxQueue = 3;
      options.parallel = 1;
    }, null)) {
      List<String> jobs = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        jobs.add(job(server));
      }
      HttpResponse<String> busy = server.post(GENERATIONS, SHORT);
      assertThat(error(busy, 429).get("code").textValue()).isEqualTo("rate_limit_exceeded");
      assertThat(Integer.parseInt(busy.headers().firstValue("Retry-After").orElseThrow())).isPositive();
      assertThat(json(server.get("/v1/jobs/" + jobs.get(2))).get("status").textValue()).isEqualTo("waiting");
      for (String job : jobs) {
        assertThat(server.delete("/v1/jobs/" + job).statusCode()).isEqualTo(204);
        assertThat(server.get("/v1/jobs/" + job).statusCode()).isEqualTo(404);
      }
      json(server.post(GENERATIONS, SHORT));
      assertThat(server.context().queue().jobs()).isEmpty();
      assertThat(server.get("/metrics").body()).contains("langevin_rejected_total 1.0",
          "langevin_request_seconds_count{outcome=\"cancelled\"} 3", "langevin_steps_total",
          "langevin_stage_seconds_count{stage=", "langevin_requests_waiting 0.0");
    }
  }

  @Test
  void shouldKeepToAClientsShareAndToDeadlines() throws Exception {
    try (TinyServer server = TinyServer.start(options -> {
      options.maxPerClient = 1;
      options.deadlineSeconds = 1;
    }, "one,two")) {
      String[] one = {"Authorization", "Bearer one"};
      String[] two = {"Authorization", "Bearer two"};
      String id = json(server.post("/v1/jobs", LONG, one)).get("id").textValue();
      assertThat(error(server.post("/v1/jobs", LONG, one), 429).get("message").textValue()).contains("this client");
      assertThat(error(server.post(GENERATIONS, LONG, two), 504).get("code").textValue())
          .isEqualTo("deadline_exceeded");
      assertThat(server.get("/v1/jobs/" + id, two).statusCode()).as("another's job").isEqualTo(404);
      assertThat(json(server.get("/v1/jobs/" + id, one)).at("/error/code").textValue())
          .isEqualTo("deadline_exceeded");
    }
  }

  @Test
  void shouldAskForKeys() throws Exception {
    try (TinyServer server = TinyServer.start(options -> {}, "secret, other")) {
      HttpResponse<String> none = server.get("/v1/models");
      assertThat(error(none, 401).get("code").textValue()).isEqualTo("invalid_api_key");
      assertThat(none.headers().firstValue("WWW-Authenticate")).contains("Bearer");
      String basic = "Basic " + Base64.getEncoder().encodeToString("user:secret".getBytes(StandardCharsets.UTF_8));
      for (String wrong : List.of("Bearer secre", "Bearer secret2", "secret", "Bearer ", basic)) {
        assertThat(server.get("/v1/models", "Authorization", wrong).statusCode()).as(wrong).isEqualTo(401);
      }
      assertThat(server.get("//v1/models").statusCode()).isNotEqualTo(200);
      assertThat(server.get("/v1/%6dodels").statusCode()).isNotEqualTo(200);
      assertThat(server.get("/metrics").statusCode()).isEqualTo(401);
      assertThat(server.get("/metrics", "Authorization", basic).statusCode()).isEqualTo(200);
      assertThat(server.get("/v1/models", "Authorization", "Bearer other").statusCode()).isEqualTo(200);
      assertThat(server.get("/health/live").statusCode()).isEqualTo(200);
      assertThat(server.get("/").headers().firstValue("Content-Security-Policy")).isPresent();
    }
  }

  @Test
  void shouldBeClosedToOtherSites() throws Exception {
    try (TinyServer server = TinyServer.start(options -> options.corsOrigins = List.of("https://friend.example"),
        null)) {
      HttpResponse<String> other = server.post(GENERATIONS, SHORT, "Origin", "https://other.example");
      assertThat(error(other, 403).get("code").textValue()).isEqualTo("origin_not_allowed");
      assertThat(other.headers().firstValue("Access-Control-Allow-Origin")).isEmpty();
      assertThat(server.get("/v1/models", "Origin", "https://friend.example").headers()
          .firstValue("Access-Control-Allow-Origin")).contains("https://friend.example");
      assertThat(server.get("/v1/models", "Origin", server.address()).statusCode()).isEqualTo(200);
      assertThat(raw(server, "GET /v1/models HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"))
          .contains(" 403 ").contains("host_not_allowed");
    }
  }

  private static String raw(TinyServer server, String request) throws Exception {
    try (Socket socket = new Socket("localhost", server.port())) {
      socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void shouldRefuseLargeBodies() throws Exception {
    try (TinyServer server = TinyServer.start(options -> {
      options.maxBody(10_000);
      options.maxPixels = 32 * 32;
    }, null)) {
      String large = "{\"prompt\": \"" + "x".repeat(20_000) + "\"}";
      assertThat(server.post(GENERATIONS, large).statusCode()).isEqualTo(413);
      assertThat(server.post("/v1/images/edits", new Multipart().text("prompt", "x").file("image", new byte[20_000]))
          .statusCode()).isEqualTo(413);
      assertThat(error(server.post(GENERATIONS, "{\"prompt\": \"x\", \"size\": \"64x64\"}"), 400).get("param")
          .textValue()).isEqualTo("size");
    }
  }

  /** What a client sends before it has its answer is the next request. */
  @Test
  void shouldAnswerRequestsThatAreSentAhead() throws Exception {
    try (TinyServer server = TinyServer.start()) {
      String body = SHORT.replace("\"steps\": 1,", "\"steps\": 20,");
      String first = "POST " + GENERATIONS + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
          + "Content-Length: " + body.length() + "\r\n\r\n" + body;
      try (Socket socket = new Socket("localhost", server.port())) {
        OutputStream out = socket.getOutputStream();
        out.write(first.getBytes(StandardCharsets.UTF_8));
        while (server.context().queue().jobs().isEmpty()) {
          Thread.sleep(1);
        }
        out.write("GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            .getBytes(StandardCharsets.UTF_8));
        String answers = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(answers).contains("b64_json").endsWith("{\"status\":\"live\"}");
      }
    }
  }

  @Test
  void shouldLetAcceptedWorkEndAndTakeNoMore() throws Exception {
    TinyServer server = TinyServer.start(options -> options.drainSeconds = 60, null);
    String id = json(server.post("/v1/jobs", "{\"prompt\": \"a red apple\", \"steps\": 20}")).get("id").textValue();
    Job<?> job = server.context().queue().jobs().getFirst();
    assertThat(job.id()).isEqualTo(id);
    Thread closing = Thread.ofVirtual().start(server::close);
    while (server.context().queue().isOpen()) {
      Thread.sleep(1);
    }
    closing.join();
    assertThat(job.state()).isEqualTo(Job.State.DONE);
  }

  /** Clients keep connections for their next request, and some never read. */
  @Test
  void shouldEndBesideConnectionsThatStayOpen() throws Exception {
    try (TinyServer server = TinyServer.start(options -> options.drainSeconds = 0, null);
        Socket kept = new Socket("localhost", server.port())) {
      kept.getOutputStream()
          .write("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      assertThat(kept.getInputStream().read()).isEqualTo('H');
      long begun = System.nanoTime();
      server.end();
      assertThat(System.nanoTime() - begun).isLessThan(20_000_000_000L);
    }
  }

  /** Catches answers and streams that the server's end cuts off, and ones that blame the client for it. */
  @Test
  void shouldTellThoseWhoseWorkItsEndStops() throws Exception {
    try (TinyServer server = TinyServer.start(options -> options.drainSeconds = 0, null);
        ExecutorService threads = Executors.newCachedThreadPool()) {
      String id = job(server);
      Future<HttpResponse<String>> waiting = threads.submit(() -> server.post(GENERATIONS, LONG));
      Future<HttpResponse<String>> watching = threads.submit(() -> server.get("/v1/jobs/" + id + "/events"));
      while (server.context().queue().jobs().size() < 2) {
        Thread.sleep(1);
      }
      Thread.sleep(200); // until the events are watched
      server.end();
      assertThat(error(waiting.get(), 503).get("code").textValue()).isEqualTo("shutting_down");
      assertThat(watching.get().body()).contains("event: ended").contains("\"status\":\"cancelled\"");
    }
  }
}
