package dev.langevin.diffusion;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NoiseScheduleTest {

  /**
   * Two roundings in place of one gave another last bit at every fifth timestep, and with it another largest sigma;
   * values of torch 2.13.
   */
  @ParameterizedTest
  @CsvSource({"28, 0.00065775774", "215, 0.004382783", "469, 0.009442443", "911, 0.018247047"})
  void shouldSpaceBetasToTheLastBit(int t, float expected) {
    NoiseSchedule schedule = Schedulers.ofClass("DDPMScheduler", Map.of()).noiseSchedule().orElseThrow();
    assertThat((float) schedule.beta(t)).isEqualTo(expected);
  }

  /** Rescaled in double, beta 980 would be 0.10209148; values of torch 2.13 with its square root rounded to nearest. */
  @ParameterizedTest
  @CsvSource({"linear, 980, 0.10209197", "scaled_linear, 450, 0.0048308372", "scaled_linear, 980, 0.10155147"})
  void shouldRescaleBetasInFloat32(String kind, int t, float expected) {
    Map<String, Object> config =
        Map.of("beta_schedule", kind, "beta_start", 0.00085, "beta_end", 0.012, "rescale_betas_zero_snr", true);
    NoiseSchedule schedule = Schedulers.ofClass("DDIMScheduler", config).noiseSchedule().orElseThrow();
    assertThat((float) schedule.beta(t)).isEqualTo(expected);
  }
}
