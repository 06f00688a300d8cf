package dev.langevin.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.http.StreamResponse;
import com.openai.errors.NotFoundException;
import com.openai.models.images.Image;
import com.openai.models.images.ImageEditParams;
import com.openai.models.images.ImageGenStreamEvent;
import com.openai.models.images.ImageGenerateParams;
import dev.langchain4j.model.openai.OpenAiImageModel;
import dev.langevin.image.DecodedImage;
import dev.langevin.image.PictureFile;
import dev.langevin.image.PictureFormat;
import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients that others wrote, as their documents use them. */
class JavaClientsTest {

  private static TinyServer server;

  @TempDir
  private Path folder;

  @BeforeAll
  static void start() throws Exception {
    server = TinyServer.start(options -> {}, "key");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static DecodedImage picture(String base64) throws Exception {
    return PictureFile.decode(Base64.getDecoder().decode(base64));
  }

  private Path square() throws Exception {
    BufferedImage picture = new BufferedImage(64, 64, BufferedImage.TYPE_INT_ARGB);
    for (int i = 0; i < 64 * 64; i++) {
      picture.setRGB(i % 64, i / 64, i % 64 < 32 ? 0 : 0xff2060c0);
    }
    return Files.write(folder.resolve("square.png"), Pictures.encode(picture, PictureFormat.PNG, Map.of(), null));
  }

  @Test
  void shouldServeOpenAisOwn() throws Exception {
    OpenAIClient client = OpenAIOkHttpClient.builder().baseUrl(server.address() + "/v1").apiKey("key").build();
    ImageGenerateParams params = ImageGenerateParams.builder().prompt("a red apple").model("emoji").n(2)
        .putAdditionalBodyProperty("steps", JsonValue.from(2)).build();
    List<Image> pictures = client.images().generate(params).data().orElseThrow();
    assertThat(pictures).hasSize(2);
    assertThat(picture(pictures.getFirst().b64Json().orElseThrow()).width()).isEqualTo(64);
    System.out.println("openai-java images.generate: 2 pictures");

    ImageEditParams edit = ImageEditParams.builder().image(square()).mask(square()).prompt("a red heart").model("emoji")
        .putAdditionalBodyProperty("steps", JsonValue.from(2)).build();
    assertThat(client.images().edit(edit).data().orElseThrow()).hasSize(1);
    System.out.println("openai-java images.edit with a mask: 1 picture");

    try (StreamResponse<ImageGenStreamEvent> events =
        client.images().generateStreaming(params.toBuilder().n(1).partialImages(1).build())) {
      List<ImageGenStreamEvent> all = events.stream().toList();
      assertThat(all).hasSize(2);
      assertThat(all.getFirst().asGenerationPartialImage().partialImageIndex()).isZero();
      assertThat(picture(all.getLast().asGenerationCompleted().b64Json()).width()).isEqualTo(64);
    }
    System.out.println("openai-java images.generateStreaming: a partial picture, then the whole one");

    assertThat(client.models().list().data()).extracting(model -> model.id()).containsExactly("emoji", "fashion");
    assertThatThrownBy(() -> client.images().generate(params.toBuilder().model("dall-e-3").build()))
        .isInstanceOf(NotFoundException.class).hasMessageContaining("dall-e-3");
    System.out.println("openai-java models.list: 2 models; an unknown one is a NotFoundException");
    client.close();
  }

  @Test
  void shouldServeLangChain4j() throws Exception {
    OpenAiImageModel model = OpenAiImageModel.builder().baseUrl(server.address() + "/v1").apiKey("key")
        .modelName("emoji").quality("low").build();
    assertThat(picture(model.generate("a red apple").content().base64Data()).width()).isEqualTo(64);
    dev.langchain4j.data.image.Image image = dev.langchain4j.data.image.Image.builder()
        .base64Data(Base64.getEncoder().encodeToString(Files.readAllBytes(square()))).mimeType("image/png").build();
    assertThat(picture(model.edit(image, image, "a red heart").content().base64Data()).width()).isEqualTo(64);
    System.out.println("langchain4j-open-ai generate, edit with a mask: 1 picture each");
  }
}
