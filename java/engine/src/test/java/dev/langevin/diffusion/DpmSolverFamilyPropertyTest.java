package dev.langevin.diffusion;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

/**
 * Over the grid of options: a division by 0, or a root of a negative number, would show as a black picture and nowhere
 * else.
 */
class DpmSolverFamilyPropertyTest {

  @Provide
  Arbitrary<Map<String, Object>> options() {
    Arbitrary<Map<String, Object>> solver = Combinators.combine(
        Arbitraries.of(1, 2, 3),
        Arbitraries.of("midpoint", "heun"),
        Arbitraries.of("dpmsolver", "dpmsolver++", "sde-dpmsolver", "sde-dpmsolver++"),
        Arbitraries.of("zero", "sigma_min"),
        Arbitraries.of(true, false),
        Arbitraries.of(true, false)).as(DpmSolverFamilyPropertyTest::solver);
    Arbitrary<Map<String, Object>> levels = Combinators.combine(
        Arbitraries.of("linear", "scaled_linear", "squaredcos_cap_v2"),
        Arbitraries.of("leading", "linspace", "trailing"),
        Arbitraries.of("none", "use_karras_sigmas", "use_exponential_sigmas", "use_beta_sigmas", "use_lu_lambdas",
            "use_flow_sigmas"),
        Arbitraries.of("epsilon", "sample", "v_prediction")).as(DpmSolverFamilyPropertyTest::levels);
    return Combinators.combine(solver, levels).as((left, right) -> {
      Map<String, Object> all = new HashMap<>(left);
      all.putAll(right);
      return all;
    });
  }

  private static Map<String, Object> solver(
      int order, String type, String algorithm, String end, boolean lowerOrderFinal, boolean eulerAtFinal) {
    boolean data = algorithm.endsWith("++"); // else the end at 0, and of the stochastic one the third order, are
                                             // refused
    return Map.of(
        "solver_order", algorithm.equals("sde-dpmsolver") ? Math.min(order, 2) : order,
        "solver_type", type,
        "algorithm_type", algorithm,
        "final_sigmas_type", data ? end : "sigma_min",
        "lower_order_final", lowerOrderFinal,
        "euler_at_final", eulerAtFinal);
  }

  private static Map<String, Object> levels(String betas, String spacing, String sigmas, String prediction) {
    return Map.of("beta_schedule", betas, "timestep_spacing", spacing, sigmas, true, "prediction_type", prediction);
  }

  @Property
  void shouldHaveFiniteCoefficientsInTheMultistepForm(
      @ForAll("options") Map<String, Object> options, @ForAll @IntRange(min = 1, max = 100) int steps) {
    Map<String, Object> known = new HashMap<>(options);
    if (options.containsKey("use_flow_sigmas")) { // of 100 steps it ends below sigma_min: only the equation goes up
                                                  // again
      known.replace("algorithm_type", "sde-dpmsolver", "dpmsolver");
      known.replace("algorithm_type", "sde-dpmsolver++", "dpmsolver++");
    }
    assertFinite("DPMSolverMultistepScheduler", known, steps);
  }

  @Property
  void shouldHaveFiniteCoefficientsInTheSinglestepForm(
      @ForAll("options") Map<String, Object> options, @ForAll @IntRange(min = 1, max = 100) int steps) {
    Map<String, Object> known = new HashMap<>(options);
    known.replace("algorithm_type", "sde-dpmsolver", "dpmsolver");
    if (options.containsKey("use_flow_sigmas")) {
      known.replace("algorithm_type", "sde-dpmsolver++", "dpmsolver++");
    }
    assertFinite("DPMSolverSinglestepScheduler", known, steps);
  }

  @Property
  void shouldHaveFiniteCoefficientsInDeis(
      @ForAll("options") Map<String, Object> options, @ForAll @IntRange(min = 1, max = 100) int steps) {
    Map<String, Object> known = new HashMap<>(options);
    known.put("algorithm_type", "deis");
    known.put("solver_type", "logrho");
    assertFinite("DEISMultistepScheduler", known, steps);
  }

  @Property
  void shouldHaveFiniteCoefficientsInTheStochasticHalfStepForm(
      @ForAll("options") Map<String, Object> options, @ForAll @IntRange(min = 1, max = 100) int steps) {
    Map<String, Object> known = new HashMap<>(options);
    known.replace("prediction_type", "sample", "epsilon");
    assertFinite("DPMSolverSDEScheduler", known, steps);
  }

  @Property
  void shouldHaveFiniteCoefficientsInEdm(
      @ForAll("options") Map<String, Object> options, @ForAll @IntRange(min = 1, max = 100) int steps) {
    Map<String, Object> known = new HashMap<>(options);
    known.replace("prediction_type", "sample", "epsilon");
    known.put("sigma_schedule", options.containsKey("use_karras_sigmas") ? "karras" : "exponential");
    assertFinite("EDMEulerScheduler", known, steps);
    known.replace("algorithm_type", "dpmsolver", "dpmsolver++");
    known.replace("algorithm_type", "sde-dpmsolver", "sde-dpmsolver++");
    assertFinite("EDMDPMSolverMultistepScheduler", known, steps);
  }

  private static void assertFinite(String className, Map<String, Object> options, int steps) {
    Trajectory trajectory = Schedulers.ofClass(className, options).trajectory(TrajectoryOptions.steps(steps));
    assertThat(trajectory.timesteps()).doesNotContain(Double.NaN);
    for (int i = 0; i < trajectory.timesteps().length; i++) {
      Transition transition = trajectory.transition(i);
      assertThat(transition.inputScale()).isFinite();
      assertThat(transition.prediction().sampleCoefficient()).isFinite();
      assertThat(transition.prediction().modelCoefficient()).isFinite();
      for (Transition.Update update : transition.updates()) {
        for (Transition.Term term : update.terms()) {
          assertThat(term.coefficient()).as("call %d of %d", i, steps).isFinite();
        }
      }
    }
  }
}
