package dev.langevin.cli;

import static dev.langevin.cli.Outcome.run;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What commands tell to programs, and how little to people who want quiet. */
class OutputTest {

  @TempDir
  private Path folder;

  private static JsonNode object(Outcome outcome) throws IOException {
    assertThat(outcome.out()).as("one object, and nothing else").hasLineCount(1);
    return new ObjectMapper().readTree(outcome.out());
  }

  @Test
  void shouldTellPicturesAsOneObject() throws IOException {
    Path out = folder.resolve("a.png");
    JsonNode made =
        object(run("generate", "--class", "1", "--steps", "2", "--seed", "-1", "--json", "--out", out.toString()));
    assertThat(made.get("command").asText()).isEqualTo("generate");
    assertThat(made.get("files")).singleElement().extracting(JsonNode::asText).isEqualTo(out.toString());
    assertThat(made.get("seed").asLong()).isNotEqualTo(-1);
    assertThat(made.at("/seconds/total").asDouble()).isPositive();
    assertThat(made.get("seconds").size()).as("of its stages too").isGreaterThan(1);
    assertThat(made.has("error")).isFalse();
    assertThat(out).exists();
  }

  @Test
  void shouldTellErrorsAsAnObject() throws IOException {
    Outcome failed = run("generate", "a cat", "--model", folder.resolve("none").toString(), "--json");
    assertThat(failed.code()).isEqualTo(1);
    assertThat(object(failed).at("/error/kind").asText()).isEqualTo("failure");
    assertThat(failed.err()).isEqualTo("langevin: " + object(failed).at("/error/message").asText() + "\n");
    Outcome wrong = run("bench", "model", "tiny", "--stesp", "3", "--json");
    assertThat(wrong.code()).isEqualTo(2);
    assertThat(object(wrong).at("/error/kind").asText()).isEqualTo("usage");
    assertThat(object(wrong).get("command").asText()).isEqualTo("bench model");
  }

  /** Catches a command of which a program would have to read the lines. */
  @Test
  void shouldTellResultsByName() throws IOException {
    assertThat(object(run("doctor", "--json")).at("/results/threads").asInt()).isPositive();
    Path picture = folder.resolve("picture.png");
    run("generate", "--class", "1", "--steps", "1", "--out", picture.toString());
    JsonNode chain = object(run("forward", picture.toString(), "--json", "--out", folder + "/strip.png"));
    assertThat(chain.at("/results/moments")).hasSize(7);
    assertThat(chain.get("files")).hasSize(1);
    JsonNode copied =
        object(run("convert", EmbeddedModel.FASHION.unpack().toString(), "--json", "--out", folder + "/copy"));
    assertThat(copied.get("files")).hasSize(4);
    assertThat(copied.at("/results/bytes").size()).isEqualTo(4);
  }

  /** Help is for people, and a text is no option. */
  @Test
  void shouldLeaveHelpAndTextsAlone() throws IOException {
    assertThat(run("plan", "--help", "--json").out()).startsWith("Shows what");
    Path out = folder.resolve("b.png");
    assertThat(run("generate", "--steps", "1", "--out", out.toString(), "--", "--json").out()).isEqualTo(out + "\n");
    assertThat(run("generate", "a cat", "--negative", "--json", "--steps", "1", "--out", out.toString()).out())
        .isEqualTo(out + "\n");
  }

  @Test
  void shouldBeQuiet() {
    Path out = folder.resolve("c.png");
    Outcome told = run("generate", "--class", "1", "--steps", "1", "--seed", "-1", "--out", out.toString());
    assertThat(told.err()).contains("langevin: --seed ");
    Outcome quiet =
        run("generate", "--class", "1", "--steps", "1", "--seed", "-1", "--quiet", "--out", out.toString());
    assertThat(quiet).isEqualTo(new Outcome(0, out + "\n", ""));
    assertThat(run("inspect", "nowhere", "--quiet").err()).contains("there is no such file");
  }

  /** Off a terminal there are lines, not a bar that is drawn again and again. */
  @Test
  void shouldTellProgressInLines() throws Exception {
    PrintStream stderr = System.err;
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
    try (Progress progress = new Progress("sampling", "steps", 0, 20, false, Duration.ofMillis(50))) {
      progress.stepTo(7);
      progress.message("loss 0.5");
      long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
      while (err.toString(StandardCharsets.UTF_8).lines().count() < 2 && System.nanoTime() < end) {
        Thread.sleep(10);
      }
    } finally {
      System.setErr(stderr);
    }
    assertThat(err.toString(StandardCharsets.UTF_8)).doesNotContain("\r");
    assertThat(err.toString(StandardCharsets.UTF_8).lines().toList()).hasSizeGreaterThan(1)
        .last().asString().matches("langevin: sampling: 7 of 20 steps, \\d+ s, loss 0\\.5");
  }

  /** A bar of a library that sets up the terminal would take its signals: there is one place that draws any. */
  @Test
  void shouldDrawBarsInOnePlace() throws IOException {
    try (var sources = Files.walk(Path.of("src/main/java"))) {
      assertThat(sources.filter(file -> file.toString().endsWith(".java")).filter(file -> {
        try {
          return Files.readString(file).contains("me.tongfei");
        } catch (IOException e) {
          throw new java.io.UncheckedIOException(e);
        }
      })).extracting(file -> file.getFileName().toString()).containsExactly("Progress.java");
    }
  }
}
