package dev.langevin.server;

import static dev.langevin.server.Answers.json;
import static org.assertj.core.api.Assertions.assertThat;

import dev.langevin.bindings.LiveHandles;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Tag("faults")
class GoneClientsTest {

  private static final String GENERATIONS = "/v1/images/generations";
  private static final String LONG = "{\"prompt\": \"a red apple\", \"steps\": 1000}";
  private static final String SHORT = "{\"prompt\": \"a red apple\", \"steps\": 1, \"seed\": 1}";

  /** How often the server looks at its clients' connections. */
  private static final long LOOKS_NANOS = 25_000_000;

  /**
   * Clients that go at random moments while another waits: catches work that goes on for nobody, requests that never
   * end, and memory that the gone leave behind.
   */
  @Test
  @Timeout(600)
  void shouldBeginTheNextWhenAClientGoes() throws Exception {
    int kills = Integer.getInteger("langevin.load.kills", 20);
    Random random = new Random(1);
    try (TinyServer server = TinyServer.start(options -> options.parallel = 1, null)) {
      String alone = json(server.post(GENERATIONS, SHORT)).at("/data/0/b64_json").textValue();
      long step = System.nanoTime();
      json(server.post(GENERATIONS, SHORT.replace("\"steps\": 1,", "\"steps\": 50,")));
      step = (System.nanoTime() - step) / 50;
      int warm = kills / 4;
      long[] begun = new long[kills];
      long resident = 0;
      Map<LiveHandles.Kind, Long> handles = Map.of();
      for (int i = 0; i < kills; i++) {
        if (i == warm) {
          handles = LiveHandles.counts();
          resident = LoadTest.resident();
        }
        begun[i] = kill(server, random, i % 2 == 0 ? LONG : LONG.replace("}", ", \"stream\": true}"));
      }
      long after = LoadTest.resident();
      Arrays.sort(begun);
      System.out.printf("%d clients have gone; the next request began after %d ms (median), %d ms (worst), where a step"
          + " takes %d ms; resident %d MiB after %d of them, %d MiB after all; live handles %s after both%n", kills,
          begun[kills / 2] / 1_000_000, begun[kills - 1] / 1_000_000, step / 1_000_000, resident, warm, after,
          LiveHandles.counts());
      assertThat(begun[kills / 2]).as("ns").isLessThan(2 * LOOKS_NANOS + 4 * step);
      assertThat(LiveHandles.counts()).isEqualTo(handles);
      assertThat(after).as("MiB").isLessThan(resident + 64);
      assertThat(json(server.post(GENERATIONS, SHORT)).at("/data/0/b64_json").textValue()).isEqualTo(alone);
      assertThat(server.get("/metrics").body())
          .contains("langevin_request_seconds_count{outcome=\"cancelled\"} " + kills);
    }
  }

  /** Nanoseconds from the going of a client that has its turn to the beginning of the one who waits for it. */
  private static long kill(TinyServer server, Random random, String body) throws Exception {
    String next;
    long gone;
    try (Socket socket = new Socket("localhost", server.port())) {
      OutputStream out = socket.getOutputStream();
      out.write(("POST " + GENERATIONS + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
          + "Content-Length: " + body.length() + "\r\n\r\n" + body).getBytes(StandardCharsets.UTF_8));
      while (server.context().queue().jobs().isEmpty()) {
        Thread.onSpinWait();
      }
      next = json(server.post("/v1/jobs", SHORT)).get("id").textValue();
      Thread.sleep(random.nextInt(80));
      gone = System.nanoTime();
    }
    Job<?> waiting = server.context().queue().jobs().stream().filter(job -> job.id().equals(next)).findFirst()
        .orElseThrow();
    waiting.await();
    assertThat(server.delete("/v1/jobs/" + next).statusCode()).isEqualTo(204);
    while (!server.context().queue().jobs().isEmpty()) {
      Thread.sleep(1);
    }
    return waiting.began - gone;
  }
}
