package dev.langevin.server;

import static dev.langevin.server.Answers.json;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class GoneClientsTest {

  private static final String GENERATIONS = "/v1/images/generations";
  private static final String LONG = "{\"prompt\": \"a red apple\", \"steps\": 1000}";
  private static final String SHORT = "{\"prompt\": \"a red apple\", \"steps\": 1, \"seed\": 1}";

  /** Clients that go at random moments: catches work that goes on for nobody, and requests that never end. */
  @Test
  @Timeout(300)
  void shouldCancelWhatIsAskedByThoseWhoGo() throws Exception {
    int kills = Integer.getInteger("langevin.load.kills", 20);
    Random random = new Random(1);
    try (TinyServer server = TinyServer.start(options -> options.parallel = 1, null)) {
      String alone = json(server.post(GENERATIONS, SHORT)).at("/data/0/b64_json").textValue();
      long worst = 0;
      for (int i = 0; i < kills; i++) {
        try (Socket socket = new Socket("localhost", server.port())) {
          String body = i % 2 == 0 ? LONG : LONG.replace("}", ", \"stream\": true, \"partial_images\": 3}");
          OutputStream out = socket.getOutputStream();
          out.write(("POST " + GENERATIONS + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
              + "Content-Length: " + body.length() + "\r\n\r\n" + body).getBytes(StandardCharsets.UTF_8));
          while (server.context().queue().jobs().isEmpty()) {
            Thread.onSpinWait();
          }
          Thread.sleep(random.nextInt(80));
        }
        long gone = System.nanoTime();
        while (!server.context().queue().jobs().isEmpty()) {
          Thread.sleep(1);
        }
        worst = Math.max(worst, System.nanoTime() - gone);
      }
      System.out.printf("%d clients have gone; their work ended within %d ms%n", kills, worst / 1_000_000);
      assertThat(json(server.post(GENERATIONS, SHORT)).at("/data/0/b64_json").textValue()).isEqualTo(alone);
      assertThat(server.get("/metrics").body())
          .contains("langevin_request_seconds_count{outcome=\"cancelled\"} " + kills);
    }
  }
}
