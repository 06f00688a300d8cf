package dev.langevin.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.policy.Policy;
import dev.langevin.policy.RefusedException;
import dev.langevin.request.CancellationToken;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.GenerationRequest.PromptSyntax;
import dev.langevin.request.LoadOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What the notation of prompts does to a chain. */
class PromptNotationTest {

  private static final Path FOLDER = Path.of("../engine/src/test/resources/reference/pipelines_sd/_models/sd1");

  private static final int STEPS = 6;

  private static Pipeline model;

  @BeforeAll
  static void load() {
    model = Pipelines.open(FOLDER);
  }

  @AfterAll
  static void close() {
    model.close();
  }

  private static GenerationRequest.Builder request(String prompt) {
    return GenerationRequest.prompt(prompt).size(40, 40).steps(STEPS).sampler("euler").seed(3);
  }

  /** The latents after each call of the network. */
  private static List<float[]> walk(GenerationRequest.Builder request) {
    List<float[]> latents = new ArrayList<>();
    model.generate(request.build(), (step, total, preview) -> latents.add(preview.latents().toFloats()),
        new CancellationToken());
    return latents;
  }

  private static float[] last(String prompt) {
    return walk(request(prompt)).getLast();
  }

  /** Catches a text that changes a call too early or too late, or not for good. */
  @Test
  void shouldChangeTheTextAfterTheCallThatEndsItsRow() {
    List<float[]> cat = walk(request("a cat"));
    List<float[]> edited = walk(request("a [cat:dog:2]")); // calls 0, 1 and 2 are of the first row
    for (int call = 0; call < STEPS; call++) {
      if (call < 3) {
        assertThat(edited.get(call)).as("call " + call).isEqualTo(cat.get(call));
      } else {
        assertThat(edited.get(call)).as("call " + call).isNotEqualTo(cat.get(call));
      }
    }
    assertThat(last("a [cat:dog:0]")).isEqualTo(last("a dog"));
    assertThat(last("a [cat:dog:1.0]")).isEqualTo(last("a cat"));
    assertThat(last("a [cat:dog:0.5]")).isEqualTo(last("a [cat:dog:3]"));
  }

  /** Catches a negative prompt that is told once. */
  @Test
  void shouldChangeTheNegativeText() {
    List<float[]> plain = walk(request("a cat").negativePrompt("red"));
    List<float[]> edited = walk(request("a cat").negativePrompt("[red:blue:1]"));
    assertThat(edited.get(1)).isEqualTo(plain.get(1));
    assertThat(edited.get(2)).isNotEqualTo(plain.get(2));
  }

  /** Catches alternation that keeps to its first word, and a sampler of two calls a step that counts steps. */
  @Test
  void shouldAlternate() {
    List<float[]> cat = walk(request("a cat"));
    List<float[]> alternating = walk(request("a [cat|dog]"));
    assertThat(alternating.get(1)).isEqualTo(cat.get(1));
    assertThat(alternating.get(2)).isNotEqualTo(cat.get(2));
    List<float[]> heun = walk(request("a cat").sampler("heun"));
    List<float[]> edited = walk(request("a [cat:dog:0.5]").sampler("heun")); // a half of twelve calls, and one
    assertThat(edited.get(STEPS)).isEqualTo(heun.get(STEPS));
    assertThat(edited.get(STEPS + 1)).isNotEqualTo(heun.get(STEPS + 1));
  }

  /** Catches weights of conditions that are lost, added to the wrong half, or scaled twice: one step is linear. */
  @Test
  void shouldAddTheGuidanceOfConditions() {
    float[] none = walk(request("a cat :0").steps(1)).getFirst();
    float[] cat = walk(request("a cat").steps(1)).getFirst();
    float[] dog = walk(request("a dog").steps(1)).getFirst();
    float[] both = walk(request("a cat :0.5 AND a dog :-0.25").steps(1)).getFirst();
    for (int i = 0; i < both.length; i++) {
      double expected = none[i] + 0.5 * (cat[i] - none[i]) - 0.25 * (dog[i] - none[i]);
      assertThat((double) both[i]).as("at " + i).isCloseTo(expected, Offset.offset(2e-3 * Math.max(1, Math.abs(
          expected))));
    }
    assertThat(both).isNotEqualTo(cat);
  }

