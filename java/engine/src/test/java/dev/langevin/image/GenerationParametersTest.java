package dev.langevin.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langevin.diffusion.Schedulers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GenerationParametersTest {

  @ParameterizedTest
  @CsvSource({"euler_a, Euler a", "dpmpp_2m_karras, DPM++ 2M Karras", "dpmpp_2m_sde, DPM++ 2M SDE", "ddim, DDIM",
      "dpm2_a, DPM2 a",
      "unipc, UniPC", "lms_karras, LMS Karras", "PNDMScheduler, PNDMScheduler"})
  void shouldCallSamplersAsWebUisDo(String name, String label) {
    assertThat(GenerationParameters.samplerLabel(name)).isEqualTo(label);
  }

  /** Catches two samplers that a picture could not tell apart. */
  @Test
  void shouldCallNoTwoSamplersTheSame() {
    assertThat(Schedulers.names().stream().map(GenerationParameters::samplerLabel)).doesNotHaveDuplicates();
  }
}
