package dev.langevin.diffusion.samplers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.diffusion.AdaptiveTrajectory;
import dev.langevin.diffusion.Scheduler;
import dev.langevin.diffusion.Trajectory;
import dev.langevin.diffusion.TrajectoryOptions;
import dev.langevin.diffusion.Transition;
import dev.langevin.diffusion.TransitionInterpreter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class NamedSamplersTest {

  private static final Map<String, Object> LATENT =
      Map.of("beta_schedule", "scaled_linear", "beta_start", 0.00085, "beta_end", 0.012, "_class_name",
          "PNDMScheduler");

  static Stream<Arguments> everyName() {
    return Stream.of(Compat.COMFY, Compat.A1111)
        .flatMap(compat -> NamedSamplers.names().stream().map(name -> Arguments.of(name, compat)));
  }

  private static Scheduler find(String name, String schedule, Compat compat) {
    return NamedSamplers.of(name, schedule, compat, LATENT, false);
  }

  /** Catches a division by a level of 0, and values that pile up in registers over a long run. */
  @ParameterizedTest
  @MethodSource("everyName")
  void shouldLayOutAnyNumberOfSteps(String name, Compat compat) {
    Scheduler sampler = find(name, null, compat);
    for (int steps : new int[] {1, 2, 3, 4, 5, 6, 7, 11, 20, 37, 50, 150}) {
      try {
        for (Map<String, Object> from : List.<Map<String, Object>>of(Map.of(), Map.of("strength", 0.55))) {
          Trajectory run = sampler.trajectory(new TrajectoryOptions(steps, 0, from, Map.of()));
          assertThat(run.registers()).isLessThanOrEqualTo(Transition.MAX_REGISTERS);
          assertThat(run.transition(0).timestep()).isFinite();
        }
      } catch (IllegalArgumentException e) {
        assertThat(e.getMessage()).as("%d steps", steps).contains("step");
      }
    }
  }

  /**
   * A network that always answers the same clean picture must end there, whatever the noise: each step's factors of
   * clean pictures and sample have to fit together. Catches a wrong sign or a lost term in any of them.
   */
  @ParameterizedTest
  @MethodSource("everyName")
  void shouldEndAtThePictureThatTheNetworkIsSureOf(String name, Compat compat) {
    Scheduler sampler = find(name, null, compat);
    for (int steps : new int[] {8, 24, 40}) {
      Trajectory run = sampler.trajectory(TrajectoryOptions.steps(steps));
      if (run instanceof AdaptiveTrajectory) {
        return; // see the reference cases
      }
      float[] end = walk(run, 0.7f);
      boolean toZero =
          run.sigmas().length > 0 && !List.of("dpmfast", "unipc", "unipcbh2").contains(SamplerName.key(name));
      double left = toZero ? 1e-4 : 0.2; // others end a little above 0
      for (float value : end) {
        assertThat(value).as("%s, %d steps", name, steps).isCloseTo(0.7f,
            org.assertj.core.data.Offset.offset((float) left));
      }
    }
  }

  private static float[] walk(Trajectory run, float clean) {
    Random random = new Random(3);
    TransitionInterpreter registers = new TransitionInterpreter(run.registers(), 1, 64);
    float[] x = registers.register(Transition.X);
    double start = run.initNoiseSigma();
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) (start * random.nextGaussian() + run.openingNoise().orElse(0) * random.nextGaussian());
    }
    for (int call = 0; call < run.timesteps().length; call++) {
      Transition step = run.transition(call);
      float[] answer = new float[x.length];
      for (int i = 0; i < x.length; i++) {
        answer[i] = (float) ((clean - step.prediction().sampleCoefficient() * x[i])
            / step.prediction().modelCoefficient());
        registers.register(Transition.NOISE)[i] = (float) random.nextGaussian();
        if (step.unconditional() >= 0) {
          registers.register(step.unconditional())[i] = answer[i];
        }
      }
      registers.apply(step, answer);
    }
    return x;
  }

  @ParameterizedTest
  @CsvSource({"DPM++ 2M,dpmpp_2m", "dpmpp_2m,dpmpp_2m", "k_dpmpp_2m,dpmpp_2m", "Euler a,euler_ancestral",
      "EULER_ANCESTRAL,euler_ancestral", "dpmpp_sde_gpu,dpmpp_sde", "DPM2 a,dpm_2_ancestral", "uni pc bh2,uni_pc_bh2"})
  void shouldKnowEverySpelling(String name, String comfy) {
    assertThat(find(name, null, Compat.COMFY).className()).isEqualTo(comfy);
  }

  @Test
  void shouldTakeAScheduleBehindTheName() {
    for (Compat compat : List.of(Compat.COMFY, Compat.A1111)) {
      assertThat(sigmas(find("DPM++ 2M SDE Karras", null, compat)))
          .isEqualTo(sigmas(find("dpmpp_2m_sde", "karras", compat)))
          .isNotEqualTo(sigmas(find("dpmpp_2m_sde", "exponential", compat)));
    }
  }

  private static double[] sigmas(Scheduler sampler) {
    return sampler.trajectory(TrajectoryOptions.steps(9)).sigmas();
  }

  /** Without a word of another program, names of the web UIs mean diffusers' samplers. */
  @Test
  void shouldMeanDiffusersSamplersByDefault() {
    assertThat(find("DPM++ 2M", "karras", Compat.DIFFUSERS).className()).isEqualTo("DPMSolverMultistepScheduler");
    assertThat(sigmas(find("DPM++ 2M", "Karras", Compat.DIFFUSERS)))
        .isEqualTo(sigmas(find("dpmpp_2m_karras", null, Compat.DIFFUSERS)));
    assertThat(find(null, null, Compat.DIFFUSERS).className()).isEqualTo("PNDMScheduler");
    assertThat(find("er_sde", null, Compat.DIFFUSERS).className()).isEqualTo("er_sde");
    assertThat(find("Restart", null, Compat.DIFFUSERS).className()).isEqualTo("Restart");
  }

  /** ComfyUI tells the network whole timesteps, A1111 those between. */
  @Test
  void shouldTellTheTimestepsOfTheProgram() {
    double[] comfy = find("euler", "karras", Compat.COMFY).trajectory(TrajectoryOptions.steps(7)).timesteps();
    double[] a1111 = find("Euler", "Karras", Compat.A1111).trajectory(TrajectoryOptions.steps(7)).timesteps();
    List<Double> between = new ArrayList<>();
    for (int i = 0; i < comfy.length; i++) {
      assertThat(comfy[i]).isEqualTo(Math.rint(comfy[i])).isCloseTo(a1111[i],
          org.assertj.core.data.Offset.offset(0.6));
      if (a1111[i] != Math.rint(a1111[i])) {
        between.add(a1111[i]);
      }
    }
    assertThat(between).isNotEmpty();
  }

  @Test
  void shouldNameWhatThereIsWhereANameIsUnknown() {
    for (Compat compat : Compat.values()) {
      assertThatThrownBy(() -> find("dpmpp_9m", null, compat)).isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("dpmpp_9m").hasMessageContaining("dpmpp_2m").hasMessageContaining("DPM++ 2M");
      assertThatThrownBy(() -> find("euler", "spiral", compat)).isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("spiral").hasMessageContaining("karras");
    }
    assertThatThrownBy(() -> find(null, null, Compat.A1111)).hasMessageContaining("a1111")
        .hasMessageContaining("DPM++ 2M");
    assertThatThrownBy(() -> find("UniPCMultistepScheduler", null, Compat.COMFY)).hasMessageContaining("diffusers");
  }

  @Test
  void shouldRefuseWhatASamplerDoesNotRead() {
    assertThatThrownBy(
        () -> find("DPM++ 2M", null, Compat.A1111)
            .trajectory(new TrajectoryOptions(5, 0, Map.of(), Map.of("eta", 0.5))))
                .hasMessageContaining("DPM++ 2M").hasMessageContaining("eta");
    assertThatThrownBy(() -> find("DDIM", "karras", Compat.A1111)).hasMessageContaining("DDIM")
        .hasMessageContaining("karras");
    assertThatThrownBy(
        () -> find("euler", null, Compat.COMFY)
            .trajectory(new TrajectoryOptions(5, 0, Map.of("strength", 1e-12), Map.of())))
                .hasMessageContaining("strength");
  }
}
