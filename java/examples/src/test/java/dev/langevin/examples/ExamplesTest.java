package dev.langevin.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langevin.image.Images;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.weights.SafetensorsWriter;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each example as its reader runs it, on the models that lie in the command line's jar. */
class ExamplesTest {

  private static final Path ROOT = Path.of("../..");
  private static final Path MODELS = ROOT.resolve("java/cli/src/main/resources/dev/langevin/cli");
  private static final String EMOJI = MODELS.resolve("emoji").toString();
  private static final String LAYER = "unet.down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q";

  @TempDir
  private Path folder;

  private String out(String name) {
    return folder.resolve(name).toString();
  }

  private BufferedImage picture(String name, int width, int height) throws IOException {
    BufferedImage picture = ImageIO.read(folder.resolve(name).toFile());
    assertThat(List.of(picture.getWidth(), picture.getHeight())).containsExactly(width, height);
    return picture;
  }

  private static Set<Integer> colours(BufferedImage picture) {
    Set<Integer> colours = new HashSet<>();
    for (int i = 0; i < picture.getWidth() * picture.getHeight(); i++) {
      colours.add(picture.getRGB(i % picture.getWidth(), i / picture.getWidth()));
    }
    return colours;
  }

  private static String said(Callable<?> program) throws Exception {
    PrintStream before = System.out;
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    System.setOut(new PrintStream(said, true, StandardCharsets.UTF_8));
    try {
      program.call();
    } finally {
      System.setOut(before);
    }
    return said.toString(StandardCharsets.UTF_8);
  }

  @Test
  void shouldGenerate() throws IOException {
    Generate.main(EMOJI, "a red apple", out("apple.png"));
    assertThat(colours(picture("apple.png", 64, 64))).hasSizeGreaterThan(100);
  }

  @Test
  void shouldTellOfStepsAndStopHalfWay() throws Exception {
    String said = said(() -> {
      ProgressAndCancel.main(EMOJI, "a red apple");
      return null;
    });
    assertThat(said).contains("step 1 of 20, latents [1, 4, 16, 16]", "step 10 of 20", "cancelled")
        .doesNotContain("step 12");
  }

  @Test
  void shouldPaintAPictureAnew() throws IOException {
    Generate.main(EMOJI, "a red apple", out("apple.png"));
    ImageToImage.main(EMOJI, out("apple.png"), "a green apple", out("row.png"));
    BufferedImage row = picture("row.png", 4 * 64 + 5 * 2, 64 + 2 * 2);
    BufferedImage first = row.getSubimage(2, 2, 64, 64);
    assertThat(distance(first, row.getSubimage(2 + 66, 2, 64, 64)))
        .isLessThan(distance(first, row.getSubimage(2 + 3 * 66, 2, 64, 64)));
  }

  private static long distance(BufferedImage a, BufferedImage b) {
    long sum = 0;
    for (int i = 0; i < 64 * 64; i++) {
      for (int shift = 0; shift < 24; shift += 8) {
        sum += Math.abs((a.getRGB(i % 64, i / 64) >> shift & 255) - (b.getRGB(i % 64, i / 64) >> shift & 255));
      }
    }
    return sum;
  }

  @Test
  void shouldServeManyAtOnceAndRefuseNothing() throws Exception {
    try (PictureService service = new PictureService(Path.of(EMOJI), 0); HttpClient client = HttpClient.newHttpClient();
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      URI place = URI.create("http://localhost:" + service.port() + "/");
      List<Future<HttpResponse<byte[]>>> asked = new ArrayList<>();
      for (String prompt : List.of("a red apple", "a blue heart", "")) {
        asked.add(threads.submit(() -> client.send(
            HttpRequest.newBuilder(place).POST(HttpRequest.BodyPublishers.ofString(prompt)).build(),
            HttpResponse.BodyHandlers.ofByteArray())));
      }
      for (int i = 0; i < 2; i++) {
        HttpResponse<byte[]> answer = asked.get(i).get();
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(ImageIO.read(new ByteArrayInputStream(answer.body())).getWidth()).isEqualTo(64);
      }
      assertThat(asked.get(2).get().statusCode()).isEqualTo(400);
      assertThat(new String(asked.get(2).get().body(), StandardCharsets.UTF_8)).contains("it is empty");
    }
  }

