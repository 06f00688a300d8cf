package dev.langevin.reference;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langevin.backend.Backend;
import dev.langevin.backend.DeviceTensor;
import dev.langevin.backend.Memory;
import dev.langevin.diffusion.Denoiser;
import dev.langevin.diffusion.NoiseSchedule;
import dev.langevin.diffusion.NoiseSource;
import dev.langevin.diffusion.ReverseProcess;
import dev.langevin.diffusion.Scheduler;
import dev.langevin.diffusion.Schedulers;
import dev.langevin.diffusion.Trajectory;
import dev.langevin.diffusion.TrajectoryOptions;
import dev.langevin.diffusion.Transition;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Runs every sampler case: the schedule's tables, timesteps and sigmas, then the whole trajectory under the case's
 * closed-form model, with the recorded noise.
 */
final class SchedulerCases implements CaseRunner {

  /** Tables and sigmas, relative (tolerance.why of every case). */
  private static final double TABLE = 1e-6;

  private static final ObjectMapper JSON = new ObjectMapper();

  @Override
  public boolean accepts(ReferenceCase c) {
    return c.family().equals("schedulers")
        && (c.json().has("configs") || Schedulers.classNames().contains(c.className()));
  }

  @Override
  public void run(ReferenceCase c) {
    if (c.json().has("configs")) {
      checkCompleteTables(c);
      return;
    }
    Scheduler scheduler = Schedulers.ofClass(c.className(), toMap(c.json().get("config")));
    Trajectory trajectory = scheduler.trajectory(options(c));
    checkLayout(c, scheduler, trajectory);
    scheduler.noiseSchedule().ifPresent(schedule -> checkTable(c, schedule));
    checkAddNoise(c, trajectory);
    checkVelocity(c, scheduler, trajectory);
    for (String backend : TestedBackend.names()) {
      walk(c, trajectory, Backend.named(backend));
    }
  }

  private static void checkCompleteTables(ReferenceCase c) {
    c.json()
        .get("configs")
        .properties()
        .forEach(
            entry -> {
              NoiseSchedule schedule =
                  Schedulers.ofClass(c.className(), toMap(entry.getValue())).noiseSchedule().orElseThrow();
              String name = entry.getKey();
              Closeness.assertClose(name + ".betas", schedule.betas(), c.tensor(name + ".betas").toFloats(),
                  c.maxAbs());
              float[] alphaBars = c.tensor(name + ".alphas_cumprod").toFloats();
              Closeness.assertClose(name + ".alphas_cumprod", schedule.alphaBars(), alphaBars, c.maxAbs());
              // "also 2e-5 relative": absolute 1e-6 alone would pass a wrong tail, where alphaBar is 1e-5
              assertRelative(name + ".alphas_cumprod", toDoubles(schedule.alphaBars()), toDoubles(alphaBars), 2e-5);
            });
  }

  private static TrajectoryOptions options(ReferenceCase c) {
    Map<String, Object> schedule = withArrays(toMap(c.json().get("set_timesteps_kwargs")));
    Map<String, Object> step = toMap(c.json().get("step_kwargs"));
    JsonNode given = c.json().get("num_inference_steps");
    int steps = given.isNull() ? (int) c.tensor("timesteps").shape().elements() : given.asInt();
    JsonNode tau = c.json().get("tau_func"); // SA-Solver's constructor argument; the engine takes it with the step
                                             // options
    Matcher constant = Pattern.compile("constant ([0-9.]+)").matcher(tau == null ? "" : tau.asText());
    if (constant.matches()) {
      step.put("tau", Double.valueOf(constant.group(1)));
    }
    return new TrajectoryOptions(steps, c.json().get("start_index").asInt(), schedule, step);
  }

