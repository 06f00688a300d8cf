package dev.langevin.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langchain4j.data.image.Image;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.RateLimitException;
import dev.langchain4j.exception.TimeoutException;
import dev.langchain4j.model.image.ImageModel;
import dev.langchain4j.model.output.Response;
import dev.langevin.pipeline.Pipeline;
import dev.langevin.pipeline.Pipelines;
import dev.langevin.request.GenerationListener;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.LoadOptions;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The model that lies in the command line's jar, asked as a program on LangChain4j asks. */
class LangevinImageModelTest {

  private static final Path EMOJI = Path.of("../cli/src/main/resources/dev/langevin/cli/emoji");
  private static final int SIDE = 64;

  private static LangevinImageModel model;

  @BeforeAll
  static void open() {
    model = LangevinImageModel.builder().model(EMOJI).steps(6).guidance(3).seed(7).build();
  }

  @AfterAll
  static void close() {
    model.close();
  }

  private static BufferedImage picture(Image image) throws IOException {
    assertThat(image.mimeType()).isEqualTo("image/png");
    assertThat(image.url()).isNull();
    return ImageIO.read(new ByteArrayInputStream(Base64.getDecoder().decode(image.base64Data())));
  }

  private static double distance(BufferedImage a, BufferedImage b, int fromX, int toX) {
    double sum = 0;
    for (int y = 0; y < SIDE; y++) {
      for (int x = fromX; x < toX; x++) {
        for (int shift = 0; shift < 24; shift += 8) {
          sum += Math.abs((a.getRGB(x, y) >> shift & 255) - (b.getRGB(x, y) >> shift & 255));
        }
      }
    }
    return sum / (3 * SIDE * (toX - fromX));
  }

  /** Left half of the colour, the right one opaque black. */
  private static Image mask(int type, int left) {
    BufferedImage mask = new BufferedImage(SIDE, SIDE, type);
    for (int i = 0; i < SIDE * SIDE; i++) {
      mask.setRGB(i % SIDE, i / SIDE, i % SIDE < SIDE / 2 ? left : 0xFF000000);
    }
    return Pictures.encode(mask);
  }

  /** Catches an adapter that asks for something else than it was told. */
  @Test
  void shouldMakeThePictureThatTheEngineMakes() throws IOException {
    ImageModel asked = model;
    Response<Image> reply = asked.generate("a red apple");
    GenerationRequest same = GenerationRequest.prompt("a red apple").steps(6).guidance(3).seed(7).build();
    try (Pipeline engine = Pipelines.open(EMOJI)) {
      assertThat(distance(picture(reply.content()), engine.generate(same).image(0), 0, SIDE)).isZero();
    }
    assertThat(reply.metadata()).containsEntry("seed", 7L).containsEntry("warnings", List.of())
        .containsKey("seconds");
  }

  @Test
  void shouldMakeSeveral() throws IOException {
    Response<List<Image>> reply = model.generate("a red apple", 2);
    assertThat(reply.content()).hasSize(2);
    assertThat(distance(picture(reply.content().get(0)), picture(reply.content().get(1)), 0, SIDE)).isPositive();
    assertThatThrownBy(() -> model.generate("a red apple", 0)).isInstanceOf(InvalidRequestException.class)
        .hasMessage("n is 0, must be at least 1");
  }

  @Test
  void shouldPaintTheMaskedHalfAnew() throws IOException {
    Image apple = model.generate("a red apple").content();
    for (Image mask : List.of(mask(BufferedImage.TYPE_INT_ARGB, 0), mask(BufferedImage.TYPE_INT_RGB, 0xFFFFFFFF))) {
      BufferedImage edited = picture(model.edit(apple, mask, "a blue heart").content());
      double left = distance(picture(apple), edited, 0, SIDE / 2);
      double right = distance(picture(apple), edited, SIDE / 2 + 8, SIDE);
      assertThat(left).as("what is masked").isGreaterThan(4 * right);
    }
  }

  @Test
  void shouldPaintAWholePictureOrItsTransparentPartAnew() throws IOException {
    Image apple = model.generate("a red apple").content();
    Image byAddress = Image.builder().url(URI.create("data:image/png;base64," + apple.base64Data())).build();
    BufferedImage whole = picture(model.edit(byAddress, "a blue heart").content());
    assertThat(distance(picture(apple), whole, SIDE / 2 + 8, SIDE)).isPositive();

    BufferedImage cut = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_ARGB);
    cut.createGraphics().drawImage(picture(apple), 0, 0, null);
    for (int i = 0; i < SIDE * SIDE / 2; i++) {
      cut.setRGB(i % (SIDE / 2), i / (SIDE / 2), 0);
    }
    BufferedImage part = picture(model.edit(Pictures.encode(cut), "a blue heart").content());
    assertThat(distance(picture(apple), part, 0, SIDE / 2))
        .isGreaterThan(4 * distance(picture(apple), part, SIDE / 2 + 8, SIDE));
  }

  @Test
  void shouldRefuseWhatItCannotDoByName() {
    Image address = Image.builder().url(URI.create("http://localhost/apple.png")).build();
    assertThatThrownBy(() -> model.edit(address, "a heart")).isInstanceOf(InvalidRequestException.class)
        .hasMessage(
            "the picture is the address http://localhost/apple.png, which is not fetched; give its base64 data");
    Image small = Pictures.encode(new BufferedImage(8, 8, BufferedImage.TYPE_INT_RGB));
    assertThatThrownBy(() -> model.edit(mask(BufferedImage.TYPE_INT_RGB, -1), small, "a heart"))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessage("the mask has 8x8 pixels, the picture 64x64; give them one size");
    Image noPicture = Image.builder().base64Data("AAAA").build();
    assertThatThrownBy(() -> model.edit(noPicture, "a heart")).isInstanceOf(InvalidRequestException.class)
        .hasMessageStartingWith("the picture cannot be read: ");
    assertThatThrownBy(() -> LangevinImageModel.builder().build()).isInstanceOf(IllegalArgumentException.class)
        .hasMessage("neither a model nor a pipeline is given; give one of them");
  }

  @Test
  void shouldTellOfDeadlinesAndFullQueuesInLangChain4jsWords() throws Exception {
    try (Pipeline pipeline = Pipelines.open(EMOJI, LoadOptions.builder().maxQueued(1).build())) {
      LangevinImageModel late =
          LangevinImageModel.builder().pipeline(pipeline).deadline(Duration.ofNanos(1)).build();
      assertThatThrownBy(() -> late.generate("a red apple")).isInstanceOf(TimeoutException.class)
          .hasMessageContaining("time has passed");
      CountDownLatch begun = new CountDownLatch(1);
      CountDownLatch go = new CountDownLatch(1);
      GenerationListener holding = (step, total, preview) -> {
        begun.countDown();
        try {
          go.await();
        } catch (InterruptedException e) {
          return false;
        }
        return false;
      };
      CompletableFuture<?> first = pipeline.generateAsync(GenerationRequest.prompt("a rocket").build(), holding);
      begun.await();
      assertThatThrownBy(() -> late.generate("a red apple")).isInstanceOf(RateLimitException.class);
      go.countDown();
      assertThat(first.handle((made, fault) -> Map.of()).join()).isEmpty();
      while (pipeline.load().running() > 0) { // the result is there a moment before
        Thread.sleep(1);
      }
      late.close(); // leaves what is not its own
      pipeline.generate(GenerationRequest.prompt("a rocket").steps(1).build());
    }
  }
}
