package dev.langevin.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.net.http.HttpResponse;
import java.util.Base64;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ServerTest {

  private static TinyServer server;

  @BeforeAll
  static void start() throws Exception {
    server = TinyServer.start();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void shouldMakeAPicture() throws Exception {
    HttpResponse<String> answer =
        server.post("/v1/images/generations", "{\"prompt\": \"a red apple\", \"steps\": 2}");
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    JsonNode json = ServerContext.JSON.readTree(answer.body());
    BufferedImage picture =
        ImageIO.read(new ByteArrayInputStream(Base64.getDecoder().decode(json.at("/data/0/b64_json").asText())));
    assertThat(picture.getWidth()).isEqualTo(64);
  }

  @Test
  void shouldServeThePageAndHealth() throws Exception {
    assertThat(server.get("/").body()).contains("<html");
    assertThat(server.get("/health/ready").body()).isEqualTo("{\"status\":\"ready\"}");
    assertThat(server.get("/nothing").statusCode()).isEqualTo(404);
  }
}
