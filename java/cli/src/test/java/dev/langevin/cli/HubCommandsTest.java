package dev.langevin.cli;

import static dev.langevin.cli.Outcome.run;
import static org.assertj.core.api.Assertions.assertThat;

import dev.langevin.hub.FakeHub;
import dev.langevin.image.GenerationParameters;
import dev.langevin.image.Images;
import dev.langevin.image.PictureTexts;
import dev.langevin.policy.Findings;
import dev.langevin.policy.Policy;
import dev.langevin.training.TrainingConfig;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code hf:} where a model's path stands, {@code pull} and {@code models}, against the hub of the tests. */
class HubCommandsTest {

  private static final Path MODELS = Path.of("../engine/src/test/resources/reference");
  private static final Path SD = MODELS.resolve("pipelines_sd/_models/sd1");
  private static final Path KARLO = MODELS.resolve("pipelines_unclip/_models/karlo");
  private static final String NAME = "hf:tester/sd1";

  @TempDir
  private Path folder;

  private FakeHub server;
  private String commit;

  @BeforeEach
  void publish() throws IOException {
    server = new FakeHub();
    Map<String, byte[]> files = files(SD);
    files.put("unet/diffusion_pytorch_model.bin", new byte[100]);
    files.put("README.md", new byte[10]);
    commit = server.publish("tester/sd1", files);
    HubPaths.environment =
        Map.of("HF_ENDPOINT", server.endpoint().toString(), "HF_HOME", folder.resolve("hf").toString());
  }

  @AfterEach
  void stop() {
    server.close();
    HubPaths.environment = System.getenv();
  }

