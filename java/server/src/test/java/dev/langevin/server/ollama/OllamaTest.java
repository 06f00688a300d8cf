package dev.langevin.server.ollama;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.langchain4j.data.image.Image;
import dev.langchain4j.model.ollama.OllamaImageModel;
import dev.langevin.image.PictureTexts;
import dev.langevin.server.ServerContext;
import dev.langevin.server.TinyServer;
import dev.langevin.settings.Program;
import dev.langevin.settings.RecordedIn;
import dev.langevin.settings.RecordedSettings;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Base64;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class OllamaTest {

  private static TinyServer server;

  @BeforeAll
  static void start() throws IOException {
    server = TinyServer.start();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static BufferedImage picture(String base64) throws IOException {
    return ImageIO.read(new ByteArrayInputStream(Base64.getDecoder().decode(base64)));
  }

  @Test
  void shouldAnswerLangChain4jsClient() throws Exception {
    Image made = OllamaImageModel.builder().baseUrl(server.address()).modelName("emoji").width(64).height(64).steps(2)
        .seed(5).timeout(Duration.ofMinutes(2)).build().generate("a red apple").content();
    assertThat(made.mimeType()).isEqualTo("image/png");
    assertThat(picture(made.base64Data()).getWidth()).isEqualTo(64);
    Image again = OllamaImageModel.builder().baseUrl(server.address()).modelName("emoji").width(0).height(0).steps(2)
        .seed(5).timeout(Duration.ofMinutes(2)).build().generate("a red apple").content();
    assertThat(again.base64Data()).isEqualTo(made.base64Data());
    RecordedSettings read = RecordedIn.settings(PictureTexts.read(Base64.getDecoder().decode(made.base64Data())));
    assertThat(read.program()).isEqualTo(Program.LANGEVIN);
    assertThat(read.prompts()).containsExactly("a red apple");
    System.out.println("langchain4j-ollama OllamaImageModel.generate, with size, steps and seed: ok");
  }

  @Test
  void shouldTellOfEachStepInALine() throws Exception {
    HttpResponse<String> answer =
        server.post("/api/generate", "{\"model\": \"emoji:latest\", \"prompt\": \"a fish\", \"steps\": 3}");
    assertThat(answer.headers().firstValue("Content-Type").orElse("")).startsWith("application/x-ndjson");
    String[] lines = answer.body().split("\n");
    assertThat(lines).hasSize(4);
    for (int i = 0; i < 3; i++) {
      JsonNode line = ServerContext.JSON.readTree(lines[i]);
      assertThat(line.get("completed").intValue()).isEqualTo(i + 1);
      assertThat(line.get("total").intValue()).isEqualTo(3);
      assertThat(line.get("done").booleanValue()).isFalse();
    }
    JsonNode last = ServerContext.JSON.readTree(lines[3]);
    assertThat(last.get("done").booleanValue()).isTrue();
    assertThat(last.get("done_reason").textValue()).isEqualTo("stop");
    assertThat(picture(last.get("image").textValue()).getWidth()).isEqualTo(64);
  }

  @Test
  void shouldListModelsAndItsVersion() throws Exception {
    JsonNode tags = ServerContext.JSON.readTree(server.get("/api/tags").body());
    assertThat(tags.get("models").findValuesAsText("name")).contains("emoji", "fashion");
    assertThat(server.get("/api/version").body()).matches("\\{\"version\":\"[0-9.]+\"}");
    assertThat(server.get("/api/ps").statusCode()).isEqualTo(200);
    assertThat(server.post("/api/show", "{\"model\": \"emoji\"}").body()).contains("\"capabilities\":[\"image\"]");
  }

  @Test
  void shouldLoadAndUnloadByAnEmptyPrompt() throws Exception {
    assertThat(server.post("/api/generate", "{\"model\": \"emoji\", \"stream\": false}").body())
        .contains("\"done_reason\":\"load\"");
    assertThat(server.post("/api/generate", "{\"model\": \"emoji\", \"keep_alive\": 0}").body())
        .contains("\"done_reason\":\"unload\"");
  }

  @Test
  void shouldRefuseWithASentence() throws Exception {
    String[][] wrong = {{"/api/generate", "{\"model\": \"../emoji\", \"prompt\": \"a\"}", "404", "not found"},
        {"/api/generate", "{\"prompt\": \"a\"}", "400", "model is missing"},
        {"/api/generate", "{\"model\": \"emoji\", \"prompt\": \"a\", \"steps\": 1.5}", "400", "steps is 1.5"},
        {"/api/generate", "{\"model\": \"emoji\", \"prompt\": \"a\", \"system\": \"be\"}", "400", "system"},
        {"/api/generate", "{\"model\": \"emoji\", \"prompt\": \"a\", \"width\": 70, \"height\": 64}", "400", "70"},
        {"/api/generate", "{\"model\": \"emoji\", \"prompt\": \"<lora:../x:1>\"}", "400", "LoRA"},
        {"/api/chat", "{}", "400", "/api/generate"}, {"/api/pull", "{\"model\": \"x\"}", "403", "do not change"}};
    for (String[] each : wrong) {
      HttpResponse<String> answer = server.post(each[0], each[1]);
      assertThat(String.valueOf(answer.statusCode())).as(each[1] + answer.body()).isEqualTo(each[2]);
      assertThat(ServerContext.JSON.readTree(answer.body()).get("error").textValue()).contains(each[3]);
    }
  }
}
