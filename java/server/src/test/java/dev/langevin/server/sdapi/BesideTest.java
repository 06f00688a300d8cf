package dev.langevin.server.sdapi;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.langevin.image.PictureFormat;
import dev.langevin.models.ControlNet;
import dev.langevin.models.UNetConditionConfig;
import dev.langevin.server.Pictures;
import dev.langevin.server.ServerContext;
import dev.langevin.server.TinyServer;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.weights.SafetensorsWriter;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Control networks, autoencoders and upscalers that lie beside the embedded model, and work. */
class BesideTest {

  private static final Path EMOJI = Path.of("../cli/src/main/resources/dev/langevin/cli/emoji");
  private static final Path COMPACT = Path.of("../engine/src/test/resources/reference/esrgan/compact_x2/model.pth");
  private static final String WEIGHTS = "diffusion_pytorch_model.safetensors";

  @TempDir
  private static Path folder;

  private static TinyServer server;

  @BeforeAll
  static void start() throws Exception {
    Path controls = Files.createDirectory(folder.resolve("controls"));
    controlNet(controls.resolve("edges"), 1);
    controlNet(controls.resolve("depth"), 2);
    Path vaes = Files.createDirectory(folder.resolve("vaes"));
    brighter(Files.createDirectory(vaes.resolve("brighter")));
    Path upscalers = Files.createDirectory(folder.resolve("upscalers"));
    Files.copy(COMPACT, upscalers.resolve("compact.pth"));
    server = TinyServer.start(options -> {
      options.controlNetDir = controls;
      options.vaeDir = vaes;
      options.upscalerDir = upscalers;
    }, null);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  /** Of random weights, for the embedded model's network. */
  private static void controlNet(Path to, long seed) throws IOException {
    Map<String, Object> config = new LinkedHashMap<>();
    JsonNode unet = ServerContext.JSON.readTree(EMOJI.resolve("unet/config.json").toFile());
    unet.properties().forEach(each -> config.put(each.getKey(), ServerContext.JSON.convertValue(each.getValue(),
        Object.class)));
    config.keySet().removeAll(List.of("out_channels", "up_block_types", "sample_size"));
    config.put("_class_name", "ControlNetModel");
    config.put("conditioning_channels", 3);
    config.put("conditioning_embedding_out_channels", List.of(4, 4, 4)); // by 4, as the autoencoder
    Files.createDirectories(to);
    ServerContext.JSON.writeValue(to.resolve("config.json").toFile(), config);
    Map<String, Shape> shapes =
        new TreeMap<>(ControlNet.graph(UNetConditionConfig.of(config), 1, 16, 16, 77, 0, 1).storedWeights());
    Random random = new Random(seed);
    SafetensorsWriter.write(to.resolve(WEIGHTS), shapes, DType.F32, Map.of(), (name, shape, first, chunk, count) -> {
      double deviation = shape.rank() == 1 ? 0.1 : 1 / Math.sqrt((double) shape.elements() / shape.dim(0));
      for (int i = 0; i < count; i++) {
        chunk[i] = (float) (deviation * random.nextGaussian() + (shape.rank() == 1 && name.endsWith("weight") ? 1 : 0));
      }
    });
  }

  /** The embedded model's own autoencoder with another bias at its very end. */
  private static void brighter(Path to) throws IOException {
    try (Stream<Path> files = Files.list(EMOJI.resolve("vae"))) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
      }
    }
    byte[] file = Files.readAllBytes(to.resolve(WEIGHTS));
    ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    int header = (int) bytes.getLong(0);
    JsonNode bias = ServerContext.JSON.readTree(new String(file, 8, header, java.nio.charset.StandardCharsets.UTF_8))
        .get("decoder.conv_out.bias");
    int width = bias.get("dtype").textValue().equals("F32") ? 4 : 2;
    for (int i = 0; i < 3; i++) {
      int at = 8 + header + bias.at("/data_offsets/0").intValue() + i * width;
      if (width == 4) {
        bytes.putFloat(at, bytes.getFloat(at) + 0.5f);
      } else {
        bytes.putShort(at, Float.floatToFloat16(Float.float16ToFloat(bytes.getShort(at)) + 0.5f));
      }
    }
    Files.write(to.resolve(WEIGHTS), file);
  }

  private static JsonNode post(String call, ObjectNode body) throws Exception {
    HttpResponse<String> answer = server.post("/sdapi/v1/" + call, body.toString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return ServerContext.JSON.readTree(answer.body());
  }

  private static ObjectNode body() {
    return ServerContext.JSON.createObjectNode().put("prompt", "a red apple").put("seed", 5).put("steps", 2);
  }

  private static BufferedImage picture(JsonNode base64) throws IOException {
    return ImageIO.read(new ByteArrayInputStream(Base64.getDecoder().decode(base64.textValue())));
  }

  private static int[] pixels(JsonNode answer) throws IOException {
    BufferedImage image = picture(answer.at("/images/0"));
    return image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
  }

  private static double mean(int[] pixels) {
    double sum = 0;
    for (int rgb : pixels) {
      sum += (rgb >> 16 & 255) + (rgb >> 8 & 255) + (rgb & 255);
    }
    return sum / pixels.length / 3;
  }

  private static String halves(int left, int right) {
    BufferedImage image = new BufferedImage(64, 64, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < 64 * 64; i++) {
      image.setRGB(i % 64, i / 64, i % 64 < 32 ? left : right);
    }
    return Pictures.base64(Pictures.encode(image, PictureFormat.PNG, Map.of(), null));
  }

  private static ObjectNode controlled(ObjectNode... units) {
    ObjectNode body = body();
    body.putObject("alwayson_scripts").putObject("ControlNet").putArray("args").addAll(List.of(units));
    return body;
  }

  private static ObjectNode unit(String model, String image) {
    return ServerContext.JSON.createObjectNode().put("model", model).put("module", "none").put("image", image);
  }

  /**
   * Catches units that are read and forgotten, that are mixed up, or whose weight and share of the chain do nothing.
   */
  @Test
  void shouldFollowControlPictures() throws Exception {
    assertThat(ServerContext.JSON.readTree(server.get("/controlnet/model_list").body()).get("model_list").toString())
        .isEqualTo("[\"depth\",\"edges\"]");
    String image = halves(0, 0xffffff);
    int[] without = pixels(post("txt2img", body()));
    JsonNode answer = post("txt2img", controlled(unit("edges", image)));
    int[] with = pixels(answer);
    assertThat(with).isNotEqualTo(without);
    assertThat(answer.get("info").textValue()).contains("\"ControlNet 0\":\"Module: none, Model: edges, Weight: 1,");
    assertThat(pixels(post("txt2img", controlled(unit("edges [0123abcd]", image))))).isEqualTo(with);
    assertThat(pixels(post("txt2img", controlled(unit("edges", halves(0xffffff, 0)))))).isNotEqualTo(with);
    assertThat(pixels(post("txt2img", controlled(unit("edges", image).put("weight", 0.3))))).isNotEqualTo(with);
    assertThat(pixels(post("txt2img", controlled(unit("edges", image).put("guidance_end", 0.5)))))
        .isNotEqualTo(with).isNotEqualTo(without);
    assertThat(pixels(post("txt2img", controlled(unit("edges", image).put("enabled", false))))).isEqualTo(without);
    ObjectNode none = unit("depth", image).put("weight", 0);
    assertThat(pixels(post("txt2img", controlled(unit("edges", image), none)))).isEqualTo(with);
    assertThat(pixels(post("txt2img", controlled(none, unit("edges", image))))).isEqualTo(with);
    assertThat(pixels(post("txt2img", controlled(unit("edges", image), unit("depth", image))))).isNotEqualTo(with);
  }

  /** A unit without a picture of its own takes the one to begin with. */
  @Test
  void shouldFollowThePictureToBeginWith() throws Exception {
    String image = halves(0x2060c0, 0xf0f0f0);
    ObjectNode own = controlled(unit("edges", image));
    own.putArray("init_images").add(image);
    ObjectNode begun = controlled(unit("edges", image).without(List.of("image")));
    begun.putArray("init_images").add(image);
    assertThat(pixels(post("img2img", begun))).isEqualTo(pixels(post("img2img", own)));
  }

  /** Catches a setting that does nothing, or that stays with requests which do not name it. */
  @Test
  void shouldDecodeByAnotherAutoencoder() throws Exception {
    JsonNode listed = ServerContext.JSON.readTree(server.get("/sdapi/v1/sd-vae").body());
    assertThat(listed.at("/0/model_name").textValue()).isEqualTo("brighter");
    int[] usual = pixels(post("txt2img", body()));
    ObjectNode other = body();
    other.putObject("override_settings").put("sd_vae", "brighter");
    JsonNode answer = post("txt2img", other);
    assertThat(mean(pixels(answer))).isGreaterThan(mean(usual) + 10);
    assertThat(answer.get("info").textValue()).contains("VAE: brighter");
    assertThat(pixels(post("txt2img", body()))).isEqualTo(usual);
    try {
      post("options", ServerContext.JSON.createObjectNode().put("sd_vae", "brighter"));
      assertThat(pixels(post("txt2img", body()))).isEqualTo(pixels(answer));
    } finally {
      post("options", ServerContext.JSON.createObjectNode().put("sd_vae", "Automatic"));
    }
  }

  @Test
  void shouldMakeTheSecondPassFromANetworksPicture() throws Exception {
    ObjectNode body = body().put("enable_hr", true).put("hr_scale", 2).put("denoising_strength", 0.5);
    JsonNode byNetwork = post("txt2img", body.deepCopy().put("hr_upscaler", "compact"));
    JsonNode byAnother = post("txt2img", body.deepCopy().put("hr_upscaler", "esrgan-slim"));
    JsonNode byFilter = post("txt2img", body.deepCopy().put("hr_upscaler", "None"));
    assertThat(picture(byNetwork.at("/images/0")).getWidth()).isEqualTo(128);
    assertThat(pixels(byNetwork)).isNotEqualTo(pixels(byAnother)).isNotEqualTo(pixels(byFilter));
    assertThat(byNetwork.get("info").textValue()).contains("Hires upscaler: compact");
  }

  @Test
  void shouldEnlargeByTheOperatorsNetwork() throws Exception {
    assertThat(server.get("/sdapi/v1/upscalers").body()).contains("\"name\":\"compact\"");
    ObjectNode body = ServerContext.JSON.createObjectNode().put("image", halves(0x2060c0, 0xf0f0f0))
        .put("upscaling_resize", 2);
    BufferedImage byNetwork = picture(post("extra-single-image", body.deepCopy().put("upscaler_1", "compact"))
        .get("image"));
    BufferedImage byFilter = picture(post("extra-single-image", body.deepCopy().put("upscaler_1", "Lanczos"))
        .get("image"));
    assertThat(byNetwork.getWidth()).isEqualTo(128);
    assertThat(byNetwork.getRGB(0, 0, 128, 128, null, 0, 128)).isNotEqualTo(byFilter.getRGB(0, 0, 128, 128, null, 0,
        128));
  }
}