  /** Catches conditions of one prompt of a batch that reach the other's picture. */
  @Test
  void shouldKeepTheConditionsOfABatchApart() {
    List<String> prompts = List.of("a cat AND a [red|blue] hat :0.7", "a dog");
    float[] batch = model.generate(request("").prompts(prompts).count(2).build()).latents().toFloats();
    int each = batch.length / 4;
    for (int k = 0; k < 4; k++) {
      float[] alone = model.generate(request(prompts.get(k / 2)).seed(3 + k).build()).latents().toFloats();
      for (int i = 0; i < each; i++) {
        assertThat(batch[k * each + i]).as("picture " + k + " at " + i).isCloseTo(alone[i], Offset.offset(5e-3f));
      }
    }
  }

  /** Catches texts that another run's turn puts back to what they were. */
  @Test
  void shouldChangeTextsOfRunsThatTakeTurns() {
    List<String> prompts = List.of("a [cat|dog]", "a [red:blue:2] house", "a cat AND [a dog:a fox:0.4]", "a house");
    List<float[]> alone = prompts.stream().map(prompt -> walk(request(prompt).steps(12)).getLast()).toList();
    List<CompletableFuture<float[]>> together = prompts.stream()
        .map(prompt -> CompletableFuture.supplyAsync(() -> walk(request(prompt).steps(12)).getLast())).toList();
    for (int i = 0; i < prompts.size(); i++) {
      assertThat(together.get(i).join()).as(prompts.get(i)).isEqualTo(alone.get(i));
    }
  }

  /** Catches a prompt and a negative prompt of other lengths that change each other. */
  @Test
  void shouldReadALongPromptBesideAShortNegativeOne() {
    String twice = "a cat BREAK a cat";
    float[] repeated = walk(request("a cat").negativePrompt(twice).steps(1)).getFirst();
    float[] once = walk(request("a cat").negativePrompt("a cat").steps(1)).getFirst();
    for (int i = 0; i < once.length; i++) { // a context that is repeated is attended to as it is once
      assertThat(repeated[i]).isCloseTo(once[i], Offset.offset(2e-3f * Math.max(1, Math.abs(once[i]))));
    }
  }

  /** Catches notation of one program that the other's readers know. */
  @Test
  void shouldReadComfyuisNotation() {
    GenerationRequest.Builder comfy = request("a [cat:dog:0] AND (house:1.3)").syntax(PromptSyntax.COMFY);
    assertThat(walk(comfy).getLast()).isNotEqualTo(last("a [cat:dog:0] AND (house:1.3)"));
    assertThatThrownBy(() -> model.generate(request("embedding:nope cat").syntax(PromptSyntax.COMFY).build()))
        .isInstanceOf(RefusedException.class).hasMessageContaining("embedding:nope is no learned token");
  }

  /** Catches updates that a prompt calls and nobody loaded. */
  @Test
  void shouldRefuseUpdatesThatWereNotLoadedOrWarnOfThem() {
    assertThatThrownBy(() -> model.generate(request("a cat <lora:hats:0.8>").build()))
        .isInstanceOf(RefusedException.class).hasMessageContaining("<lora:hats:0.8> is not among the updates");
    List<String> warnings = new ArrayList<>();
    try (Pipeline lenient = Pipelines.open(FOLDER,
        LoadOptions.builder().policy(Policy.LENIENT).warnings(warnings::add).build())) {
      float[] without = lenient.generate(request("a cat <lora:hats:0.8>").build()).latents().toFloats();
      assertThat(without).isEqualTo(last("a cat"));
      lenient.generate(request("embedding:nope cat").build());
    }
    assertThat(warnings).hasSize(2);
    assertThat(warnings.get(0)).contains("<lora:hats:0.8>");
    assertThat(warnings.get(1)).contains("embedding:nope is read as words");
  }
}
