package dev.langevin.reference;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langevin.diffusion.ForwardProcess;
import dev.langevin.diffusion.NoiseSchedule;
import dev.langevin.diffusion.Schedulers;
import dev.langevin.diffusion.Trajectory;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Tensor;
import java.util.HashMap;
import java.util.Map;

/** Runs the cases of the forward chain: steps, closed form, posterior and moments. */
final class ForwardProcessCases implements CaseRunner {

  private static final ObjectMapper JSON = new ObjectMapper();

  @Override
  public boolean accepts(ReferenceCase c) {
    return c.family().equals("forward_process");
  }

  @Override
  public void run(ReferenceCase c) {
    Map<String, Object> config =
        JSON.convertValue(c.json().get("config"), new TypeReference<HashMap<String, Object>>() {});
    NoiseSchedule schedule = Schedulers.ofClass(c.className(), config).noiseSchedule().orElseThrow();
    ForwardProcess q = new ForwardProcess(schedule);
    double bound = c.maxAbs();
    Closeness.assertClose("betas", schedule.betas(), c.tensor("betas").toFloats(), bound);
    Closeness.assertClose("alphas_cumprod", schedule.alphaBars(), c.tensor("alphas_cumprod").toFloats(), bound);
    checkChain(c, q, schedule.steps(), bound);
    checkClosedForm(c, q, bound);
    checkMoments(c, q, schedule.steps(), bound);
  }

  private static void checkChain(ReferenceCase c, ForwardProcess q, int steps, double bound) {
    Tensor x0 = c.tensor("x0");
    Tensor x = Tensor.ofFloats(x0.toFloats(), x0.shape().dims());
    Tensor mean = Tensor.allocate(DType.F32, x.shape());
    float[] variances = new float[steps];
    for (int t = 0; t < steps; t++) {
      q.step(x, t, c.tensor("step_noise").row(t), x);
      Tensor expected = c.tensor("chain").row(t + 1);
      Closeness.assertClose("chain[" + (t + 1) + "]", x.toFloats(), expected.toFloats(), bound);
      q.posteriorMean(x0, expected, t, mean);
      String name = "posterior_mean[" + t + "]";
      Closeness.assertClose(name, mean.toFloats(), c.tensor("posterior_mean").row(t).toFloats(), bound);
      variances[t] = (float) q.posterior(t).variance();
      checkEffectiveNoise(c, q.level(t), t, expected, bound);
    }
    Closeness.assertClose("posterior_variance", variances, c.tensor("posterior_variance").toFloats(), bound);
  }

  /** The one noise that would have led from x_0 to x_t at once. */
  private static void checkEffectiveNoise(
      ReferenceCase c, Trajectory.NoiseLevel level, int t, Tensor xT, double bound) {
    float[] sample = xT.toFloats();
    float[] picture = c.tensor("x0").toFloats();
    float[] noise = new float[sample.length];
    for (int i = 0; i < noise.length; i++) {
      noise[i] = (float) ((sample[i] - level.signal() * picture[i]) / level.noise());
    }
    float[] expected = c.tensor("effective_noise").row(t).toFloats();
    Closeness.assertClose("effective_noise[" + t + "]", noise, expected, bound);
  }

  private static void checkClosedForm(ReferenceCase c, ForwardProcess q, double bound) {
    double[] times = c.tensor("closed_form.timesteps").toDoubles();
    Tensor noise = c.tensor("closed_form.noise");
    Tensor xT = Tensor.allocate(DType.F32, noise.shape());
    for (int i = 0; i < times.length; i++) {
      q.sample(c.tensor("x0"), (int) times[i], noise, xT);
      String name = "closed_form.x_t at " + times[i];
      Closeness.assertClose(name, xT.toFloats(), c.tensor("closed_form.x_t").row(i).toFloats(), bound);
    }
  }

  /** Mean coefficient and variance of the steps taken one by one agree with the closed form. */
  private static void checkMoments(ReferenceCase c, ForwardProcess q, int steps, double bound) {
    float[] signal = new float[steps];
    float[] variance = new float[steps];
    float start = (float) c.stated("/tensor_notes/expected_moments", "^([0-9.]+)\\*sqrt");
    float[] moments = new float[2 * steps];
    for (int t = 0; t < steps; t++) {
      Trajectory.NoiseLevel level = q.level(t);
      signal[t] = (float) level.signal();
      variance[t] = (float) (level.noise() * level.noise());
      moments[2 * t] = start * signal[t];
      moments[2 * t + 1] = variance[t];
    }
    float[] recursiveMean = c.tensor("mean_coefficient_recursive_f64").toFloats();
    Closeness.assertClose("mean_coefficient_recursive_f64", signal, recursiveMean, bound);
    Closeness.assertClose("variance_recursive_f64", variance, c.tensor("variance_recursive_f64").toFloats(), bound);
    Closeness.assertClose("expected_moments", moments, c.tensor("expected_moments").toFloats(), bound);
  }
}
