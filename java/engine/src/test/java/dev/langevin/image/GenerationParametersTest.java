package dev.langevin.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langevin.diffusion.Schedulers;
import java.util.LinkedHashMap;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.Chars;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GenerationParametersTest {

  /** As a web UI writes it. */
  @Test
  void shouldReadWhatWebUisWrite() {
    GenerationParameters read = GenerationParameters.parse("""
        a (cat:1.3), in a hat,
        second line
        Negative prompt: blurry, "ugly"
        Steps: 20, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7.5, Seed: 965400086, Size: 512x768, \
        Model hash: 6ce0161689, Model: v1-5-pruned, Lora hashes: "a: 1b, c: 2d", Version: v1.7.0""");
    assertThat(read.prompt()).isEqualTo("a (cat:1.3), in a hat,\nsecond line");
    assertThat(read.negativePrompt()).isEqualTo("blurry, \"ugly\"");
    assertThat(read.fields()).containsEntry("Seed", "965400086").containsEntry("Size", "512x768")
        .containsEntry("Lora hashes", "a: 1b, c: 2d").containsEntry("Version", "v1.7.0");
    assertThat(read.sampler()).isEqualTo("dpmpp_2m_karras");
  }

  @Test
  void shouldTakeATextWithoutFieldsForAPrompt() {
    assertThat(GenerationParameters.parse("just a cat"))
        .isEqualTo(new GenerationParameters("just a cat", "", Map.of()));
    assertThat(GenerationParameters.parse("a: b, c\nd").fields()).isEmpty();
    assertThat(GenerationParameters.parse("").prompt()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"euler_a, Euler a", "dpmpp_2m_karras, DPM++ 2M Karras", "dpmpp_2m_sde, DPM++ 2M SDE", "ddim, DDIM",
      "dpm2_a, DPM2 a",
      "unipc, UniPC", "lms_karras, LMS Karras", "PNDMScheduler, PNDMScheduler"})
  void shouldCallSamplersAsWebUisDo(String name, String label) {
    assertThat(GenerationParameters.samplerLabel(name)).isEqualTo(label);
  }

  /** Catches a sampler whose label does not lead back to it. */
  @Test
  void shouldFindEverySamplerByItsLabel() {
    for (String name : Schedulers.names()) {
      GenerationParameters parameters =
          new GenerationParameters("", "", Map.of("Steps", "1", "Sampler", GenerationParameters.samplerLabel(name)));
      assertThat(GenerationParameters.parse(parameters.format()).sampler()).isEqualTo(name);
    }
  }

  /** Catches values that break out of their field. */
  @Property
  void shouldGiveBackAnyFields(
      @ForAll @CharRange(from = ' ', to = '~') @Chars({'\n', '"', '\\', ',', ':'}) @StringLength(max = 30) String value,
      @ForAll @CharRange(from = ' ', to = '~') @StringLength(max = 30) String prompt) {
    Map<String, String> fields = new LinkedHashMap<>();
    fields.put("Steps", "20");
    fields.put("Model", value);
    fields.put("init-image", value + value);
    GenerationParameters parameters = new GenerationParameters(prompt, prompt.isBlank() ? "" : "not " + prompt, fields);
    assertThat(GenerationParameters.parse(parameters.format())).isEqualTo(parameters);
  }
}
