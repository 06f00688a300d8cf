package dev.langevin.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.langevin.backend.Backend;
import dev.langevin.diffusion.NoiseSource;
import dev.langevin.diffusion.PredictionType;
import dev.langevin.diffusion.ReverseProcess;
import dev.langevin.diffusion.Scheduler;
import dev.langevin.diffusion.Trajectory;
import dev.langevin.diffusion.Trajectory.NoiseLevel;
import dev.langevin.diffusion.TrajectoryOptions;
import dev.langevin.diffusion.samplers.Compat;
import dev.langevin.diffusion.samplers.ModelLevels;
import dev.langevin.diffusion.samplers.NamedSampler;
import dev.langevin.diffusion.samplers.NamedSamplers;
import dev.langevin.diffusion.samplers.NamedSchedule;
import dev.langevin.diffusion.samplers.ScheduleOptions;
import dev.langevin.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * Runs the cases of samplers and schedules under the web UIs' names: which names there are, noise levels, and whole
 * trajectories under the case's closed-form model, with the recorded noise.
 */
final class SamplerNameCases implements CaseRunner {

  @Override
  public boolean accepts(ReferenceCase c) {
    return c.family().equals("sampler_names");
  }

  @Override
  public void run(ReferenceCase c) {
    JsonNode json = c.json();
    if (json.has("comfyui")) {
      checkNames(json);
    } else if (json.has("rows") && json.has("discards_penultimate")) {
      json.get("rows").forEach(row -> checkTail(c, row));
    } else if (json.has("rows")) {
      json.get("rows").forEach(row -> checkTimesteps(c, row));
    } else if (json.has("schedules")) {
      checkLevels(c);
      json.get("schedules").forEach(row -> checkTable(c, row));
    } else {
      for (String backend : TestedBackend.names()) {
        walk(c, Backend.named(backend));
      }
    }
  }

  // ---- names

  private static void checkNames(JsonNode json) {
    for (JsonNode name : json.get("comfyui").get("samplers")) {
      assertThat(find(name.asText(), null, Compat.COMFY).className()).as(name.asText())
          .isEqualTo(name.asText().replaceAll("_gpu$", ""));
    }
    for (JsonNode name : json.get("comfyui").get("schedules")) {
      assertThat(find("euler", name.asText(), Compat.COMFY)).isNotNull();
    }
    for (JsonNode sampler : json.get("a1111").get("samplers")) {
      List<String> names = new ArrayList<>(List.of(sampler.get("name").asText()));
      sampler.get("aliases").forEach(alias -> names.add(alias.asText()));
      for (String name : names) {
        assertThat(find(name, null, Compat.A1111).className()).as(name).isEqualTo(sampler.get("name").asText());
      }
    }
    for (JsonNode schedule : json.get("a1111").get("schedules")) {
      List<String> names = new ArrayList<>(List.of(schedule.get("name").asText(), schedule.get("label").asText()));
      schedule.get("aliases").forEach(alias -> names.add(alias.asText()));
      names.forEach(name -> assertThat(find("Euler", name, Compat.A1111)).as(name).isNotNull());
    }
    json.get("old_a1111_names").properties().forEach(old -> {
      JsonNode now = old.getValue();
      String schedule = now.get(1).isNull() ? null : now.get(1).asText();
      assertThat(sigmas(find(old.getKey(), null, Compat.A1111))).as(old.getKey())
          .isEqualTo(sigmas(find(now.get(0).asText(), schedule, Compat.A1111)));
    });
  }

  private static double[] sigmas(Scheduler scheduler) {
    return scheduler.trajectory(TrajectoryOptions.steps(12)).sigmas();
  }

  private static Scheduler find(String name, String schedule, Compat compat) {
    return NamedSamplers.of(name, schedule, compat,
        Map.of("beta_schedule", "scaled_linear", "beta_start", 0.00085, "beta_end", 0.012), false);
  }

  // ---- noise levels

  private static Compat compat(JsonNode json) {
    return json.get("ui").asText().equals("a1111") ? Compat.A1111 : Compat.COMFY;
  }

  private static ModelLevels levels(JsonNode json) {
    JsonNode model = json.get("model_sampling");
    return switch (model.get("kind").asText()) {
      case "discrete" -> ModelLevels.scaledLinear(model.get("linear_start").asDouble(),
          model.get("linear_end").asDouble(), model.get("timesteps").asInt(), prediction(model),
          compat(json) == Compat.A1111, model.path("zsnr").asBoolean());
      case "flow" -> ModelLevels.flow(model.get("shift").asDouble(), model.get("multiplier").asDouble());
      case "flux" -> ModelLevels.flowOfMu(model.get("shift").asDouble());
      case "edm" -> ModelLevels.edm(model.get("sigma_min").asDouble(), model.get("sigma_max").asDouble(),
          model.get("sigma_data").asDouble());
      default -> throw new AssertionError("model_sampling.kind is " + model.get("kind"));
    };
  }

