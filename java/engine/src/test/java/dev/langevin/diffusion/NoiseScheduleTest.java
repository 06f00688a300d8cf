package dev.langevin.diffusion;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NoiseScheduleTest {

  /**
   * Two roundings in place of one gave another last bit at every fifth timestep, and with it another largest sigma; values of
   * torch 2.13.
   */
  @ParameterizedTest
  @CsvSource({"28, 0.00065775774", "215, 0.004382783", "469, 0.009442443", "911, 0.018247047"})
  void shouldSpaceBetasToTheLastBit(int t, float expected) {
    NoiseSchedule schedule = Schedulers.ofClass("DDPMScheduler", Map.of()).noiseSchedule().orElseThrow();
    assertThat((float) schedule.beta(t)).isEqualTo(expected);
  }
}