  private static Map<String, byte[]> files(Path model) throws IOException {
    Map<String, byte[]> files = new HashMap<>();
    try (Stream<Path> all = Files.walk(model)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        files.put(model.relativize(file).toString(), Files.readAllBytes(file));
      }
    }
    return files;
  }

  private Path snapshot() {
    return folder.resolve("hf/hub/models--tester--sd1/snapshots/" + commit);
  }

  private static int[] pixels(Path picture) {
    BufferedImage image = Images.read(picture);
    return image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
  }

  @Test
  void shouldMakeThePictureOfTheFolder() throws IOException {
    Path there = folder.resolve("there.png");
    Path fetched = folder.resolve("fetched.png");
    String[] words = {"generate", "a fox", "--steps", "1", "--model", SD.toString(), "--out", there.toString()};
    assertThat(run(words).code()).isZero();
    words[5] = NAME;
    words[7] = fetched.toString();
    Outcome outcome = run(words);
    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(outcome.err()).contains("langevin: fetching " + NAME + ": ");
    assertThat(pixels(fetched)).isEqualTo(pixels(there));
    assertThat(PictureTexts.read(fetched).texts().get(GenerationParameters.KEYWORD))
        .contains("Model: \"" + NAME + "@" + commit + "\"");
    assertThat(Files.exists(snapshot().resolve("unet/diffusion_pytorch_model.bin"))).isFalse();
    server.forget();
    Files.delete(fetched);
    assertThat(run(words).err()).doesNotContain("fetching");
    assertThat(pixels(fetched)).isEqualTo(pixels(there));
    assertThat(server.requests()).isEmpty();
  }

  @Test
  void shouldStandWhereverAModelsPathDoes() throws IOException {
    server.publish("tester/karlo", files(KARLO));
    String out = folder.resolve("out.png").toString();
    Outcome inspected = run("inspect", NAME);
    assertThat(inspected.code()).as(inspected.err()).isZero();
    assertThat(inspected.out()).contains("StableDiffusionPipeline");
    assertThat(run("plan", "--model", NAME, "--size", "32x32").code()).isZero();
    assertThat(run("convert", NAME, "--sum", NAME + ":0.5", "--out", folder.resolve("new").toString()).code()).isZero();
    assertThat(run("interpolate", "a fox", "a dog", "--model", "hf:tester/karlo", "--frames", "2", "--steps", "2",
        "--out", out).code()).isZero();
    assertThat(run("grid", "a fox", "--x", "model=" + NAME + "," + SD, "--steps", "1", "--out", out).code()).isZero();
    Path yaml = Files.writeString(folder.resolve("run.yaml"), """
        task: latents
        init: %s
        output: out
        data: {path: pictures, format: images, size: 64, channels: 3}
        model: {lora: {rank: 2}}
        steps: {count: 1, batch_size: 1, learning_rate: 0.001}
        """.formatted(NAME));
    TrainingConfig config =
        TrainingConfig.read(yaml, new Findings(Policy.LENIENT, warning -> {}), HubPaths::local);
    assertThat(config.init()).isEqualTo(snapshot());
    assertThat(config.data().path()).isEqualTo(folder.resolve("pictures"));
  }

  @Test
  void shouldRefuseInASentence() throws IOException {
    server.publish("tester/flux", Map.of("model_index.json",
        "{\"_class_name\": \"FluxPipeline\", \"vae\": [\"diffusers\", \"AutoencoderKL\"]}".getBytes(
            StandardCharsets.UTF_8),
        "vae/config.json", new byte[10], "vae/diffusion_pytorch_model.safetensors", new byte[10]));
    Map<String, String> refusals = Map.of("hf:tester/flux", "hf:tester/flux is a FluxPipeline, which none of the",
        "hf:tester/none", "localhost has no model tester/none", "hf:none", "'hf:none' names no model of the hub");
    refusals.forEach((name, words) -> {
      Outcome refused = run("generate", "a fox", "--model", name, "--out", folder.resolve("out.png").toString());
      assertThat(refused.code()).isEqualTo(1);
      assertThat(refused.err()).contains(words).hasLineCount(1);
      assertThat(folder.resolve("out.png")).doesNotExist();
    });
    assertThat(server.requests()).noneMatch(request -> request.server().equals("storage"));
  }

  /** Words are words, and a picture's own are not followed. */
  @Test
  void shouldFetchNothingThatIsNotNamedAsAModel() throws IOException {
    Path picture = folder.resolve("a.png");
    assertThat(run("generate", NAME, "--model", SD.toString(), "--steps", "1", "--out", picture.toString()).code())
        .isZero();
    assertThat(run("generate", NAME, "--model", SD.toString(), "--steps", "1", "--out", NAME + "/a.png").err())
        .contains(NAME + "/a.png");
    Path strange = folder.resolve("strange.png");
    Images.writePng(new BufferedImage(8, 8, BufferedImage.TYPE_INT_RGB), strange, Map.of(GenerationParameters.KEYWORD,
        new GenerationParameters("a fox", "", Map.of("Steps", "1", "Size", "32x32", "Model", NAME)).format()));
    Outcome refused = run("generate", "--from", strange.toString(), "--out", folder.resolve("out.png").toString());
    assertThat(refused.err()).contains("was made with --model " + NAME);
    assertThat(run("generate", "--help", "--model", NAME).code()).isZero();
    assertThat(server.requests()).isEmpty();
  }

  @Test
  void shouldPullAndList() throws IOException {
    Outcome dry = run("pull", "tester/sd1", "--dry-run");
    assertThat(dry.code()).as(dry.err()).isZero();
    assertThat(dry.out()).contains("  fetch   unet/diffusion_pytorch_model.safetensors")
        .contains("commit " + commit).doesNotContain(".bin");
    assertThat(snapshot()).doesNotExist();
    assertThat(run("pull", "tester/sd1", NAME + "@v1")).satisfies(outcome -> {
      assertThat(outcome.code()).isZero();
      assertThat(outcome.out()).isEqualTo(snapshot() + "\n" + snapshot() + "\n");
    });
    server.forget();
    Outcome listed = run("models", "--model-dir", SD.toString());
    assertThat(listed.code()).as(listed.err()).isZero();
    assertThat(listed.out().lines().toList()).anyMatch(line -> line.matches("  hf:tester/sd1 +\\d+ MB  main, v1"))
        .contains("  " + SD.toAbsolutePath().normalize());
    for (PublishedModel model : PublishedModel.values()) {
      assertThat(listed.out()).contains("  " + model.name + " ").contains(model.licence);
    }
    assertThat(listed.out().lines()).allMatch(line -> line.length() <= 80 || line.startsWith("  /")
        || line.contains(folder.toString()) || line.contains(SD.toString())); // all but paths
    assertThat(server.requests()).isEmpty();
  }

  /** Sizes that the models' own pages have: of the U-Nets and of what a fetch brings. */
  @Test
  void shouldKnowPublishedModels() {
    Map<PublishedModel, double[]> published = Map.of(PublishedModel.SD_TURBO, new double[] {865.9e6, 2.58e9},
        PublishedModel.SD_15, new double[] {859.5e6, 2.13e9}, PublishedModel.SDXL, new double[] {2567e6, 6.94e9},
        PublishedModel.SDXS, new double[] {0.32e9, 1.8e9});
    published.forEach((model, sizes) -> {
      List<PublishedModel.Use> uses = model.uses();
      double unet = uses.stream().filter(use -> use.network().equals("unet"))
          .mapToDouble(use -> PublishedModel.parameters(use.graph())).sum();
      assertThat(unet).as(model.name).isCloseTo(sizes[0], Percentage.withPercentage(3));
      assertThat(PublishedModel.bytesToFetch(model, uses)).as(model.name)
          .isCloseTo(sizes[1], Percentage.withPercentage(3));
    });
  }
}