  private static PredictionType prediction(JsonNode model) {
    return model.get("prediction").asText().equals("v_prediction") ? PredictionType.V : PredictionType.EPSILON;
  }

  private static void checkLevels(ReferenceCase c) {
    ModelLevels levels = levels(c.json());
    double bound = c.json().get("tolerance").get("relative").asDouble();
    if (c.has("model_sigmas")) {
      double[] table = new double[levels.sigmas().length];
      for (int i = 0; i < table.length; i++) {
        table[i] = levels.sigmas()[i];
      }
      assertRelative("model_sigmas", table, c.tensor("model_sigmas").toDoubles(), bound);
    }
    c.json().path("percent_to_sigma").forEach(pair -> assertRelative("percent " + pair.get(0),
        new double[] {levels.atShare(pair.get(0).asDouble())}, new double[] {pair.get(1).asDouble()}, bound));
  }

  private static void checkTable(ReferenceCase c, JsonNode row) {
    ModelLevels levels = levels(c.json());
    Compat compat = compat(c.json());
    String name = row.get("schedule").asText();
    int steps = row.get("steps").asInt();
    Map<String, Object> options = new HashMap<>();
    row.path("parameters").properties().forEach(each -> options.put(each.getKey(), value(each.getValue())));
    row.path("settings").properties().forEach(each -> options.put(each.getKey(), value(each.getValue())));
    ScheduleOptions made = new ScheduleOptions(options, c.json().path("is_sdxl").asBoolean());
    boolean discards = row.path("sampler_options").path("discard_next_to_last_sigma").asBoolean();
    if (!row.has("tensor") || name.equals("gits")) { // gits is a table of numbers that ComfyUI's node holds
      assertThatThrownBy(() -> NamedSchedule.sigmas(compat, name, levels, steps, made)).as(row.toString())
          .isInstanceOf(IllegalArgumentException.class).hasMessageContaining(name);
      return;
    }
    double[] sigmas = NamedSchedule.sigmas(compat, name, levels, discards ? steps + 1 : steps, made);
    assertRelative(row.get("tensor").asText(), discards ? NamedSampler.withoutLastButOne(sigmas) : sigmas,
        c.tensor(row.get("tensor").asText()).toDoubles(), c.json().get("tolerance").get("relative").asDouble());
  }

  private static void checkTail(ReferenceCase c, JsonNode row) {
    JsonNode model = c.json().get("model_sampling");
    Scheduler sampler = NamedSamplers.of(row.get("sampler").asText(), row.get("schedule").asText(), Compat.COMFY,
        Map.of("beta_schedule", "scaled_linear", "beta_start", model.get("linear_start").asDouble(), "beta_end",
            model.get("linear_end").asDouble(), "num_train_timesteps", model.get("timesteps").asInt()),
        false);
    TrajectoryOptions options = new TrajectoryOptions(row.get("steps").asInt(), 0,
        Map.of("strength", row.get("denoise").asDouble()), Map.of());
    double[] expected = c.tensor(row.get("tensor").asText()).toDoubles();
    if (expected.length == 0) {
      assertThatThrownBy(() -> sampler.trajectory(options)).isInstanceOf(IllegalArgumentException.class);
    } else {
      assertRelative(row.toString(), sampler.trajectory(options).sigmas(), expected,
          c.json().get("tolerance").get("relative").asDouble());
    }
  }

  private static void checkTimesteps(ReferenceCase c, JsonNode row) {
    double[] expected = c.tensor(row.get("tensor").asText()).toDoubles(); // ascending
    double[] reversed = new double[expected.length];
    for (int i = 0; i < expected.length; i++) {
      reversed[i] = expected[expected.length - 1 - i];
    }
    assertThat(NamedSampler.timesteps(row.get("steps").asInt())).as(row.toString()).containsExactly(reversed);
  }

  private static Object value(JsonNode node) {
    return node.isBoolean() ? node.asBoolean() : node.isNumber() ? (Object) node.asDouble()
        : node.isTextual() ? node.asText() : node;
  }

  private static void assertRelative(String what, double[] actual, double[] expected, double bound) {
    assertThat(actual.length).as(what + ": levels").isEqualTo(expected.length);
    for (int i = 0; i < expected.length; i++) {
      assertThat(Math.abs(actual[i] - expected[i])).as("%s[%d]: %s, expected %s", what, i, actual[i], expected[i])
          .isLessThanOrEqualTo(bound * Math.abs(expected[i]));
    }
  }