  private static void checkLayout(ReferenceCase c, Scheduler scheduler, Trajectory trajectory) {
    Tensor timesteps = c.tensor("timesteps");
    if (timesteps.dtype() == DType.I64) {
      assertThat(trajectory.timesteps()).as("timesteps").containsExactly(timesteps.toDoubles());
    } else {
      assertTimes(trajectory.timesteps(), timesteps.toDoubles());
    }
    if (c.has("sigmas")) {
      assertRelative("sigmas", trajectory.sigmas(), c.tensor("sigmas").toDoubles(), TABLE);
    }
    double sigma = c.json().get("init_noise_sigma").asDouble();
    assertRelative("init_noise_sigma", new double[] {trajectory.initNoiseSigma()}, new double[] {sigma}, TABLE);
    assertThat(trajectory.startIndex()).as("start index").isEqualTo(c.json().get("start_index").asInt());
    assertThat(scheduler.callsPerStep()).as("order").isEqualTo(c.json().get("order").asInt());
  }

  private static void checkTable(ReferenceCase c, NoiseSchedule schedule) {
    if (!c.has("table_index")) {
      return;
    }
    double[] indices = c.tensor("table_index").toDoubles();
    double[] alphaBars = new double[indices.length];
    double[] betas = new double[indices.length];
    for (int i = 0; i < indices.length; i++) {
      alphaBars[i] = schedule.alphaBar((int) indices[i]);
      betas[i] = schedule.beta((int) indices[i]);
    }
    assertRelative("alphas_cumprod", alphaBars, c.tensor("alphas_cumprod_at_table_index").toDoubles(), TABLE);
    if (c.has("betas_at_table_index")) {
      Closeness.assertClose("betas", toFloats(betas), c.tensor("betas_at_table_index").toFloats(), TABLE);
    }
  }

  private static void checkAddNoise(ReferenceCase c, Trajectory trajectory) {
    if (!c.has("add_noise.result")) {
      return;
    }
    double[] timesteps = c.tensor("add_noise.timesteps").toDoubles();
    for (int i = 0; i < timesteps.length; i++) {
      // samplers written in sigmas know the levels of their own timesteps only, to the last bit
      double t = c.has("sigmas") ? trajectory.timesteps()[indexOf(timesteps[i], trajectory.timesteps())] : timesteps[i];
      Trajectory.NoiseLevel level = trajectory.noiseLevel(t);
      float[] expected = c.tensor("add_noise.result").row(i).toFloats();
      float[] actual = combine(level.signal(), c.tensor("x0"), level.noise(), c.tensor("noise_for_add_noise"));
      // a level that is right to 1e-6 gives a sum that is right to 1e-6 of its largest term
      Closeness.assertClose("add_noise at " + timesteps[i], actual, expected,
          2 * TABLE * Math.max(1, largest(expected)));
    }
  }

  private static void checkVelocity(ReferenceCase c, Scheduler scheduler, Trajectory trajectory) {
    if (!c.has("velocity")) {
      return;
    }
    NoiseSchedule schedule = scheduler.noiseSchedule().orElseThrow();
    double[] timesteps = c.tensor("add_noise.timesteps").toDoubles();
    for (int i = 0; i < timesteps.length; i++) {
      int t = (int) timesteps[i];
      if (c.has("sigmas")) { // upstream looks alphaBar up by the call's index where the sampler is written in sigmas
        t = indexOf(timesteps[i], trajectory.timesteps());
      }
      double alphaBar = schedule.alphaBar(t);
      float[] actual =
          combine(-Math.sqrt(1 - alphaBar), c.tensor("x0"), Math.sqrt(alphaBar), c.tensor("noise_for_add_noise"));
      float[] expected = c.tensor("velocity").row(i).toFloats();
      Closeness.assertClose("velocity at " + timesteps[i], actual, expected,
          2 * TABLE * Math.max(1, largest(expected)));
    }
  }

