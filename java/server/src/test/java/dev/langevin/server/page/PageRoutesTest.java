package dev.langevin.server.page;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.langevin.image.PictureFormat;
import dev.langevin.server.Pictures;
import dev.langevin.server.ServerContext;
import dev.langevin.server.TinyServer;
import java.awt.image.BufferedImage;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class PageRoutesTest {

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
  void shouldSendEveryFileOfThePageAndNoOther() throws Exception {
    try (Stream<Path> files = Files.list(Path.of("src/main/resources/page"))) {
      for (Path file : files.toList()) {
        HttpResponse<String> answer = server.get("/page/" + file.getFileName());
        assertThat(answer.statusCode()).as(file.toString()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo(Files.readString(file));
        assertThat(answer.headers().firstValue("Content-Security-Policy").orElse("")).startsWith("default-src 'none'; ")
            .doesNotContain("unsafe");
        String tag = answer.headers().firstValue("ETag").orElseThrow();
        assertThat(server.get("/page/" + file.getFileName(), "If-None-Match", tag).statusCode()).isEqualTo(304);
      }
    }
    assertThat(server.get("/").body()).isEqualTo(server.get("/page/index.html").body());
    for (String path : List.of("/page/", "/page/none.js", "/page/..%2fpage%2fpage.js", "/page/%2e%2e/page/page.js",
        "/page/page.js%00", "/page/package-info.class", "/page//page.js")) {
      assertThat(server.get(path).statusCode()).as(path).isBetween(400, 499);
    }
  }

  @Test
  void shouldNameWhatThereIsToChooseFrom() throws Exception {
    JsonNode options = json(server.get("/api/page/options"));
    assertThat(texts(options.get("models"))).containsExactly("emoji", "fashion");
    assertThat(texts(options.get("samplers"))).contains("Euler a", "DPM++ 2M", "ipndm");
    assertThat(options.get("loras")).isEmpty();
    JsonNode emoji = json(server.get("/api/page/model?name=emoji"));
    assertThat(emoji.get("width").intValue()).isEqualTo(64);
    assertThat(emoji.get("multiple").intValue()).isPositive();
    assertThat(emoji.get("guidance").doubleValue()).isEqualTo(3);
    assertThat(emoji.get("readsText").booleanValue()).isTrue();
    assertThat(json(server.get("/api/page/model?name=fashion")).get("readsText").booleanValue()).isFalse();
    assertThat(server.get("/api/page/model?name=../emoji").statusCode()).isEqualTo(404);
  }

  @Test
  void shouldOfferOnlyWhatTheEngineTakes() throws Exception {
    JsonNode options = json(server.get("/api/page/options"));
    for (String sampler : texts(options.get("samplers"))) {
      taken(Map.of("sampler", sampler));
    }
    for (String schedule : texts(options.get("schedules"))) {
      taken(Map.of("sampler", "Euler", "schedule", schedule));
      taken(Map.of("sampler", "ipndm_v", "schedule", schedule)); // one that diffusers has not
    }
  }

  private static void taken(Map<String, String> names) throws Exception {
    JsonNode asked = ServerContext.JSON.valueToTree(Map.of("prompt", "a", "steps", 3, "sampler", names.get("sampler"),
        "schedule", names.getOrDefault("schedule", "automatic")));
    HttpResponse<String> answer = server.post("/v1/images/generations", asked.toString());
    assertThat(answer.statusCode()).as("%s: %s", names, answer.body()).isEqualTo(200);
  }

  @Test
  void shouldReadWhatAPictureRecords() throws Exception {
    String text = "a cat, <b>bold</b>\nNegative prompt: dog\nSteps: 12, Sampler: Euler a, Schedule type: Karras, "
        + "CFG scale: 6.5, Seed: 18446744073709551615, Size: 64x96, Model: /etc/passwd, Clip skip: 2, Tiling: True";
    byte[] png = Pictures.encode(new BufferedImage(8, 8, BufferedImage.TYPE_INT_RGB), PictureFormat.PNG,
        Map.of("parameters", text), null);
    HttpResponse<String> answer = read(png);
    JsonNode read = json(answer);
    assertThat(read.get("program").textValue()).isEqualTo("AUTOMATIC1111");
    assertThat(read.get("settings").toString()).isEqualTo("{\"prompt\":\"a cat, <b>bold</b>\",\"negative\":\"dog\","
        + "\"model\":\"/etc/passwd\",\"width\":64,\"height\":96,\"steps\":12,\"guidance\":6.5,\"sampler\":\"Euler a\","
        + "\"schedule\":\"Karras\",\"seed\":\"18446744073709551615\"}");
    assertThat(read.at("/rest/Tiling").textValue()).isEqualTo("True");
  }

  @Test
  void shouldSayWhatIsWrongWithAPicture() throws Exception {
    byte[] plain = Pictures.encode(new BufferedImage(8, 8, BufferedImage.TYPE_INT_RGB), PictureFormat.PNG, Map.of(),
        null);
    assertThat(message(read(plain))).startsWith("the picture records no parameters");
    for (byte[] bad : List.of(new byte[0], new byte[] {1, 2, 3}, "<svg/>".repeat(9).getBytes(),
        java.util.Arrays.copyOf(plain, 40))) {
      assertThat(message(read(bad))).startsWith("the file").doesNotContain(System.getProperty("java.io.tmpdir"));
    }
  }

  @Test
  void shouldAskForAKeyForAllButThePageItself() throws Exception {
    try (TinyServer guarded = TinyServer.start(options -> {}, "secret")) {
      assertThat(guarded.get("/").statusCode()).isEqualTo(200);
      assertThat(guarded.get("/page/page.js").statusCode()).isEqualTo(200);
      assertThat(guarded.get("/api/page/options").statusCode()).isEqualTo(401);
      assertThat(guarded.get("/api/page/options", "Authorization", "Bearer secret").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void shouldServeNoPageWhereNoneIsWanted() throws Exception {
    try (TinyServer without = TinyServer.start(options -> options.noPage = true, null)) {
      for (String path : List.of("/", "/page/page.js", "/api/page/options")) {
        assertThat(without.get(path).statusCode()).as(path).isEqualTo(404);
      }
    }
  }

  private static HttpResponse<String> read(byte[] file) throws Exception {
    try (HttpClient http = HttpClient.newHttpClient()) {
      return http.send(HttpRequest.newBuilder(URI.create(server.address() + "/api/page/read"))
          .POST(HttpRequest.BodyPublishers.ofByteArray(file)).build(), HttpResponse.BodyHandlers.ofString());
    }
  }

  private static String message(HttpResponse<String> answer) throws Exception {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
    return ServerContext.JSON.readTree(answer.body()).at("/error/message").textValue();
  }

  private static JsonNode json(HttpResponse<String> answer) throws Exception {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return ServerContext.JSON.readTree(answer.body());
  }

  private static List<String> texts(JsonNode array) {
    List<String> texts = new ArrayList<>();
    array.forEach(each -> texts.add(each.textValue()));
    return texts;
  }
}
