package dev.langevin.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.pipeline.Pipeline;
import dev.langevin.pipeline.Pipelines;
import dev.langevin.request.DeadlineException;
import dev.langevin.request.GenerationRequest;
import dev.langevin.spring.sample.PictureApplication;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.ai.image.ImageGeneration;
import org.springframework.ai.image.ImageModel;
import org.springframework.ai.image.ImageOptionsBuilder;
import org.springframework.ai.image.ImagePrompt;
import org.springframework.ai.image.ImageResponse;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ConfigurableApplicationContext;

/** The sample application as it starts, on the model that lies in the command line's jar. */
class StarterTest {

  private static final Path EMOJI = Path.of("../cli/src/main/resources/dev/langevin/cli/emoji");
  private static final String MODEL = "langevin.model=" + EMOJI;
  private static final int SIDE = 64;

  private static ConfigurableApplicationContext application;
  private static HttpClient client;

  @BeforeAll
  static void start() {
    application = SpringApplication.run(PictureApplication.class, "--" + MODEL, "--langevin.threads=2",
        "--langevin.max-queued=8", "--langevin.deadline=1m", "--langevin.image.steps=6", "--langevin.image.guidance=3",
        "--server.port=0", "--server.address=127.0.0.1", "--management.endpoints.web.exposure.include=health,metrics",
        "--management.endpoint.health.show-details=always", "--spring.main.banner-mode=off");
    client = HttpClient.newHttpClient();
  }

  @AfterAll
  static void stop() {
    client.close();
    Pipeline pipeline = application.getBean(Pipeline.class);
    application.close();
    GenerationRequest request = GenerationRequest.prompt("a rocket").build();
    assertThatThrownBy(() -> pipeline.generate(request)).isInstanceOf(IllegalStateException.class);
  }

  private static HttpResponse<byte[]> get(String path) throws Exception {
    String port = application.getEnvironment().getProperty("local.server.port");
    HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build();
    return client.send(request, HttpResponse.BodyHandlers.ofByteArray());
  }

  private static String text(String path) throws Exception {
    return new String(get(path).body(), StandardCharsets.UTF_8);
  }

  private static BufferedImage picture(byte[] png) throws IOException {
    return ImageIO.read(new ByteArrayInputStream(png));
  }

  private static BufferedImage picture(ImageGeneration made) throws IOException {
    assertThat(made.getOutput().getUrl()).isNull();
    return picture(Base64.getDecoder().decode(made.getOutput().getB64Json()));
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

  /** Catches properties that reach nothing: the engine makes the same picture by the same settings. */
  @Test
  void shouldServeThePictureThatTheEngineMakes() throws Exception {
    HttpResponse<byte[]> answer = get("/picture?prompt=a+red+apple&seed=7");
    assertThat(answer.statusCode()).isEqualTo(200);
    GenerationRequest same = GenerationRequest.prompt("a red apple").steps(6).guidance(3).seed(7).build();
    try (Pipeline engine = Pipelines.open(EMOJI)) {
      assertThat(distance(picture(answer.body()), engine.generate(same).image(0), 0, SIDE)).isZero();
    }
  }

  @Test
  void shouldTellOfHealthAndOfRequests() throws Exception {
    get("/picture?prompt=a+rocket");
    assertThat(text("/actuator/health")).contains("\"langevin\"", "\"status\":\"UP\"", "\"maxQueued\":8");
    long done = application.getBean(Pipeline.class).load().done();
    assertThat(done).isPositive();
    assertThat(text("/actuator/metrics/langevin.requests.done")).contains("\"value\":" + done + ".0");
    assertThat(text("/actuator/metrics/langevin.requests.waited")).contains("\"baseUnit\":\"seconds\"");
    assertThat(text("/actuator/metrics/gen_ai.client.operation")).contains("\"COUNT\"", "langevin");
  }

  @Test
  void shouldPaintTheMaskedHalfAnew() throws IOException {
    ImageModel model = application.getBean(ImageModel.class);
    LangevinImageOptions.Builder options = LangevinImageOptions.builder().seed(7L);
    BufferedImage apple = picture(model.call(new ImagePrompt("a red apple", options.build())).getResult());
    BufferedImage mask = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_ARGB);
    for (int i = 0; i < SIDE * SIDE; i++) {
      mask.setRGB(i % SIDE, i / SIDE, i % SIDE < SIDE / 2 ? 0 : 0xFF000000);
    }
    options.image(apple).mask(mask);
    BufferedImage edited = picture(model.call(new ImagePrompt("a blue heart", options.build())).getResult());
    assertThat(distance(apple, edited, 0, SIDE / 2)).isGreaterThan(4 * distance(apple, edited, SIDE / 2 + 8, SIDE));
  }

