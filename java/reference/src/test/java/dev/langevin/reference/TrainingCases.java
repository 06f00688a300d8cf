package dev.langevin.reference;

import com.fasterxml.jackson.databind.JsonNode;
import dev.langevin.backend.Backend;
import dev.langevin.backend.Block;
import dev.langevin.diffusion.NoiseSchedule;
import dev.langevin.diffusion.PredictionType;
import dev.langevin.diffusion.SchedulerConfig;
import dev.langevin.graph.Graph;
import dev.langevin.graph.LossFunction;
import dev.langevin.models.UNet2D;
import dev.langevin.models.UNet2DCondition;
import dev.langevin.models.UNet2DConfig;
import dev.langevin.models.UNetConditionConfig;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import dev.langevin.training.Learner;
import dev.langevin.training.LearningRate;
import dev.langevin.training.MovingAverage;
import dev.langevin.training.Objective;
import dev.langevin.training.Optimiser;
import dev.langevin.training.Parameters;
import dev.langevin.weights.SafetensorsFile;
import java.nio.file.Path;
import java.util.List;

/** Losses, gradients, AdamW and averages over some steps; gradients of a conditional network. */
final class TrainingCases implements CaseRunner {

  private static final double LOSS_BOUND = 1e-5;
  private static final double GRADIENT_BOUND = 1e-4;

  /**
   * Adam's first steps are as long for a gradient that is mere rounding as for any other: no two implementations agree
   * on those.
   */
  private static final double LEAST_GRADIENT = 1e-5;

  @Override
  public boolean trains() {
    return true;
  }

  @Override
  public boolean accepts(ReferenceCase c) {
    return c.family().equals("training")
        && (c.className().equals("UNet2DModel") || c.className().equals("UNet2DConditionModel"));
  }

  @Override
  public void run(ReferenceCase c) throws Exception {
    for (String backend : TestedBackend.names()) {
      Path folder = c.model().resolve("unet");
      try (SafetensorsFile weights = SafetensorsFile.open(folder.resolve("diffusion_pytorch_model.safetensors"))) {
        if (c.className().equals("UNet2DModel")) {
          steps(backend, c, weights);
        } else {
          gradients(backend, c, weights);
        }
      }
    }
  }

  private static void steps(String backend, ReferenceCase c, SafetensorsFile weights) {
    JsonNode json = c.json();
    SchedulerConfig scheduler = SchedulerConfig.of(c.name(), c.map("scheduler"));
    NoiseSchedule schedule = NoiseSchedule.of(scheduler, NoiseSchedule.Defaults.DDPM);
    PredictionType prediction =
        PredictionType.of(scheduler, PredictionType.EPSILON, PredictionType.SAMPLE, PredictionType.V);
    Objective objective =
        new Objective(prediction, new LossFunction.SquaredError(), number(json.get("snr_gamma")), null);
    JsonNode adam = json.get("optimizer_config");
    int steps = c.tensor("losses").shape().intDim(0);
    Shape shape = c.tensor("step0.x0").shape();
    Graph network = UNet2D.graph(UNet2DConfig.of(c.map("config")), shape.intDim(0), shape.intDim(2), shape.intDim(3));
    for (boolean warmUp : new boolean[] {false, true}) {
      MovingAverage average = new MovingAverage(json.get("ema_decay").doubleValue(), warmUp,
          c.stated("/ema", "inv_gamma ([0-9.]+)"), c.stated("/ema", "power ([0-9.]+)"));
      Optimiser optimiser =
          new Optimiser(LearningRate.constant(adam.get("lr").doubleValue()), adam.at("/betas/0").doubleValue(),
              adam.at("/betas/1").doubleValue(), adam.get("eps").doubleValue(), adam.get("weight_decay").doubleValue(),
              number(json.get("clip_grad_norm")), average);
      try (Learner learner = new Learner(Backend.named(backend), objective.lossOf(network), name -> true, weights,
          new Learner.Settings(false, true, Long.MAX_VALUE))) {
        for (int step = 0; step < steps; step++) {
          String prefix = "step" + step + ".";
          learner.in("sample").write(
              objective.write(schedule, c.tensor(prefix + "x0"), c.tensor(prefix + "noise"), times(c, prefix),
                  learner));
          if (learner.hasInput("class_labels")) {
            Ports.write(learner.in("class_labels"),
                c.tensor(c.has(prefix + "class_labels") ? prefix + "class_labels" : prefix + "labels"));
          }
          learner.run();
          check(backend, c, learner, prefix, step);
          assertRelative(backend + " ema decay", average.decayAt(step + 1),
              json.at("/ema_decays/" + step + "/" + (warmUp ? 1 : 0)).doubleValue());
          double norm = optimiser.step(learner, step + 1);
          if (step == 0) {
            assertRelative(backend + " gradient norm", norm, c.tensor("grad_norm").toFloats()[0]);
          }
          checkWeights(backend, c, "after" + (step + 1) + ".", learner.parameters(), learner.state().get("weights"));
        }
        checkWeights(backend, c, "ema" + steps + (warmUp ? "_warmup." : "."), learner.parameters(),
            learner.state().get("average"));
      }
    }
  }

