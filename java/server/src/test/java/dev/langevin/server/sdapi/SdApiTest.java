package dev.langevin.server.sdapi;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.langevin.image.PictureFormat;
import dev.langevin.image.PictureTexts;
import dev.langevin.server.Pictures;
import dev.langevin.server.ServerContext;
import dev.langevin.server.TinyServer;
import dev.langevin.settings.Program;
import dev.langevin.settings.RecordedIn;
import dev.langevin.settings.RecordedSettings;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SdApiTest {

  private static TinyServer server;

  @BeforeAll
  static void start() throws IOException {
    server = TinyServer.start();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static JsonNode json(HttpResponse<String> answer) throws IOException {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return ServerContext.JSON.readTree(answer.body());
  }

  private static JsonNode post(String call, String body) throws Exception {
    return json(server.post("/sdapi/v1/" + call, body));
  }

  private static JsonNode get(String call) throws Exception {
    return json(server.get("/sdapi/v1/" + call));
  }

  private static byte[] file(JsonNode base64) {
    return Base64.getDecoder().decode(base64.textValue());
  }

  private static BufferedImage picture(JsonNode base64) throws IOException {
    return ImageIO.read(new ByteArrayInputStream(file(base64)));
  }

  private static String plain(int width, int height, int rgb) {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    int[] pixels = new int[width * height];
    Arrays.fill(pixels, rgb);
    image.setRGB(0, 0, width, height, pixels, 0, width);
    return Pictures.base64(Pictures.encode(image, PictureFormat.PNG, Map.of(), null));
  }

  @Test
  void shouldMakePicturesOfSeedsThatCountUp() throws Exception {
    JsonNode answer = post("txt2img", """
        {"prompt": "a red apple", "negative_prompt": "blue", "seed": 11, "steps": 2, "batch_size": 2, "n_iter": 2,
         "sampler_name": "DPM++ 2M", "scheduler": "karras", "cfg_scale": 3}""");
    assertThat(answer.get("images")).hasSize(4);
    JsonNode info = ServerContext.JSON.readTree(answer.get("info").textValue());
    assertThat(info.get("all_seeds").toString()).isEqualTo("[11,12,13,14]");
    assertThat(info.get("infotexts").get(3).textValue()).startsWith("""
        a red apple
        Negative prompt: blue
        Steps: 2, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 3, Seed: 14, Size: 64x64, Model: emoji, \
        RNG: CPU, compat: A1111, Precision: f32, Device: \"onednn:""")
        .containsPattern("Version: langevin 0.2.0( build \\p{XDigit}+)?$");
    assertThat(answer.get("parameters").get("prompt").textValue()).isEqualTo("a red apple");
    JsonNode alone = post("txt2img", """
        {"prompt": "a red apple", "negative_prompt": "blue", "seed": 14, "steps": 2, "sampler_index": "DPM++ 2M Karras",
         "cfg_scale": 3}""");
    assertThat(picture(alone.get("images").get(0)).getRGB(30, 30))
        .isEqualTo(picture(answer.get("images").get(3)).getRGB(30, 30));
    assertThat(pixels(alone.get("images").get(0))).isEqualTo(pixels(answer.get("images").get(3)));
  }

  private static int[] pixels(JsonNode base64) throws IOException {
    BufferedImage image = picture(base64);
    return image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
  }

  /** What a picture says is read by the engine's reader, as what {@code langevin generate --from} repeats. */
  @Test
  void shouldSayInThePictureHowItWasMade() throws Exception {
    JsonNode answer = post("txt2img", "{\"prompt\": \"a fish\", \"seed\": 3, \"steps\": 1, \"clip_skip\": 2}");
    byte[] file = file(answer.get("images").get(0));
    RecordedSettings read = RecordedIn.settings(PictureTexts.read(file));
    assertThat(read.program()).isEqualTo(Program.LANGEVIN);
    assertThat(read.sampler()).isEqualTo("Euler");
    assertThat(read.clipSkip()).isEqualTo(2);
    assertThat(read.rest()).containsEntry("compat", "A1111");
    JsonNode told = post("png-info",
        ServerContext.JSON.createObjectNode().put("image", answer.get("images").get(0).textValue()).toString());
    assertThat(told.get("info").textValue()).startsWith("a fish\nSteps: 1, Sampler: Euler");
    assertThat(told.get("parameters").get("Seed").textValue()).isEqualTo("3");
    assertThat(told.get("items").get("parameters").textValue()).isEqualTo(told.get("info").textValue());
  }

  @Test
  void shouldMakeASecondPassAtALargerSize() throws Exception {
    JsonNode answer = post("txt2img", """
        {"prompt": "a fish", "steps": 2, "enable_hr": true, "hr_scale": 1.5, "hr_upscaler": "None"}""");
    assertThat(picture(answer.get("images").get(0)).getWidth()).isEqualTo(96);
    assertThat(answer.get("info").textValue()).contains("Hires upscale: 1.5", "Hires upscaler: Lanczos");
  }

  @Test
  void shouldPaintAPartAnewAndKeepTheRest() throws Exception {
    ObjectNode body = ServerContext.JSON.createObjectNode();
    body.putArray("init_images").add(plain(128, 96, 0x00ff00));
    BufferedImage mask = new BufferedImage(128, 96, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < 32 * 32; i++) {
      mask.setRGB(64 + i % 32, 32 + i / 32, 0xffffff);
    }
    body.put("mask", Pictures.base64(Pictures.encode(mask, PictureFormat.PNG, Map.of(), null)));
    body.put("prompt", "a red apple").put("steps", 2).put("mask_blur", 0).put("inpaint_full_res_padding", 8)
        .put("denoising_strength", 1);
    JsonNode answer = post("img2img", body.toString());
    BufferedImage made = picture(answer.get("images").get(0));
    assertThat(made.getWidth()).isEqualTo(128);
    assertThat(made.getRGB(5, 5) & 0xffffff).isEqualTo(0x00ff00);
    assertThat(made.getRGB(80, 48) & 0xffffff).isNotEqualTo(0x00ff00);
    assertThat(answer.get("parameters").get("init_images").isNull()).isTrue();
    assertThat(answer.get("info").textValue()).contains("Inpaint area: Only masked", "Masked content: fill");
  }

  @Test
  void shouldBeginWithSeveralPictures() throws Exception {
    ObjectNode body = ServerContext.JSON.createObjectNode();
    body.putArray("init_images").add(plain(64, 64, 0xff0000)).add(plain(32, 64, 0x0000ff));
    body.put("steps", 2).put("include_init_images", true).put("send_images", true).put("resize_mode", 2);
    JsonNode answer = post("img2img", body.toString());
    assertThat(answer.get("images")).hasSize(2);
    assertThat(answer.get("parameters").get("init_images")).hasSize(2);
  }

  @Test
  void shouldInterruptAfterAStepAndKeepWhatIsFinished() throws Exception {
    CompletableFuture<HttpResponse<String>> running = begin("{\"prompt\": \"a\", \"steps\": 900, \"n_iter\": 2}");
    awaitSteps();
    JsonNode progress = get("progress?skip_current_image=false");
    assertThat(progress.get("state").get("job_count").intValue()).isEqualTo(2);
    assertThat(progress.get("state").get("sampling_steps").intValue()).isEqualTo(900);
    for (int i = 0; i < 100 && progress.get("current_image").isNull(); i++) { // made from the next step on
      Thread.sleep(20);
      progress = get("progress");
    }
    assertThat(picture(progress.get("current_image"))).isNotNull();
    post("interrupt", "{}");
    JsonNode answer = json(running.get());
    assertThat(answer.get("images")).isEmpty();
    JsonNode idle = get("progress");
    assertThat(idle.get("progress").doubleValue()).isZero();
    assertThat(idle.get("state").get("job_count").intValue()).isZero();
  }

  @Test
  void shouldSkipABatch() throws Exception {
    CompletableFuture<HttpResponse<String>> running = begin("{\"prompt\": \"a\", \"steps\": 60, \"n_iter\": 2}");
    awaitSteps();
    post("skip", "{}");
    JsonNode answer = json(running.get());
    assertThat(answer.get("images")).hasSize(1);
    assertThat(answer.get("info").textValue()).contains("\"all_seeds\":[");
  }

  private static CompletableFuture<HttpResponse<String>> begin(String body) {
    return CompletableFuture.supplyAsync(() -> {
      try {
        return server.post("/sdapi/v1/txt2img", body);
      } catch (IOException | InterruptedException e) {
        throw new IllegalStateException(e);
      }
    });
  }

  private static void awaitSteps() throws Exception {
    for (int i = 0; i < 3000 && get("progress?skip_current_image=true").at("/state/sampling_step").intValue() < 2;
        i++) {
      Thread.sleep(10);
    }
  }

  @Test
  void shouldKeepSettings() throws Exception {
    assertThat(get("options").get("sd_model_checkpoint").textValue()).isEqualTo("emoji");
    post("options", "{\"sd_model_checkpoint\": \"fashion\", \"samples_format\": \"jpg\", \"unheard_of\": 1}");
    assertThat(get("options").get("sd_model_checkpoint").textValue()).isEqualTo("fashion");
    JsonNode answer = post("txt2img",
        "{\"prompt\": \"a\", \"steps\": 1, \"override_settings\": {\"sd_model_checkpoint\": \"emoji [0123456789]\"}}");
    assertThat(file(answer.get("images").get(0))).startsWith(0xff, 0xd8);
    post("options", "{\"sd_model_checkpoint\": \"emoji\", \"samples_format\": \"png\"}");
    assertThat(server.post("/sdapi/v1/options", "{\"sd_model_checkpoint\": \"../../etc\"}").statusCode())
        .isEqualTo(404);
    assertThat(server.post("/sdapi/v1/options", "{\"sd_vae\": \"/etc/passwd\"}").statusCode()).isEqualTo(422);
    post("unload-checkpoint", "{}");
    post("reload-checkpoint", "{}");
    post("refresh-checkpoints", "");
  }

  @ParameterizedTest
  @ValueSource(strings = {"samplers", "schedulers", "latent-upscale-modes", "upscalers", "sd-models"})
  void shouldListByName(String call) throws Exception {
    JsonNode listed = get(call);
    assertThat(listed).isNotEmpty();
    listed.forEach(each -> assertThat(each.has(call.equals("sd-models") ? "title" : "name")).isTrue());
  }

  @ParameterizedTest
  @ValueSource(strings = {"realesrgan-models", "face-restorers", "hypernetworks", "prompt-styles", "sd-vae", "loras",
      "embeddings", "memory", "cmd-flags", "scripts", "extensions", "script-info"})
  void shouldAnswer(String call) throws Exception {
    assertThat(get(call).isContainerNode()).isTrue();
  }

  @Test
  void shouldTellNoPaths() throws Exception {
    for (String call : List.of("sd-models", "upscalers", "loras", "cmd-flags", "options")) {
      assertThat(get(call).toString()).doesNotContain("/tmp", System.getProperty("user.dir"));
    }
  }

  @Test
  void shouldMakePicturesLarger() throws Exception {
    ObjectNode body = ServerContext.JSON.createObjectNode().put("image", plain(20, 10, 0x80ff00))
        .put("upscaling_resize", 3).put("upscaler_1", "esrgan-slim").put("upscaler_2", "Lanczos")
        .put("extras_upscaler_2_visibility", 0.5);
    JsonNode answer = post("extra-single-image", body.toString());
    assertThat(picture(answer.get("image")).getWidth()).isEqualTo(60);
    assertThat(answer.get("html_info").textValue()).contains("esrgan-slim");
    ObjectNode several = ServerContext.JSON.createObjectNode().put("resize_mode", 1).put("upscaling_resize_w", 40)
        .put("upscaling_resize_h", 40).put("upscaler_1", "Lanczos");
    several.putArray("imageList").addObject().put("data", plain(20, 10, 0)).put("name", "../../a.png");
    JsonNode images = post("extra-batch-images", several.toString()).get("images");
    assertThat(picture(images.get(0)).getHeight()).isEqualTo(40);
    assertThat(picture(images.get(0)).getWidth()).isEqualTo(40);
  }

  @Test
  void shouldRefuseInTheWebUisShape() throws Exception {
    for (String[] each : new String[][] {{"txt2img", "{\"steps\": 0}", "422"}, {"txt2img", "{", "400"},
        {"txt2img", "[]", "422"}, {"txt2img", "{\"sampler_name\": \"Warp\"}", "404"}, {"img2img", "{}", "404"},
        {"txt2img", "{\"prompt\": \"<lora:../../x:1>\", \"steps\": 1}", "400"},
        {"txt2img", "{\"width\": 70, \"height\": 64, \"steps\": 1}", "400"},
        {"txt2img", "{\"styles\": [\"photo\"]}", "422"}, {"interrogate", "{}", "404"}, {"server-kill", "{}", "404"},
        {"png-info", "{\"image\": \"/etc/passwd\"}", "422"}, {"extra-single-image", "{\"image\": \"aaaa\"}", "422"},
        {"txt2img", "{\"batch_size\": 20, \"n_iter\": 20}", "422"}}) {
      HttpResponse<String> answer = server.post("/sdapi/v1/" + each[0], each[1]);
      assertThat(String.valueOf(answer.statusCode())).as(each[0] + each[1] + answer.body()).isEqualTo(each[2]);
      JsonNode body = ServerContext.JSON.readTree(answer.body());
      assertThat(body.get("detail").textValue()).as(answer.body()).isNotBlank();
    }
  }

  @Test
  void shouldTakeAKeyAsAPasswordAndShowNobodyElsesProgress() throws Exception {
    try (TinyServer locked = TinyServer.start(options -> {}, "one,two")) {
      assertThat(locked.get("/sdapi/v1/options").statusCode()).isEqualTo(401);
      String first = basic("user:one");
      String second = basic("user:two");
      CompletableFuture<HttpResponse<String>> running = CompletableFuture.supplyAsync(() -> {
        try {
          return locked.post("/sdapi/v1/txt2img", "{\"prompt\": \"a\", \"steps\": 900}", "Authorization", first);
        } catch (IOException | InterruptedException e) {
          throw new IllegalStateException(e);
        }
      });
      List<String> seen = new ArrayList<>();
      for (int i = 0; i < 1000 && seen.isEmpty(); i++) {
        JsonNode own = json(locked.get("/sdapi/v1/progress", "Authorization", first));
        if (own.at("/state/sampling_step").intValue() > 0) {
          seen.add(own.toString());
        }
        Thread.sleep(10);
      }
      assertThat(seen).isNotEmpty();
      assertThat(json(locked.get("/sdapi/v1/progress", "Authorization", second)).at("/state/job_count").intValue())
          .isZero();
      json(locked.post("/sdapi/v1/interrupt", "{}", "Authorization", second));
      assertThat(running.isDone()).isFalse();
      json(locked.post("/sdapi/v1/interrupt", "{}", "Authorization", first));
      json(running.get());
    }
  }

  private static String basic(String pair) {
    return "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(java.nio.charset.StandardCharsets.UTF_8));
  }
}
