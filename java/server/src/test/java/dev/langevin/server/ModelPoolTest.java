package dev.langevin.server;

import static dev.langevin.server.Answers.error;
import static dev.langevin.server.Answers.file;
import static dev.langevin.server.Answers.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.langevin.request.GenerationRequest;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.weights.SafetensorsWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelPoolTest {

  private static final String GENERATIONS = "/v1/images/generations";
  private static final String LAYER = "unet.down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q";

  @TempDir
  private Path folder;

  private static byte[] picture(TinyServer server, String more) throws Exception {
    return file(json(server.post(GENERATIONS, "{\"steps\": 2, \"seed\": 3, " + more + "}")).at("/data/0"));
  }

  private static long peak(TinyServer server, String model, GenerationRequest request) {
    ModelPool models = server.context().models();
    try (ModelPool.Lease lease = models.lease(models.find(model))) {
      return lease.pipeline().plan(request).peakBytes();
    }
  }

  /**
   * Catches a pool that goes over its limit, keeps what nobody uses, or makes other pictures after it has opened anew.
   */
  @Test
  void shouldMakeRoomForAModelByClosingAnother() throws Exception {
    String apple = "\"prompt\": \"a red apple\", \"model\": \"emoji\"";
    String bag = "\"prompt\": \"8\", \"model\": \"fashion\"";
    long most;
    byte[] first;
    byte[] second;
    try (TinyServer server = TinyServer.start()) {
      most = Math.max(peak(server, "emoji", GenerationRequest.prompt("a red apple").guidance(3).build()),
          peak(server, "fashion", GenerationRequest.ofClass(8).build()));
      first = picture(server, apple);
      second = picture(server, bag);
    }
    long limit = most + (1 << 20);
    try (TinyServer server = TinyServer.start(options -> options.maxMemory(limit), null)) {
      ModelPool models = server.context().models();
      for (int i = 0; i < 2; i++) {
        assertThat(picture(server, apple)).isEqualTo(first);
        assertThat(models.loaded()).contains("emoji");
        assertThat(picture(server, bag)).isEqualTo(second);
        assertThat(models.loaded()).containsExactly("fashion");
        assertThat(models.bookedBytes()).isLessThanOrEqualTo(limit);
      }
      assertThat(models.unloaded()).isEqualTo(3);
      JsonNode large = error(server.post(GENERATIONS,
          "{\"prompt\": \"x\", \"model\": \"emoji\", \"size\": \"1024x1024\"}"), 400);
      assertThat(large.get("code").textValue()).isEqualTo("memory_limit");
    }
  }

  /** Catches updates that stay in the weights, that are not merged, or that reach outside their folder. */
  @Test
  void shouldMergeLorasForOneRequest() throws Exception {
    Random random = new Random(5);
    SafetensorsWriter.write(folder.resolve("bold.safetensors"),
        Map.of(LAYER + ".lora_A.weight", Shape.of(4, 128), LAYER + ".lora_B.weight", Shape.of(128, 4)), DType.F32,
        Map.of(), (name, shape, start, chunk, count) -> {
          for (int i = 0; i < count; i++) {
            chunk[i] = (float) random.nextGaussian();
          }
        });
    Files.writeString(folder.resolve("broken.safetensors"), "nothing");
    try (TinyServer server = TinyServer.start(options -> options.loraDir = folder, null)) {
      byte[] without = picture(server, "\"prompt\": \"a red apple\"");
      byte[] with = picture(server, "\"prompt\": \"a red apple\", \"loras\": [{\"name\": \"bold\", \"weight\": 2}]");
      assertThat(with).isNotEqualTo(without);
      assertThat(pixels(picture(server, "\"prompt\": \"a red apple<lora:bold:2>\""))).isEqualTo(pixels(with));
      assertThat(picture(server, "\"prompt\": \"a red apple\"")).isEqualTo(without);
      for (String name : List.of("../bold", "/etc/passwd", "bold.safetensors", "none")) {
        assertThat(error(server.post(GENERATIONS,
            "{\"prompt\": \"x\", \"loras\": [{\"name\": \"%s\"}]}".formatted(name)), 400).get("param").textValue())
                .isEqualTo("lora");
      }
      JsonNode broken = error(server.post(GENERATIONS, "{\"prompt\": \"<lora:broken:1>x\"}"), 400);
      assertThat(broken.get("message").textValue()).contains("broken").doesNotContain(folder.toString());
    }
  }

  private static byte[] pixels(byte[] file) throws Exception {
    return dev.langevin.image.PictureFile.decode(file).samples();
  }

  @Test
  void shouldServeAFolderOfModels() throws Exception {
    Files.createSymbolicLink(folder.resolve("tiny"), Models.EMOJI);
    Files.createDirectory(folder.resolve("no-model"));
    try (TinyServer server = TinyServer.start(options -> options.folders = List.of(folder), null)) {
      assertThat(server.context().models().list()).extracting(ServedModel::name).containsExactly("tiny");
      Files.createSymbolicLink(folder.resolve("another"), Models.FASHION);
      server.context().models().refresh();
      assertThat(server.context().models().list()).extracting(ServedModel::name).containsExactly("another", "tiny");
    }
  }
}
