package dev.langevin.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.langevin.image.DecodedImage;
import dev.langevin.image.PictureFile;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** Reads what a server answers. */
final class Answers {

  private Answers() {}

  static JsonNode json(HttpResponse<String> answer) throws IOException {
    assertThat(answer.statusCode()).as(answer.body()).isLessThan(300);
    return ServerContext.JSON.readTree(answer.body());
  }

  /** The error of an answer with that status. */
  static JsonNode error(HttpResponse<String> answer, int status) throws IOException {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    return ServerContext.JSON.readTree(answer.body()).get("error");
  }

  static byte[] file(JsonNode picture) {
    return Base64.getDecoder().decode(picture.get("b64_json").textValue());
  }

  static DecodedImage picture(JsonNode picture) throws IOException {
    return PictureFile.decode(file(picture));
  }

  /** The data of a stream's events. */
  static List<JsonNode> events(HttpResponse<String> answer) throws IOException {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(answer.headers().firstValue("Content-Type").orElse("")).startsWith("text/event-stream");
    List<JsonNode> events = new ArrayList<>();
    for (String line : answer.body().split("\n")) {
      if (line.startsWith("data: ")) {
        events.add(ServerContext.JSON.readTree(line.substring(6)));
      }
    }
    return events;
  }
}