  @Test
  void shouldTakePortableOptionsAndTellTheSeedOfEachPicture() throws IOException {
    ImageModel model = application.getBean(ImageModel.class);
    ImageResponse two = model.call(new ImagePrompt("a rocket",
        ImageOptionsBuilder.builder().n(2).width(SIDE).height(SIDE).model("emoji").build()));
    assertThat(two.getResults()).hasSize(2);
    long seed = ((LangevinImageModel.Seed) two.getResults().get(1).getMetadata()).seed();
    BufferedImage again = picture(
        model.call(new ImagePrompt("a rocket", LangevinImageOptions.builder().seed(seed).build())).getResult());
    // of a batch, a level of few samples may be rounded to the other side, see docs/determinism.md
    assertThat(distance(picture(two.getResults().get(1)), again, 0, SIDE)).isLessThan(0.01);
    assertThat(two.getMetadata().<Object>get("seconds")).isNotNull();
  }

  @Test
  void shouldRefuseWhatItCannotDoByName() throws Exception {
    ImageModel model = application.getBean(ImageModel.class);
    ImagePrompt other = new ImagePrompt("a rocket", ImageOptionsBuilder.builder().model("dall-e-3").build());
    assertThatThrownBy(() -> model.call(other)).isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the request's model is dall-e-3, this one is emoji; leave it out");
    ImagePrompt styled = new ImagePrompt("a rocket", ImageOptionsBuilder.builder().style("vivid").build());
    assertThatThrownBy(() -> model.call(styled)).hasMessageContaining("say it in the prompt");
    ImagePrompt url = new ImagePrompt("a rocket", ImageOptionsBuilder.builder().responseFormat("url").build());
    assertThatThrownBy(() -> model.call(url)).hasMessageContaining("b64_json alone");
    ImagePrompt late =
        new ImagePrompt("a rocket", LangevinImageOptions.builder().deadline(Duration.ofNanos(1)).build());
    assertThatThrownBy(() -> model.call(late)).isInstanceOf(DeadlineException.class);
  }

  /** The starter on a class path whose program names no model must not keep the program from starting. */
  @Test
  void shouldMakeNothingWithoutAModelAndGiveWayToAnotherOfThePrograms() {
    ApplicationContextRunner runner =
        new ApplicationContextRunner().withConfiguration(AutoConfigurations.of(LangevinAutoConfiguration.class));
    runner.run(context -> assertThat(context.getBeansOfType(Pipeline.class)).isEmpty());
    ImageModel own = prompt -> null;
    runner.withPropertyValues(MODEL).withBean("own", ImageModel.class, () -> own)
        .run(context -> assertThat(context.getBean(ImageModel.class)).isSameAs(own));
    runner.withPropertyValues(MODEL, "spring.ai.model.image=openai").run(context -> {
      assertThat(context.getBeansOfType(ImageModel.class)).isEmpty();
      assertThat(context.getBeansOfType(Pipeline.class)).hasSize(1);
    });
    runner.withPropertyValues("langevin.model=/nonexistent").run(context -> assertThat(context.getStartupFailure())
        .rootCause().hasMessageContaining("/nonexistent"));
  }
}
