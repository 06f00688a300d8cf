package dev.langevin.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What the reference cases of the DPM-Solver family, DEIS and EDM do not show: refusals, ties and single-precision
 * levels.
 */
class DpmSolverFamilyTest {

  private static final String MULTISTEP = "DPMSolverMultistepScheduler";
  private static final String SINGLESTEP = "DPMSolverSinglestepScheduler";
  private static final String EDM = "EDMDPMSolverMultistepScheduler";

  private static Trajectory run(String className, int steps, int start, Map<String, Object> config) {
    return Schedulers.ofClass(className, config).trajectory(new TrajectoryOptions(steps, start, Map.of(), Map.of()));
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "DPMSolverMultistepScheduler | algorithm_type | unipc | one of dpmsolver, dpmsolver++, sde-dpmsolver,"
          + " sde-dpmsolver++, deis",
      "DPMSolverMultistepScheduler | solver_type | rk4 | one of midpoint, heun",
      "DPMSolverMultistepScheduler | prediction_type | flow_prediction | set use_flow_sigmas to true",
      "DPMSolverMultistepScheduler | prediction_type | score | one of epsilon, sample, v_prediction, flow_prediction",
      "DPMSolverMultistepScheduler | variance_type | wide | one of fixed_small",
      "DPMSolverMultistepScheduler | timestep_spacing | even | one of leading, linspace, trailing",
      "DPMSolverSinglestepScheduler | algorithm_type | sde-dpmsolver | one of dpmsolver, dpmsolver++, sde-dpmsolver++,"
          + " deis",
      "DPMSolverSinglestepScheduler | algorithm_type | dpmsolver | set final_sigmas_type to sigma_min",
      "DEISMultistepScheduler | algorithm_type | sde-dpmsolver | one of deis",
      "DEISMultistepScheduler | solver_type | rk4 | logrho",
      "EDMDPMSolverMultistepScheduler | algorithm_type | dpmsolver | one of dpmsolver++, sde-dpmsolver++, deis",
      "EDMDPMSolverMultistepScheduler | prediction_type | sample | one of epsilon, v_prediction",
      "EDMDPMSolverMultistepScheduler | sigma_schedule | linear | one of karras, exponential",
      "EDMDPMSolverMultistepScheduler | solver_order | 4 | from 1 to 3",
      "EDMEulerScheduler | final_sigmas_type | none | one of zero, sigma_min",
      "DPMSolverSDEScheduler | prediction_type | sample | one of epsilon, v_prediction"})
  void shouldRefuseAnUnknownValueByName(String className, String key, String value, String remedy) {
    Object typed = value.matches("[0-9]+") ? Integer.valueOf(value) : value;
    assertThatThrownBy(() -> Schedulers.ofClass(className, Map.of(key, typed)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(className).hasMessageContaining(value).hasMessageContaining(remedy);
  }

  /** Karras levels above 1 would make alpha = 1 - sigma negative and every coefficient NaN. */
  @ParameterizedTest
  @CsvSource({MULTISTEP, SINGLESTEP, "DEISMultistepScheduler"})
  void shouldRefuseLevelsThatNoFlowHas(String className) {
    assertThatThrownBy(
        () -> Schedulers.ofClass(className, Map.of("use_flow_sigmas", true, "use_karras_sigmas", true)))
            .hasMessageContaining(className).hasMessageContaining("use_flow_sigmas and use_karras_sigmas are both true")
            .hasMessageContaining("set one of them");
  }

  @Test
  void shouldRefuseAThirdOrderThatTheStochasticNoiseFormHasNot() {
    Map<String, Object> config =
        Map.of("algorithm_type", "sde-dpmsolver", "solver_order", 3, "final_sigmas_type", "sigma_min");
    assertThatThrownBy(() -> Schedulers.ofClass(MULTISTEP, config))
        .hasMessageContaining("solver_order is 3").hasMessageContaining("from 1 to 2 with this algorithm_type");
  }

  /** A flow may end below the smallest sigma of training: the way back up has no noise of its own, and gave NaN. */
  @Test
  void shouldRefuseToGoUpStochastically() {
    Map<String, Object> config =
        Map.of("use_flow_sigmas", true, "prediction_type", "flow_prediction", "flow_shift", 0.5,
            "algorithm_type", "sde-dpmsolver++", "final_sigmas_type", "sigma_min");
    assertThatThrownBy(() -> run(MULTISTEP, 90, 0, config))
        .hasMessageContaining("sde-dpmsolver++ cannot go up from sigma 0.005").hasMessageContaining("to zero");
  }

  /** Upstream follows the differential equation up: taken for a repeated level, the sample shrank without its x0. */
  @Test
  void shouldFollowTheEquationUpToTheFinalLevel() {
    Map<String, Object> config =
        Map.of("use_flow_sigmas", true, "prediction_type", "flow_prediction", "flow_shift", 0.5,
            "solver_order", 1, "final_sigmas_type", "sigma_min");
    Trajectory trajectory = run(MULTISTEP, 90, 0, config);
    double[] sigmas = trajectory.sigmas();
    assertThat(sigmas[90]).isGreaterThan(1.5 * sigmas[89]);
    // of x = (1 - sigma) x0 + sigma eps: the noise grows with sigma, the rest of x0 with it
    double noise = sigmas[90] / sigmas[89];
    List<Transition.Term> terms = trajectory.transition(89).updates().getLast().terms();
    assertThat(terms.getFirst().coefficient()).isCloseTo(noise, within(1e-9));
    assertThat(terms.getLast().coefficient()).isCloseTo(1 - sigmas[90] - noise * (1 - sigmas[89]), within(1e-9));
  }

  /** Exponential levels know no places: given ones would be ignored. */
  @Test
  void shouldRefusePlacesAmongExponentialLevels() {
    Scheduler scheduler = Schedulers.ofClass("EDMEulerScheduler", Map.of("sigma_schedule", "exponential"));
    TrajectoryOptions options = new TrajectoryOptions(2, 0, Map.of("sigmas", new double[] {0, 0.3}), Map.of());
    assertThatThrownBy(() -> scheduler.trajectory(options))
        .hasMessageContaining("sigmas is [0.0, 0.3]")
        .hasMessageContaining("left away where sigma_schedule is exponential");
  }

  /**
   * Rounded timesteps coincide where levels are close: by timestep alone a part-way start got its neighbour's level.
   */
  @Test
  void shouldStartPartWayAtItsOwnLevelWhereTimestepsCoincide() {
    Map<String, Object> config = Map.of("use_exponential_sigmas", true, "beta_schedule", "scaled_linear");
    double[] timesteps = run(MULTISTEP, 50, 0, config).timesteps();
    assertThat(timesteps).endsWith(0, 0, 0);
    for (int start = 1; start < 50; start++) {
      Trajectory trajectory = run(MULTISTEP, 50, start, config);
      Trajectory.NoiseLevel level = trajectory.noiseLevel(timesteps[start]);
      assertThat(level.noise() / level.signal()).as("start %d", start).isCloseTo(trajectory.sigmas()[start],
          within(1e-9));
    }
  }

  /** The last level of a respaced run equals its end: dividing by that step made NaN of Heun's and the third order. */
  @ParameterizedTest
  @CsvSource({"2, heun, dpmsolver++", "3, midpoint, dpmsolver++", "2, midpoint, sde-dpmsolver",
      "3, heun, sde-dpmsolver++"})
  void shouldStayWhereTheLastLevelIsRepeated(int order, String type, String algorithm) {
    for (String spacing : List.of("use_karras_sigmas", "use_lu_lambdas", "use_exponential_sigmas", "use_beta_sigmas")) {
      Map<String, Object> config = new HashMap<>(Map.of("solver_order", order, "solver_type", type, "algorithm_type",
          algorithm, "final_sigmas_type", "sigma_min", "lower_order_final", false, spacing, true));
      Trajectory trajectory = run(MULTISTEP, 20, 0, config);
      for (Transition.Term term : trajectory.transition(19).updates().getLast().terms()) {
        int kept = term.register() == Transition.X ? 1 : 0;
        assertThat(term.coefficient()).as("%s, register %d", spacing, term.register()).isCloseTo(kept, within(1e-4));
      }
    }
  }

  /** Levels in double differ from diffusers' by more than 1e-6; values of diffusers 0.40. */
  @ParameterizedTest
  @CsvSource({
      "EDMDPMSolverMultistepScheduler, karras,      79.999985, 8.74173,   0.33673236, 0.009999996",
      "EDMDPMSolverMultistepScheduler, exponential, 80.0,      2.7506242, 0.09457415, 0.01",
      "EDMEulerScheduler,              karras,      80.0,      8.741732,  0.33673245, 0.01"})
  void shouldRoundEdmLevelsAsTheReference(
      String className, String schedule, float at0, float at9, float at18, float at24) {
    double[] sigmas = run(className, 25, 0, Map.of("sigma_schedule", schedule, "sigma_min", 0.01)).sigmas();
    float[] expected = {at0, at9, at18, at24};
    double[] actual = {sigmas[0], sigmas[9], sigmas[18], sigmas[24]};
    for (int i = 0; i < expected.length; i++) {
      assertThat(actual[i]).isCloseTo(expected[i], within(2e-7 * expected[i]));
    }
  }

  /**
   * A single exponential level is the smallest, as diffusers counts its levels from below; a single Karras level the
   * largest.
   */
  @Test
  void shouldPlaceASingleStepAsTheReference() {
    assertThat(run(EDM, 1, 0, Map.of("sigma_schedule", "exponential")).sigmas()[0]).isCloseTo(0.002, within(1e-9));
    assertThat(run(EDM, 1, 0, Map.of("sigma_schedule", "karras")).sigmas()[0]).isCloseTo(80, within(1e-4));
  }
}
