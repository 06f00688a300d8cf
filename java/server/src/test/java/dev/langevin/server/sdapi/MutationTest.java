package dev.langevin.server.sdapi;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.langevin.server.ServerContext;
import dev.langevin.server.TinyServer;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * Requests with wrong values, types, fields and letters: each is answered by a sentence, none by a fault of the
 * server's. What happens to be well still is small enough to be made at once.
 */
class MutationTest {

  private static final int COUNT = 400;
  private static final long SEED = 25;

  /** The smallest PNG with a picture. */
  private static final String PNG =
      "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

  private static final Map<String, String> CALLS = new TreeMap<>(Map.of("/sdapi/v1/txt2img", """
      {"prompt": "a", "steps": 0, "width": 64, "height": 64, "seed": 1, "cfg_scale": 7, "sampler_name": "Euler a",
       "scheduler": "karras", "batch_size": 1, "n_iter": 1, "styles": [], "enable_hr": true, "hr_scale": 2,
       "hr_upscaler": "Latent", "override_settings": {"CLIP_stop_at_last_layers": 1, "sd_vae": "Automatic"},
       "alwayson_scripts": {"ControlNet": {"args": [{"model": "m", "weight": 1}]}}}""", "/sdapi/v1/img2img", """
      {"init_images": ["PNG"], "mask": "PNG", "steps": 0, "mask_blur": 4, "inpainting_fill": 1, "resize_mode": 1,
       "inpaint_full_res": 1, "inpaint_full_res_padding": 8, "denoising_strength": 0.5, "width": 64, "height": 64}""",
      "/sdapi/v1/options", "{\"CLIP_stop_at_last_layers\": 99, \"samples_format\": \"png\", \"jpeg_quality\": 80}",
      "/sdapi/v1/png-info", "{\"image\": \"PNG\"}", "/sdapi/v1/extra-single-image", """
          {"image": "PNG", "upscaler_1": "Lanczos", "upscaling_resize": 2, "resize_mode": 0, "gfpgan_visibility": 0}""",
      "/sdapi/v1/extra-batch-images", "{\"imageList\": [{\"data\": \"PNG\", \"name\": \"a\"}], \"resize_mode\": 1}",
      "/api/generate", """
          {"model": "emoji", "prompt": "a", "width": 64, "height": 64, "steps": 1001, "stream": false,
           "options": {"seed": 1}}""",
      "/api/show", "{\"model\": \"emoji\"}"));

  private static final List<String> WRONG = List.of("null", "true", "-1", "1e308", "9223372036854775808", "0.5", "\"\"",
      "\"../../../etc/passwd\"", "\"file:///etc/passwd\"", "\"http://127.0.0.1:1/x.png\"", "\"\\u0000\"", "\"NaN\"",
      "[]", "{}", "[[[]]]", "{\"args\": [null]}", "\"<lora:../x:1>\"", "\"<script>alert(1)</script>\"",
      "\"((((a:1.2.3)\"",
      "\"data:image/png;base64,////\"", "\"iVBORw0KGgo=\"", "[{\"enabled\": 3}]", "\"%n%s\"", "2147483648");

  private final Random random = new Random(SEED);

  @Test
  void shouldAnswerEveryWrongRequestWithASentence() throws Exception {
    Map<Integer, Integer> statuses = new TreeMap<>();
    try (TinyServer server = TinyServer.start(options -> options.maxSteps = 4, null)) {
      List<String> paths = new ArrayList<>(CALLS.keySet());
      for (int i = 0; i < COUNT; i++) {
        String path = paths.get(i % paths.size());
        String body = mutated(CALLS.get(path).replace("PNG", PNG));
        HttpResponse<String> answer = server.post(path, body);
        String what = path + " " + body + " -> " + answer.statusCode() + " " + answer.body();
        statuses.merge(answer.statusCode(), 1, Integer::sum);
        assertThat(answer.statusCode()).as(what).isLessThan(500);
        assertThat(answer.body()).as(what).doesNotContain("Exception", "\tat ", ".java", "dev.langevin", "root:");
        if (answer.statusCode() >= 400) {
          JsonNode told = ServerContext.JSON.readTree(answer.body());
          String sentence = path.startsWith("/api/") ? told.path("error").asText() : told.path("detail").asText();
          assertThat(sentence).as(what).isNotBlank();
        }
      }
      assertThat(server.get("/sdapi/v1/options").statusCode()).isEqualTo(200);
    }
    System.out.println("answers to " + COUNT + " wrong requests, by status: " + statuses);
    assertThat(statuses.keySet()).anyMatch(status -> status >= 400);
  }

  private String mutated(String json) throws Exception {
    if (random.nextInt(6) == 0) { // letters of the text itself
      StringBuilder text = new StringBuilder(json);
      int at = random.nextInt(text.length());
      switch (random.nextInt(3)) {
        case 0 -> text.setLength(at);
        case 1 -> text.setCharAt(at, (char) random.nextInt(32, 127));
        default -> text.insert(at, "{\"a\":");
      }
      return text.toString();
    }
    ObjectNode body = (ObjectNode) ServerContext.JSON.readTree(json);
    for (int i = 0; i <= random.nextInt(3); i++) {
      mutate(body);
    }
    return body.toString();
  }

  private void mutate(ObjectNode object) throws Exception {
    List<String> names = new ArrayList<>();
    object.fieldNames().forEachRemaining(names::add);
    String name = names.get(random.nextInt(names.size()));
    JsonNode inner = object.get(name);
    JsonNode first = inner instanceof ArrayNode list && !list.isEmpty() ? list.get(0) : inner;
    if (first instanceof ObjectNode deeper && !deeper.isEmpty() && random.nextInt(3) > 0) {
      mutate(deeper);
    } else if (random.nextInt(8) == 0) {
      object.remove(name);
      object.put("unheard_of", 1);
    } else {
      object.set(name, ServerContext.JSON.readTree(WRONG.get(random.nextInt(WRONG.size()))));
    }
    if (object.isEmpty()) {
      object.put("a", 1);
    }
  }
}
