package dev.langevin.server;

import static dev.langevin.server.Answers.error;
import static dev.langevin.server.Answers.events;
import static dev.langevin.server.Answers.file;
import static dev.langevin.server.Answers.json;
import static dev.langevin.server.Answers.picture;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.langevin.image.DecodedImage;
import dev.langevin.image.PictureFormat;
import dev.langevin.image.PictureTexts;
import dev.langevin.settings.Program;
import dev.langevin.settings.RecordedIn;
import dev.langevin.settings.RecordedSettings;
import java.awt.image.BufferedImage;
import java.net.http.HttpResponse;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OpenAiTest {

  private static final String GENERATIONS = "/v1/images/generations";
  private static final String EDITS = "/v1/images/edits";

  private static TinyServer server;

  @BeforeAll
  static void start() throws Exception {
    server = TinyServer.start(options -> {
      options.models = List.of("emoji=" + Models.EMOJI, "fashion=" + Models.FASHION, "karlo=" + Models.VARIATION);
      options.aliases = List.of("gpt-image-1=emoji");
      options.maxPictures = 3;
    }, null);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static JsonNode generated(String more) throws Exception {
    return json(server.post(GENERATIONS, "{\"prompt\": \"a red apple\", \"steps\": 2" + more + "}"));
  }

  /** Catches a seed that is not used, and pictures of one request that are not those of their seeds alone. */
  @Test
  void shouldMakeTheSamePictureOfASeed() throws Exception {
    JsonNode two = generated(", \"seed\": 7, \"n\": 2");
    JsonNode second = generated(", \"seed\": 8");
    assertThat(two.get("data")).hasSize(2);
    assertThat(two.at("/data/1/seed").asLong()).isEqualTo(8);
    assertThat(file(two.at("/data/1"))).isEqualTo(file(second.at("/data/0")))
        .isNotEqualTo(file(two.at("/data/0")));
    assertThat(two.get("size").textValue()).isEqualTo("64x64");
    assertThat(two.at("/usage/total_tokens").isInt()).isTrue();
    assertThat(generated("").get("seed")).isNotEqualTo(generated("").get("seed"));
  }

  @Test
  void shouldCountStepsByQuality() throws Exception {
    for (Map.Entry<String, Integer> quality : Map.of("low", 10, "medium", 20).entrySet()) {
      HttpResponse<String> job = server.post("/v1/jobs",
          "{\"prompt\": \"a heart\", \"model\": \"emoji\", \"size\": \"16x16\", \"quality\": \"%s\"}"
              .formatted(quality.getKey()));
      String path = "/v1/jobs/" + json(job).get("id").textValue();
      List<JsonNode> events = events(server.get(path + "/events"));
      assertThat(events.getLast().get("status").textValue()).isEqualTo("done");
      int family = json(server.get(path)).get("steps").intValue();
      assertThat(family).isEqualTo(usual() * quality.getValue() / 20);
    }
  }

  private static int usual() {
    ServedModel emoji = server.context().models().find("emoji");
    try (ModelPool.Lease lease = server.context().models().lease(emoji)) {
      return lease.pipeline().complete(dev.langevin.request.GenerationRequest.prompt("a").build()).steps();
    }
  }

  @ParameterizedTest
  @CsvSource({"png,", "jpeg,40", "webp,60"})
  void shouldWriteFormats(String format, Integer compression) throws Exception {
    JsonNode made = generated(", \"output_format\": \"" + format + "\""
        + (compression == null ? "" : ", \"output_compression\": " + compression));
    assertThat(made.get("output_format").textValue()).isEqualTo(format);
    byte[] file = file(made.at("/data/0"));
    assertThat(new String(file, 0, 12, java.nio.charset.StandardCharsets.ISO_8859_1))
        .contains(Map.of("png", "PNG", "jpeg", "\u00ff\u00d8", "webp", "WEBP").get(format));
    assertThat(picture(made.at("/data/0")).width()).isEqualTo(64);
  }

  /** What the command line writes, so that nobody takes the picture for another program's. */
  @Test
  void shouldSayInThePictureHowItWasMade() throws Exception {
    JsonNode made = generated(", \"seed\": 7, \"sampler\": \"euler\", \"guidance\": 3.5").at("/data/0");
    RecordedSettings read = RecordedIn.settings(PictureTexts.read(file(made)));
    assertThat(read.program()).isEqualTo(Program.LANGEVIN);
    assertThat(read.prompts()).containsExactly("a red apple");
    assertThat(read.seed()).isEqualTo(7);
    assertThat(read.model()).isEqualTo("emoji");
    assertThat(read.cfg()).isEqualTo(3.5);
    assertThat(read.rest().get("Version")).startsWith("langevin ");
    assertThat(read.rest()).containsEntry("Precision", "f32").containsKey("Device");
    String job = json(server.post("/v1/jobs", "{\"prompt\": \" a fish \", \"steps\": 1}")).get("id").textValue();
    JsonNode state = json(server.get("/v1/jobs/" + job));
    for (int i = 0; i < 3000 && !state.get("status").textValue().equals("done"); i++) {
      Thread.sleep(10);
      state = json(server.get("/v1/jobs/" + job));
    }
    read = RecordedIn.settings(PictureTexts.read(file(state.at("/result/data/0"))));
    assertThat(read.program()).isEqualTo(Program.LANGEVIN);
    assertThat(read.rest()).as("spaces at its ends").containsEntry("prompt", " a fish ");
  }

  @Test
  void shouldGivePicturesByUrl() throws Exception {
    String url = generated(", \"response_format\": \"url\"").at("/data/0/url").textValue();
    assertThat(url).startsWith(server.address() + "/pictures/").endsWith(".png");
    assertThat(server.get(url.substring(server.address().length())).headers().firstValue("Content-Type"))
        .contains("image/png");
    assertThat(error(server.get("/pictures/nothing.png"), 404).get("code").textValue()).isEqualTo("picture_not_found");
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "{\"prompt\": \"x\", \"background\": \"transparent\"} | 400 | background",
      "{\"prompt\": \"x\", \"colour\": 1} | 400 | colour",
      "{\"prompt\": \"x\", \"model\": \"dall-e-9\"} | 404 |",
      "{\"prompt\": \"x\", \"model\": \"../../etc\"} | 404 |",
      "{\"prompt\": \"x\", \"n\": 4} | 400 | n",
      "{\"prompt\": \"x\", \"size\": \"99999x99999\"} | 400 | size",
      "{\"prompt\": \"x\", \"size\": \"63x64\"} | 400 |",
      "{\"prompt\": \"x\", \"sampler\": \"nobody\"} | 400 |",
      "{\"prompt\": \"x\", \"steps\": 0} | 400 | steps",
      "{\"prompt\": \"x\", \"stream\": \"maybe\"} | 400 | stream",
      "{\"prompt\": \"x\", \"partial_images\": 2} | 400 | partial_images",
      "{\"prompt\": \"x\", \"loras\": [{\"name\": \"a\"}]} | 400 | lora",
      "{\"prompt\": \"<lora:a:1> x\"} | 400 | lora",
      "{\"prompt\": 5} | 400 | prompt",
      "{} | 400 | prompt",
      "[] | 400 |",
      "{ | 400 |",
      "'' | 400 |"})
  void shouldRefuseByName(String body, int status, String param) throws Exception {
    JsonNode error = error(server.post(GENERATIONS, body), status);
    assertThat(error.get("param").textValue()).isEqualTo(param);
    assertThat(error.get("type").textValue()).isEqualTo("invalid_request_error");
    assertThat(error.get("message").textValue()).isNotBlank().doesNotContain("Exception", "\tat ");
  }

  /** A picture of one colour whose left half is as transparent as asked. */
  private static byte[] square(int rgb, boolean through) {
    BufferedImage picture = new BufferedImage(64, 64, BufferedImage.TYPE_INT_ARGB);
    for (int i = 0; i < 64 * 64; i++) {
      picture.setRGB(i % 64, i / 64, through && i % 64 < 32 ? rgb : 0xff000000 | rgb);
    }
    return Pictures.encode(picture, PictureFormat.PNG, Map.of(), null);
  }

  private static double difference(DecodedImage picture, int rgb, int from) {
    double sum = 0;
    for (int y = 0; y < 64; y++) {
      for (int x = from; x < from + 24; x++) {
        for (int c = 0; c < 3; c++) {
          sum += Math.abs((picture.samples()[(y * 64 + x) * picture.channels() + c] & 255)
              - (rgb >> 16 - 8 * c & 255));
        }
      }
    }
    return sum / (64 * 24 * 3);
  }

  /** Catches masks the wrong way round: what is transparent is painted anew, the rest stays. */
  @Test
  void shouldPaintWhatIsTransparentAnew() throws Exception {
    for (boolean byMask : new boolean[] {true, false}) {
      Multipart form = new Multipart().text("prompt", "a red apple").text("steps", "4").text("seed", "1")
          .text("model", "emoji").text("strength", "1").file(byMask ? "image" : "image[]", square(0x2060c0, !byMask));
      if (byMask) {
        form.file("mask", square(0, true));
      }
      DecodedImage made = picture(json(server.post(EDITS, form)).at("/data/0"));
      double kept = difference(made, 0x2060c0, 40); // which went through the autoencoder
      assertThat(kept).as("kept").isLessThan(25);
      assertThat(difference(made, 0x2060c0, 0)).as("painted").isGreaterThan(kept + 15);
    }
  }

  @Test
  void shouldEditPicturesInJsonAndFetchNothing() throws Exception {
    String data = "data:image/png;base64," + Base64.getEncoder().encodeToString(square(0x2060c0, false));
    String edit = "{\"prompt\": \"a heart\", \"steps\": 2, \"images\": [{\"image_url\": \"%s\"}]}";
    assertThat(picture(json(server.post(EDITS, edit.formatted(data))).at("/data/0")).width()).isEqualTo(64);
    assertThat(error(server.post(EDITS, edit.formatted("http://localhost:1/x.png")), 400).get("message").textValue())
        .contains("fetches nothing");
    assertThat(error(server.post(EDITS, edit.formatted("file:///etc/passwd")), 400).get("param").textValue())
        .isEqualTo("image");
    assertThat(error(server.post(EDITS, "{\"prompt\": \"x\", \"images\": [{\"file_id\": \"file-1\"}]}"), 400)
        .get("message").textValue()).contains("file_id");
    assertThat(error(server.post(EDITS, "{\"prompt\": \"x\"}"), 400).get("param").textValue()).isEqualTo("image");
    assertThat(error(server.post(EDITS, new Multipart().text("prompt", "Bag").text("model", "fashion")
        .file("image", square(0, false))), 400).get("message").textValue()).contains("picture to begin with");
    assertThat(error(server.post(EDITS, new Multipart().text("prompt", "x").file("image", "GIF89a".getBytes())), 400)
        .get("param").textValue()).isEqualTo("image");
  }

  @Test
  void shouldStreamPartialPictures() throws Exception {
    List<JsonNode> events = events(server.post(GENERATIONS,
        "{\"prompt\": \"a red apple\", \"steps\": 4, \"stream\": true, \"partial_images\": 2}"));
    assertThat(events).extracting(event -> event.get("type").textValue()).containsExactly(
        "image_generation.partial_image", "image_generation.partial_image", "image_generation.completed");
    assertThat(events.get(1).get("partial_image_index").intValue()).isEqualTo(1);
    assertThat(picture(events.get(0)).width()).isEqualTo(64);
    assertThat(file(events.get(2))).isNotEqualTo(file(events.get(1)));
    assertThat(error(server.post(GENERATIONS, "{\"prompt\": \"x\", \"stream\": true, \"size\": \"63x64\"}"), 400)
        .get("message").textValue()).contains("63");
    List<JsonNode> edits = events(server.post(EDITS, new Multipart().text("prompt", "a heart").text("steps", "2")
        .text("stream", "true").file("image", square(0x2060c0, false))));
    assertThat(edits.getLast().get("type").textValue()).isEqualTo("image_edit.completed");
  }

  @Test
  void shouldVaryPictures() throws Exception {
    Multipart form =
        new Multipart().text("model", "karlo").text("n", "2").text("steps", "2").file("image", square(0x2060c0, false));
    assertThat(json(server.post("/v1/images/variations", form)).get("data")).hasSize(2);
    form = new Multipart().text("model", "emoji").file("image", square(0x2060c0, false));
    assertThat(error(server.post("/v1/images/variations", form), 400).get("param").textValue()).isEqualTo("model");
  }

  @Test
  void shouldListModelsAndServeThemByAliasesAndClasses() throws Exception {
    JsonNode models = json(server.get("/v1/models"));
    assertThat(models.get("data")).extracting(each -> each.get("id").textValue())
        .containsExactly("emoji", "fashion", "karlo", "gpt-image-1");
    assertThat(json(server.get("/v1/models/gpt-image-1")).get("id").textValue()).isEqualTo("emoji");
    assertThat(error(server.get("/v1/models/dall-e-2"), 404).get("code").textValue()).isEqualTo("model_not_found");
    assertThat(json(server.post(GENERATIONS, "{\"prompt\": \"1\", \"model\": \"fashion\", \"steps\": 1}"))
        .get("model").textValue()).isEqualTo("fashion");
    assertThat(generated(", \"model\": \"gpt-image-1\", \"user\": \"u\", \"style\": \"vivid\"").get("model")
        .textValue()).isEqualTo("emoji");
  }
}
