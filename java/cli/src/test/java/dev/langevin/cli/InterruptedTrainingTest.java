package dev.langevin.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.langevin.image.Images;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ctrl-C under the bar of a real pseudo-terminal, and a signal without one: the run is saved, the code tells of it. */
class InterruptedTrainingTest {

  private static final int CTRL_C = 3;

  @TempDir
  private Path folder;

  private Path config;

  @BeforeEach
  void write() throws IOException {
    Random random = new Random(7);
    for (int i = 0; i < 8; i++) {
      BufferedImage picture = new BufferedImage(8, 8, BufferedImage.TYPE_INT_RGB);
      for (int p = 0; p < 64; p++) {
        picture.setRGB(p % 8, p / 8, random.nextInt(1 << 24));
      }
      Path file = folder.resolve("pictures").resolve(i % 2 == 0 ? "even" : "odd").resolve(i + ".png");
      Files.createDirectories(file.getParent());
      Images.writePng(picture, file);
    }
    config = Files.writeString(folder.resolve("run.yaml"), """
        task: pixels
        output: made
        data: {format: images, path: pictures, size: 8, channels: 3}
        model:
          unet: {sample_size: 8, in_channels: 3, out_channels: 3, block_out_channels: [8, 16], layers_per_block: 1,
            norm_num_groups: 4, attention_head_dim: 4, down_block_types: [DownBlock2D, AttnDownBlock2D],
            up_block_types: [AttnUpBlock2D, UpBlock2D], num_class_embeds: 2}
          scheduler: {num_train_timesteps: 1000, beta_schedule: squaredcos_cap_v2}
        steps: {batch_size: 2, count: 1000000, learning_rate: 0.001}
        """);
  }

  private List<String> train(String... more) {
    List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "--enable-native-access=ALL-UNNAMED", "-Xmx512m", "-XX:TieredStopAtLevel=1", "-cp",
        System.getProperty("java.class.path"), Langevin.class.getName(), "train", config.toString()));
    command.addAll(List.of(more));
    return command;
  }

  /** Reads until a text has come. @return all that was read */
  private static String readUntil(InputStream in, String text) throws IOException {
    StringBuilder said = new StringBuilder();
    while (said.indexOf(text) < 0) {
      int next = in.read();
      assertThat(next).as("the end, instead of '%s', after: %s", text, said).isNotEqualTo(-1);
      said.append((char) next);
    }
    return said.toString();
  }

  private boolean isSaved() throws IOException {
    try (Stream<Path> files = Files.walk(folder.resolve("made"))) {
      return files.anyMatch(file -> file.toString().contains("checkpoint"));
    }
  }

  private void awaitSteps() throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    Path log = folder.resolve("made/log.csv");
    while (!Files.exists(log) || Files.readAllLines(log).size() < 3) {
      assertThat(System.nanoTime()).as("the time by which steps are done").isLessThan(end);
      Thread.sleep(20);
    }
  }

  @Test
  void shouldSaveOnCtrlCUnderTheBar() throws Exception {
    assumeTrue(hasPseudoTerminals(),
        "there is no program 'script', which makes pseudo-terminals, or 'env' resets no signals");
    // A build in a shell's background ignores Ctrl-C, and so would whatever it starts.
    String line =
        "exec env --default-signal=INT " + String.join(" ", train().stream().map(word -> "'" + word + "'").toList());
    ProcessBuilder builder = new ProcessBuilder("script", "-q", "-e", "-f", "-c", line, "/dev/null")
        .redirectErrorStream(true);
    builder.environment().remove("COLUMNS");
    builder.environment().put("TERM", "xterm");
    Process process = builder.start();
    Executor later = CompletableFuture.delayedExecutor(100, TimeUnit.SECONDS);
    CompletableFuture.runAsync(process::destroyForcibly, later); // reading must end
    String said;
    try {
      said = readUntil(process.getInputStream(), " loss ");
      process.getOutputStream().write(CTRL_C);
      process.getOutputStream().flush();
      said += new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).as(said).isTrue();
    } finally {
      process.destroyForcibly();
    }
    assertThat(said).as("a bar, drawn again on its line").contains("\rtraining");
    assertThat(said).contains("stopped at step ").contains(" of 1000000; --resume goes on");
    assertThat(process.exitValue()).isEqualTo(130);
    assertThat(isSaved()).isTrue();
  }

  private static boolean hasPseudoTerminals() throws InterruptedException {
    try {
      return new ProcessBuilder("script", "-q", "-e", "-c", "exec env --default-signal=INT true", "/dev/null")
          .redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null"))).start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void shouldSaveOnASignalAndTellAnObject() throws Exception {
    Path out = folder.resolve("out");
    Path err = folder.resolve("err");
    Process process = new ProcessBuilder(train("--json")).redirectOutput(out.toFile()).redirectError(err.toFile())
        .start();
    try {
      awaitSteps();
      process.destroy(); // SIGTERM
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    assertThat(process.exitValue()).isEqualTo(143);
    assertThat(Files.readString(out)).as(Files.readString(err)).hasLineCount(1).startsWith("{\"command\":\"train\"")
        .containsPattern("\"step\":[1-9]");
    assertThat(Files.readString(err)).as("no bar off a terminal").doesNotContain("\r", "%");
    assertThat(isSaved()).isTrue();
  }
}