  private static Double number(JsonNode node) {
    return node == null || node.isNull() ? null : node.doubleValue();
  }

  private static int[] times(ReferenceCase c, String prefix) {
    float[] values = c.tensor(prefix + "timesteps").toFloats();
    int[] times = new int[values.length];
    for (int i = 0; i < times.length; i++) {
      times[i] = (int) values[i];
    }
    return times;
  }

  private static void check(String backend, ReferenceCase c, Learner learner, String prefix, int step) {
    float[] losses = learner.out("loss").toFloats();
    float[] weights = learner.in("weight").toFloats();
    double loss = 0;
    for (int i = 0; i < losses.length; i++) {
      loss += losses[i] * weights[i] / losses.length;
    }
    assertRelative(backend + " " + prefix + "loss", loss, c.tensor("losses").toFloats()[step]);
    if (step > 0) {
      return;
    }
    Closeness.assertClose(backend + " noisy", learner.in("sample").read(), c.tensor("step0.noisy"), 1e-6);
    Closeness.assertClose(backend + " target", learner.in("target").read(), c.tensor("step0.target"), 1e-6);
    double scale = 0;
    for (String name : learner.parameters().stored().keySet()) {
      scale = Math.max(scale, GradientCheck.largest(c.tensor("grad." + name)));
    }
    for (String name : learner.parameters().stored().keySet()) {
      GradientCheck.assertClose(backend + " grad." + name, learner.parameters().tensor(learner.lastGradients(), name),
          c.tensor("grad." + name), GRADIENT_BOUND, scale);
    }
  }

  private static void assertRelative(String what, double actual, double expected) {
    if (!(Math.abs(actual - expected) <= LOSS_BOUND * Math.abs(expected))) {
      throw new AssertionError(what + " is " + actual + ", expected " + expected);
    }
  }

  private static void checkWeights(String backend, ReferenceCase c, String prefix, Parameters parameters, Block block) {
    for (String name : parameters.stored().keySet()) {
      if (!c.has(prefix + name)) {
        continue;
      }
      float[] actual = parameters.tensor(block, name).toFloats();
      float[] expected = c.tensor(prefix + name).toFloats();
      float[] gradient = c.tensor("grad." + name).toFloats();
      for (int i = 0; i < actual.length; i++) {
        if (Math.abs(gradient[i]) > LEAST_GRADIENT && !(Math.abs(actual[i] - expected[i]) <= c.maxAbs())) {
          throw new AssertionError("%s %s%s: index %d is %s, expected %s; gradient %s".formatted(
              backend, prefix, name, i, actual[i], expected[i], gradient[i]));
        }
      }
    }
  }

  private static void gradients(String backend, ReferenceCase c, SafetensorsFile weights) {
    Shape shape = c.tensor("sample").shape();
    int tokens = c.tensor("encoder_hidden_states").shape().intDim(1);
    Graph network = UNet2DCondition.graph(
        UNetConditionConfig.of(c.map("config")), shape.intDim(0), shape.intDim(2), shape.intDim(3), tokens, 0, 0,
        false);
    Tensor[] out = new Tensor[1];
    double scale = c.tensors().stream().filter(name -> name.startsWith("grad"))
        .mapToDouble(name -> GradientCheck.largest(c.tensor(name))).max().orElseThrow();
    float[] target = c.tensor("target").toFloats();
    // the seed is the gradient of the mean squared error, which needs a forward run first
    GradientCheck.run(backend, network, "out", weights, List.of(), plan -> {
      Ports.writeAll(c, "", plan, "sample", "timestep", "encoder_hidden_states");
      plan.run();
      out[0] = Tensor.ofFloats(Ports.read(plan, "out").toFloats(), shape.dims());
    }, (name, value) -> {});
    float[] seed = out[0].toFloats();
    double loss = 0;
    for (int i = 0; i < seed.length; i++) {
      loss += (seed[i] - target[i]) * (double) (seed[i] - target[i]) / seed.length;
      seed[i] = 2 * (seed[i] - target[i]) / seed.length;
    }
    assertRelative(backend + " loss", loss, c.tensor("loss").toFloats()[0]);
    double bound = backend.equals("reference") ? c.maxAbs() : Math.max(c.maxAbs(), Closeness.CONDITIONAL_GRADIENTS);
    GradientCheck.run(backend, network, "out", weights, List.of("sample", "encoder_hidden_states"), plan -> {
      Ports.writeAll(c, "", plan, "sample", "timestep", "encoder_hidden_states");
      Ports.write(plan, "seed", Tensor.ofFloats(seed, shape.dims()));
    }, (name, value) -> {
      String stored = c.has("grad_" + name) ? "grad_" + name : "grad." + name;
      GradientCheck.assertClose(backend + " " + stored, value, c.tensor(stored), bound, scale);
    });
  }
}