  // ---- trajectories

  private static Trajectory trajectory(ReferenceCase c) {
    JsonNode json = c.json();
    Compat compat = compat(json);
    Map<String, Object> options = new HashMap<>();
    for (String key : new String[] {"options", "arguments", "settings"}) {
      json.path(key).properties().forEach(each -> options.put(each.getKey(), value(each.getValue())));
    }
    String name = json.get("sampler").asText().replace("_eta", "").replace("CFGpp", "CFG++");
    if (!json.has("schedule")) {
      return NamedSampler.overTimesteps(name, alphaBars(json.get("model_sampling")), json.get("steps").asInt(),
          options);
    }
    ModelLevels levels = levels(json);
    double[] sigmas = NamedSampler.sigmas(name, json.get("schedule").asText(), compat, levels,
        json.get("steps").asInt(), json.path("denoise").asDouble(1), ScheduleOptions.USUAL);
    assertRelative("sigmas", sigmas, c.tensor("sigmas").toDoubles(), compat == Compat.A1111 ? 1e-4 : 2e-5);
    for (String given : new String[] {"n", "sigma_min", "sigma_max"}) { // follow from the levels
      options.remove(given);
    }
    double[] walked = sigmas;
    if (json.path("arguments").has("sigma_min")) {
      walked = NamedSampler.sigmas(name, "Karras", compat, levels, json.get("steps").asInt(), 1, ScheduleOptions.USUAL);
    }
    return NamedSampler.trajectory(name, compat, levels, walked, NamedSampler.start(compat, levels, sigmas[0]),
        options);
  }

  private static double[] alphaBars(JsonNode model) {
    float[] sigmas = ModelLevels.scaledLinear(model.get("linear_start").asDouble(), model.get("linear_end").asDouble(),
        model.get("timesteps").asInt(), PredictionType.EPSILON, true, false).sigmas();
    double[] alphaBars = new double[sigmas.length];
    for (int t = 0; t < alphaBars.length; t++) {
      alphaBars[t] = (float) (1 / (1 + (double) sigmas[t] * sigmas[t]));
    }
    return alphaBars;
  }

  private static void walk(ReferenceCase c, Backend backend) {
    JsonNode json = c.json();
    Trajectory trajectory = trajectory(c);
    double bound = c.maxAbs();
    Tensor xs = c.tensor("calls.x");
    double[] times = c.tensor("calls.t").toDoubles();
    List<Tensor> draws = new ArrayList<>(List.of(c.tensor("noise")));
    for (int i = 0; c.has("draws") && i < c.tensor("draws").shape().dim(0); i++) {
      draws.add(c.tensor("draws").row(i));
    }
    Iterator<Tensor> recorded = draws.iterator();
    NoiseSource noise = target -> {
      assertThat(recorded.hasNext()).as("a noise is left to draw").isTrue();
      target.data().copyFrom(recorded.next().data());
    };
    try (TwoSidedModel model = new TwoSidedModel(json.get("denoiser"), xs.row(0).shape(), backend.memory());
        ReverseProcess process = new ReverseProcess(trajectory, model, backend, 1,
            json.get("denoiser").get("cfg_scale").asDouble())) {
      model.watching((call, t, input) -> {
        assertThat(t).as("t of call " + call).isCloseTo(times[call],
            org.assertj.core.data.Offset.offset(compat(json) == Compat.COMFY && times[call] == Math.rint(times[call])
                ? 1e-4 : 1e-4 * Math.max(1, Math.abs(times[call]))));
        double scale = trajectory.transition(call).inputScale();
        float[] x = input.clone();
        for (int i = 0; i < x.length; i++) {
          x[i] = (float) (x[i] / scale);
        }
        Closeness.assertClose("calls.x[" + call + "]", x, xs.row(call).toFloats(),
            Math.max(bound, 2.5e-7 * json.path("largest_abs_x").asDouble())); // float32 of a large start
      });
      Tensor result = c.has("latent_image") && largest(c.tensor("latent_image")) > 0
          ? process.sampleFrom(c.tensor("latent_image"), noise, ReverseProcess.StepListener.NONE)
          : process.sample(noise, ReverseProcess.StepListener.NONE);
      assertThat(model.calls()).as("network calls").isEqualTo(times.length);
      Closeness.assertClose("samples", result.toFloats(), c.tensor("samples").toFloats(), bound);
    }
    assertThat(recorded.hasNext()).as("noises are left over").isFalse();
  }

  private static double largest(Tensor tensor) {
    double largest = 0;
    for (float value : tensor.toFloats()) {
      largest = Math.max(largest, Math.abs(value));
    }
    return largest;
  }
}