  @Test
  void shouldMakeAFolderOfPictures() throws IOException {
    Path prompts = Files.writeString(folder.resolve("prompts.txt"), "a red apple\n\na rocket\n");
    BatchToFolder.main(EMOJI, prompts.toString(), out("made"));
    try (Stream<Path> files = Files.list(folder.resolve("made"))) {
      assertThat(files.map(file -> file.getFileName().toString()).sorted()).containsExactly("001-seed-1.png",
          "001-seed-2.png", "002-seed-1.png", "002-seed-2.png");
    }
  }

  @Test
  void shouldShowWhatALoraChanges() throws IOException {
    Path lora = folder.resolve("lora.safetensors");
    SafetensorsWriter.write(lora,
        Map.of(LAYER + ".lora_A.weight", Shape.of(4, 128), LAYER + ".lora_B.weight", Shape.of(128, 4)), DType.F32,
        Map.of(), (name, shape, first, chunk, count) -> {
          for (int i = 0; i < count; i++) {
            chunk[i] = (float) Math.sin(first + i + name.length());
          }
        });
    WithLora.main(EMOJI, lora.toString(), "a red apple", out("lora.png"));
    BufferedImage row = picture("lora.png", 3 * 64 + 4 * 2, 64 + 2 * 2);
    BufferedImage without = row.getSubimage(2, 2, 64, 64);
    assertThat(distance(without, row.getSubimage(2 + 66, 2, 64, 64))).isPositive();
    assertThat(distance(without, row.getSubimage(2 + 2 * 66, 2, 64, 64))).isPositive();
  }

  @Test
  void shouldTrainAToyModel() throws Exception {
    String said = said(() -> {
      TrainToyModel.main(folder.toString());
      return null;
    });
    Matcher losses = Pattern.compile("step (\\d+), loss ([0-9.]+)").matcher(said);
    List<Double> values = losses.results().map(each -> Double.parseDouble(each.group(2))).toList();
    assertThat(values).hasSize(5);
    assertThat(values.getLast()).isLessThan(values.getFirst());
    picture("bars.png", 8 * 8 + 9, 2 * 8 + 3);
  }

  @Test
  void shouldComputeOnABackendOfItsOwn() throws Exception {
    Generate.main(EMOJI, "a red apple", out("plain.png")); // opens and closes the inner backend
    String said = said(() -> {
      OwnBackend.main(EMOJI, "a red apple", out("timed.png"));
      return null;
    });
    assertThat(said).contains("Conv2d", "Linear", " ms");
    assertThat(colours(picture("timed.png", 64, 64))).hasSizeGreaterThan(100);
  }

  @Test
  void shouldWalkTheChainWithASamplerOfItsOwn() throws IOException {
    OwnSampler.main(MODELS.resolve("fashion").toString(), "9", out("boots.png"));
    assertThat(colours(picture("boots.png", 8 * 32 + 9 * 2, 32 + 2 * 2))).hasSizeGreaterThan(50);
  }

  @Test
  void shouldMeasureAKernel() throws Exception {
    String said = said(() -> {
      KernelBenchmark.main("-f", "0", "-wi", "1", "-w", "100ms", "-i", "1", "-r", "100ms", "-p", "channels=16");
      return null;
    });
    assertThat(said).contains("KernelBenchmark.convolution", "conv: ").doesNotContain("<failure>");
  }

  /** Walked with the posterior of a known picture, the chain ends in that picture. */
  @Test
  void shouldDrawPosteriorAndLatents() throws IOException {
    Generate.main(EMOJI, "a red apple", out("apple.png"));
    ChainPictures.main("posterior", out("apple.png"), out("posterior.png"));
    BufferedImage states = picture("posterior.png", 8 * 64 + 9 * 2, 2 * 64 + 3 * 2);
    assertThat(distance(states.getSubimage(2 + 7 * 66, 2, 64, 64), Images.read(folder.resolve("apple.png"))))
        .isLessThan(64 * 64); // rounding
    ChainPictures.main("latents", EMOJI, "a red apple", out("latents.png"));
    picture("latents.png", 9 * 64 + 10 * 2, 4 * 64 + 5 * 2);
  }

  @Test
  void shouldListEveryExample() throws IOException {
    String listed = Files.readString(ROOT.resolve("docs/examples.md"));
    try (Stream<Path> files = Files.list(Path.of("src/main/java/dev/langevin/examples"))) {
      assertThat(files.map(file -> file.getFileName().toString()).filter(name -> !name.startsWith("package")))
          .allSatisfy(name -> assertThat(listed).contains("java/examples/src/main/java/dev/langevin/examples/" + name));
    }
  }
}