  private static void walk(ReferenceCase c, Trajectory trajectory, Backend backend) {
    Tensor x = c.tensor("x");
    int calls = trajectory.timesteps().length - trajectory.startIndex();
    assertThat(x.shape().dim(0)).as("entries of x").isEqualTo(calls + 1);
    ClosedFormModel model = new ClosedFormModel(c, trajectory, calls, backend.memory());
    boolean partWay = c.json().get("starts_part_way").asBoolean();
    List<Tensor> draws = new ArrayList<>(List.of(c.tensor(partWay ? "noise_for_add_noise" : "init_noise")));
    for (int i = 0; c.has("noise") && i < c.tensor("noise").shape().dim(0); i++) {
      draws.add(c.tensor("noise").row(i));
    }
    Iterator<Tensor> recorded = draws.iterator();
    NoiseSource noise =
        target -> {
          assertThat(recorded.hasNext()).as("a noise is left to draw before call " + model.calls).isTrue();
          target.data().copyFrom(recorded.next().data());
        };
    ReverseProcess.StepListener listener =
        (done, all, preview) -> {
          Transition transition = trajectory.transition(trajectory.startIndex() + done - 1);
          int expectedDraws = c.json().get("noise_draws_per_step").get(done - 1).asInt();
          assertThat(transition.drawsNoise() ? 1 : 0).as("noises drawn at call " + (done - 1)).isEqualTo(expectedDraws);
          checkPrediction(c, done - 1, transition, preview.x0().toFloats());
          Closeness.assertClose("x[" + done + "]", preview.x().toFloats(), x.row(done).toFloats(), perX(c, done));
          return true;
        };
    try (model; ReverseProcess reverse = new ReverseProcess(trajectory, model, backend)) {
      if (partWay) {
        reverse.sampleFrom(c.tensor("x0"), noise, listener);
      } else {
        reverse.sample(noise, listener);
      }
    }
    assertThat(model.calls).as("network calls").isEqualTo(calls);
    assertThat(recorded.hasNext()).as("a noise was left over").isFalse();
  }

  /** The network of {@code model_formula}, in float32; checks what it is shown. */
  private static final class ClosedFormModel implements Denoiser, AutoCloseable {
    private final ReferenceCase c;
    private final Trajectory trajectory;
    private final int expectedCalls;
    private final boolean doubled;
    private final ClosedForm form;
    private final DeviceTensor input;
    private final DeviceTensor output;
    private int calls;

    ClosedFormModel(ReferenceCase c, Trajectory trajectory, int expectedCalls, Memory memory) {
      this.c = c;
      this.trajectory = trajectory;
      this.expectedCalls = expectedCalls;
      Tensor answer = c.tensor("model_output_first_last").row(0);
      input = tensor(memory, c.tensor("x").row(0).shape());
      output = tensor(memory, answer.shape());
      doubled = answer.shape().elements() == 2 * input.shape().elements();
      form = ClosedForm.of(c);
    }

    private static DeviceTensor tensor(Memory memory, Shape shape) {
      return new DeviceTensor("model", DType.F32, shape, memory.allocate(4 * shape.elements()));
    }

    @Override
    public void close() {
      input.block().close();
      output.block().close();
    }

    @Override
    public DeviceTensor input() {
      return input;
    }

    @Override
    public DeviceTensor output() {
      return output;
    }

    @Override
    public void predict(double timestep) {
      int index = trajectory.startIndex() + calls;
      assertThat(timestep).as("timestep of call " + calls).isEqualTo(trajectory.timesteps()[index]);
      double scale = trajectory.transition(index).inputScale();
      float[] shown = input.toFloats();
      if (calls == 0) {
        Closeness.assertClose("x[0]", shown, scaled(c.tensor("x").row(0).toFloats(), scale), perX(c, 0) * scale);
      }
      checkInput(c, calls, expectedCalls, shown, scale);
      float[] answer = form.answer(shown, (float) timestep, input.shape().intDim(0), doubled);
      checkFirstLast(c, "model_output_first_last", calls, expectedCalls, answer);
      output.write(answer);
      calls++;
    }
  }

  private static void checkInput(ReferenceCase c, int call, int calls, float[] input, double inputScale) {
    if (c.has("input_scale")) {
      double expected = c.tensor("input_scale").toDoubles()[call];
      assertRelative("input_scale of call " + call, new double[] {inputScale}, new double[] {expected}, TABLE);
      checkFirstLast(c, "scaled_input_first_last", call, calls, input);
    } else {
      assertThat(inputScale).as("input scale of call " + call).isEqualTo(1);
    }
  }

