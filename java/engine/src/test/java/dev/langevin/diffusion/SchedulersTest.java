package dev.langevin.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class SchedulersTest {

  static Stream<String> everyName() {
    return Stream.concat(Schedulers.names().stream(), Schedulers.classNames().stream());
  }

  /** A division by a level of 0 or by two equal levels would show as NaN or infinity in a picture, and nowhere else. */
  @ParameterizedTest
  @MethodSource("everyName")
  void shouldHaveFiniteCoefficientsForAnyNumberOfSteps(String name) {
    for (int steps = 1; steps <= 100; steps++) {
      Trajectory trajectory;
      try {
        trajectory = Schedulers.named(name, Map.of()).trajectory(TrajectoryOptions.steps(steps));
      } catch (IllegalArgumentException e) {
        assertThat(e.getMessage()).as("%s with %d steps", name, steps).contains("steps");
        continue;
      }
      for (int i = 0; i < trajectory.timesteps().length; i++) {
        Transition transition = trajectory.transition(i);
        assertThat(transition.inputScale()).isFinite();
        if (transition.prediction() != null) {
          assertThat(transition.prediction().sampleCoefficient()).isFinite();
          assertThat(transition.prediction().modelCoefficient()).isFinite();
        }
        for (Transition.Update update : transition.updates()) {
          for (Transition.Term term : update.terms()) {
            assertThat(term.coefficient()).as("%s, call %d of %d steps", name, i, steps).isFinite();
          }
        }
      }
    }
  }

  @Test
  void shouldKnowNamesInAnyCase() {
    assertThat(Schedulers.named("Euler_A", Map.of()).className()).isEqualTo("EulerAncestralDiscreteScheduler");
    assertThat(Schedulers.named("dpmpp-2m-karras", Map.of()).className()).isEqualTo("DPMSolverMultistepScheduler");
    assertThat(Schedulers.named("ddimscheduler", Map.of()).className()).isEqualTo("DDIMScheduler");
  }

  @Test
  void shouldKeepTheModelsLevelsUnderAName() {
    Map<String, Object> config = Map.of("beta_schedule", "scaled_linear", "num_train_timesteps", 500);
    Scheduler scheduler = Schedulers.named("dpmpp_2m_karras", config);
    assertThat(scheduler.trainTimesteps()).isEqualTo(500);
    assertThat(scheduler.noiseSchedule().orElseThrow().alphaBar(499))
        .isEqualTo(Schedulers.ofClass("DDPMScheduler", config).noiseSchedule().orElseThrow().alphaBar(499));
  }

  @Test
  void shouldListWhatThereIsForAnUnknownName() {
    assertThatThrownBy(() -> Schedulers.named("quick", Map.of()))
        .hasMessageContaining("no sampler quick").hasMessageContaining("euler_a").hasMessageContaining("DDIMScheduler");
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "DPMSolverMultistepScheduler | solver_order | 4 | from 1 to 3",
      "DPMSolverMultistepScheduler | algorithm_type | dpmsolver | set final_sigmas_type to sigma_min",
      "DPMSolverMultistepScheduler | final_sigmas_type | none | one of zero, sigma_min",
      "DPMSolverSinglestepScheduler | solver_order | 4 | 1, 2 or 3",
      "DEISMultistepScheduler | solver_order | 4 | 1, 2 or 3",
      "UniPCMultistepScheduler | predict_x0 | false | set final_sigmas_type to sigma_min",
      "UniPCMultistepScheduler | solver_order | 11 | from 1 to 10",
      "SASolverScheduler | predictor_order | 5 | from 1 to 4",
      "DPMSolverSDEScheduler | noise_sampler_seed | 3 | left away",
      "EDMEulerScheduler | sigma_max | 0.001 | above sigma_min",
      "FlowMatchEulerDiscreteScheduler | shift_terminal | 1 | from 0 to below 1",
      "IPNDMScheduler | num_train_timesteps | 0 | from 1 to"})
  void shouldRefuseAnOptionByName(String className, String key, String value, String reason) {
    Object typed = switch (value) {
      case "false" -> false;
      case String number when number.matches("[0-9.]+") -> Double.valueOf(number);
      default -> value;
    };
    assertThatThrownBy(() -> Schedulers.ofClass(className, Map.of(key, typed)))
        .isInstanceOf(IllegalArgumentException.class).hasMessageContaining(className).hasMessageContaining(reason);
  }

  @Test
  void shouldRefuseScheduleOptionsThatContradictTheConfiguration() {
    Scheduler fixed = Schedulers.ofClass("FlowMatchEulerDiscreteScheduler", Map.of());
    assertThatThrownBy(() -> fixed.trajectory(new TrajectoryOptions(4, 0, Map.of("mu", 0.5), Map.of())))
        .hasMessageContaining("mu is 0.5").hasMessageContaining("use_dynamic_shifting is false");
    Scheduler dynamic = Schedulers.ofClass("FlowMatchEulerDiscreteScheduler", Map.of("use_dynamic_shifting", true));
    assertThatThrownBy(() -> dynamic.trajectory(TrajectoryOptions.steps(4))).hasMessageContaining("mu is missing");
    Scheduler karras = Schedulers.named("dpmpp_2m_karras", Map.of());
    assertThatThrownBy(() -> karras.trajectory(
        new TrajectoryOptions(2, 0, Map.of("timesteps", new double[] {900, 100}), Map.of())))
            .hasMessageContaining("use_karras_sigmas is true");
  }
}