  private static void checkFirstLast(ReferenceCase c, String name, int call, int calls, float[] actual) {
    if (call == 0) {
      Closeness.assertClose(name + "[0]", actual, c.tensor(name).row(0).toFloats(), perX(c, call));
    }
    if (call == calls - 1) {
      Closeness.assertClose(name + "[1]", actual, c.tensor(name).row(1).toFloats(), perX(c, call));
    }
  }

  /** The note of {@code pred_original_sample} lists the calls after which it was stored. */
  private static void checkPrediction(ReferenceCase c, int call, Transition transition, float[] prediction) {
    if (!c.has("pred_original_sample")) {
      return;
    }
    String note = c.json().get("tensor_notes").get("pred_original_sample").asText();
    List<String> calls = List.of(note.replaceAll("[^0-9,]", "").split(","));
    int row = calls.indexOf(String.valueOf(call));
    if (row >= 0) {
      // an error of x is magnified as the prediction magnifies x
      double gain =
          transition.prediction() == null ? 1 : Math.max(1, Math.abs(transition.prediction().sampleCoefficient()));
      float[] expected = c.tensor("pred_original_sample").row(row).toFloats();
      Closeness.assertClose("pred_original_sample[" + row + "]", prediction, expected, perX(c, call) * gain);
    }
  }

  private static double perX(ReferenceCase c, int index) {
    return c.json().get("tolerance").get("per_x").get(index).asDouble();
  }

  private static void assertRelative(String name, double[] actual, double[] expected, double relative) {
    assertThat(actual).as(name).hasSameSizeAs(expected);
    for (int i = 0; i < actual.length; i++) {
      double bound = relative * Math.abs(expected[i]);
      if (!(Math.abs(actual[i] - expected[i]) <= bound)) {
        throw new AssertionError(
            name + "[" + i + "]: expected " + expected[i] + ", actual " + actual[i] + ", bound " + bound);
      }
    }
  }

  /** Times between the training timesteps come of float32 interpolation: right to 1e-6 of the largest. */
  private static void assertTimes(double[] actual, double[] expected) {
    assertThat(actual).as("timesteps").hasSameSizeAs(expected);
    double bound = TABLE * Arrays.stream(expected).map(Math::abs).max().orElseThrow();
    for (int i = 0; i < actual.length; i++) {
      if (!(Math.abs(actual[i] - expected[i]) <= bound)) {
        throw new AssertionError(
            "timesteps[" + i + "]: expected " + expected[i] + ", actual " + actual[i] + ", bound " + bound);
      }
    }
  }

  /** Index of the run's timestep that is nearest to one of the case's. */
  private static int indexOf(double timestep, double[] timesteps) {
    int nearest = 0;
    for (int i = 1; i < timesteps.length; i++) {
      if (Math.abs(timesteps[i] - timestep) < Math.abs(timesteps[nearest] - timestep)) {
        nearest = i;
      }
    }
    return nearest;
  }

  private static float[] combine(double a, Tensor left, double b, Tensor right) {
    float[] l = left.toFloats();
    float[] r = right.toFloats();
    float[] sum = new float[l.length];
    for (int i = 0; i < sum.length; i++) {
      sum[i] = (float) (a * l[i] + b * r[i]);
    }
    return sum;
  }

  private static float[] scaled(float[] values, double factor) {
    float[] scaled = new float[values.length];
    for (int i = 0; i < scaled.length; i++) {
      scaled[i] = (float) (values[i] * factor);
    }
    return scaled;
  }

  private static double largest(float[] values) {
    double largest = 0;
    for (float value : values) {
      largest = Math.max(largest, Math.abs(value));
    }
    return largest;
  }

  private static double[] toDoubles(float[] values) {
    double[] doubles = new double[values.length];
    for (int i = 0; i < doubles.length; i++) {
      doubles[i] = values[i];
    }
    return doubles;
  }

  private static float[] toFloats(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }

  private static Map<String, Object> toMap(JsonNode node) {
    return JSON.convertValue(node, new TypeReference<HashMap<String, Object>>() {});
  }

  private static Map<String, Object> withArrays(Map<String, Object> options) {
    options.replaceAll(
        (key, value) -> value instanceof List<?> list
            ? list.stream().mapToDouble(v -> ((Number) v).doubleValue()).toArray() : value);
    return options;
  }
}
