package dev.langevin.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.backend.Backend;
import dev.langevin.backend.DeviceTensor;
import dev.langevin.diffusion.ForwardProcess;
import dev.langevin.diffusion.NoiseSchedule;
import dev.langevin.diffusion.PredictionType;
import dev.langevin.diffusion.SchedulerConfig;
import dev.langevin.graph.Graph;
import dev.langevin.graph.GraphBuilder;
import dev.langevin.graph.LossFunction;
import dev.langevin.graph.Value;
import dev.langevin.plan.Plan;
import dev.langevin.plan.Planner;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each loss's gradient against differences of the loss itself. */
class LossGraphTest {

  private static final float STEP = 0x1p-8f;

  private final Random random = new Random(3);

  /** A network that gives its input back. */
  private static Graph identity(String output, long... shape) {
    GraphBuilder b = new GraphBuilder();
    b.output(output, b.affine("f", b.input("x", DType.F32, shape), 1, 0));
    return b.build();
  }

  private void fill(DeviceTensor tensor, double deviation) {
    tensor.write(drawn(tensor.shape(), deviation));
  }

  private Tensor drawn(Shape shape, double deviation) {
    float[] values = new float[(int) shape.elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (deviation * random.nextGaussian());
    }
    return Tensor.ofFloats(values, shape.dims());
  }

  /** Checks elements [from, to) of each sample's gradient. */
  private void check(LossGraph loss, Consumer<Plan> inputs, String[] losses, double[] factors, int from, int to) {
    Value x = loss.graph().inputs().get("x");
    Graph graph = Autodiff.differentiate(loss.graph(), loss.seeds(), Map.of("dx", x));
    try (Plan plan = new Planner(Backend.named("onednn")).plan(graph, name -> null)) {
      inputs.accept(plan);
      float[] before = plan.in("x").toFloats();
      plan.run();
      float[] gradient = plan.out("dx").toFloats();
      int each = gradient.length / x.shape().intDim(0);
      for (int i = 0; i < gradient.length; i++) {
        if (i % each < from || i % each >= to) {
          continue;
        }
        double[] values = new double[2];
        for (int side = 0; side < 2; side++) {
          float[] moved = before.clone();
          moved[i] += side == 0 ? -STEP : STEP;
          plan.in("x").write(moved);
          plan.run();
          for (int l = 0; l < losses.length; l++) {
            float[] each1 = plan.out(losses[l]).toFloats();
            for (int n = 0; n < each1.length; n++) {
              double weight = plan.hasInput("weight") && l == 0 ? plan.in("weight").toFloats()[n] : 1;
              values[side] += each1[n] * weight * factors[l] / each1.length;
            }
          }
        }
        double slope = (values[1] - values[0]) / (2 * STEP);
        assertThat((double) gradient[i]).as("element %d", i).isCloseTo(slope,
            Offset.offset(2e-4 + 5e-3 * Math.abs(slope)));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"mse", "l1", "huber"})
  void shouldWeighTheDistanceFromTheTarget(String name) {
    LossFunction function = new TrainingConfig.Loss(name, 0.5, null, 0, 0, null, null, 0, 0).function();
    check(LossGraph.of(identity("out", 3, 2, 2, 2), "out", function), plan -> {
      fill(plan.in("x"), 1);
      fill(plan.in("target"), 1);
      plan.in("weight").write(Tensor.ofFloats(new float[] {1, 0.25f, 3}, 3));
    }, new String[] {"loss"}, new double[] {1}, 0, 8);
  }

  @ParameterizedTest
  @EnumSource(names = {"EPSILON", "SAMPLE", "V"})
  void shouldTrainTheVarianceByTheBoundAndTheTargetByTheSquaredError(PredictionType prediction) {
    NoiseSchedule schedule = NoiseSchedule.of(SchedulerConfig.of("test", Map.of()), NoiseSchedule.Defaults.DDPM);
    Objective objective = new Objective(prediction, new LossFunction.SquaredError(), null, 0.5);
    Consumer<Plan> inputs = plan -> {
      Tensor x0 = drawn(Shape.of(3, 1, 2, 2), 0.4);
      fill(plan.in("x"), 0.5);
      Tensor noise = drawn(x0.shape(), 1);
      Tensor xt = Tensor.allocate(DType.F32, x0.shape());
      ForwardProcess forward = new ForwardProcess(schedule);
      Tensor target = switch (prediction) {
        case EPSILON -> noise;
        case SAMPLE -> x0;
        default -> Tensor.allocate(DType.F32, x0.shape());
      };
      int[] times = {0, 1, 700};
      for (int n = 0; n < times.length; n++) {
        forward.sample(x0.row(n), times[n], noise.row(n), xt.row(n));
        if (prediction == PredictionType.V) {
          forward.velocity(x0.row(n), times[n], noise.row(n), target.row(n));
        }
        float[] numbers = Objective.step(prediction, forward, times[n]);
        plan.in("steps").row(n).write(numbers);
        for (int i = 0; i < 4; i++) {
          assertThat(numbers[0] * xt.row(n).toFloats()[i] - numbers[1] * target.row(n).toFloats()[i])
              .isCloseTo(x0.row(n).toFloats()[i], Offset.offset(1e-3f));
        }
      }
      plan.in("x0").write(x0);
      plan.in("target").write(target);
      plan.in("xt").write(xt);
      plan.in("weight").fill(1);
    };
    LossGraph loss = LossGraph.learnedVariance(identity("out", 3, 2, 2, 2), "out", objective.varianceFactor());
    check(loss, inputs, new String[] {"loss"}, new double[] {1}, 4, 8); // the variance: all of the loss
    LossGraph squared = LossGraph.learnedVariance(identity("out", 3, 2, 2, 2), "out", 0);
    check(squared, inputs, new String[] {"loss"}, new double[] {1}, 0, 4); // the target: the squared error alone
  }

  @Test
  void shouldPullThePosteriorToAUnitNormal() {
    GraphBuilder b = new GraphBuilder();
    Value x = b.input("x", DType.F32, 2, 2, 2, 4);
    b.output("moments", b.affine("m", x, 1, 0));
    b.output("reconstruction", b.toChannelsFirst("r", b.slice("s", b.affine("z", x, 0, 0), 3, 0, 2)));
    check(LossGraph.autoencoder(b.build(), new LossFunction.SquaredError(), 0.7), plan -> {
      fill(plan.in("x"), 1);
      plan.in("weight").write(Tensor.ofFloats(new float[] {1, 1}, 2));
    }, new String[] {"loss", "divergence"}, new double[] {1, 0.7 / 8}, 0, 16);
  }

  @Test
  void shouldSeparateClasses() {
    check(LossGraph.classifier(identity("logits", 3, 5), "logits"), plan -> {
      fill(plan.in("x"), 2);
      plan.in("labels").write(Tensor.ofLongs(new long[] {4, 0, 2}, 3));
    }, new String[] {"loss"}, new double[] {1}, 0, 5);
  }

  @Test
  void shouldBringTextsToTheirPictures() {
    GraphBuilder b = new GraphBuilder();
    Value x = b.input("x", DType.F32, 4, 6);
    b.output("texts", b.slice("t", x, 1, 0, 3));
    b.output("pictures", b.slice("p", x, 1, 3, 3));
    check(LossGraph.contrastive(b.build(), "texts", "pictures", 3), plan -> fill(plan.in("x"), 1),
        new String[] {"loss"},
        new double[] {1}, 0, 6);
  }

  @Test
  void shouldNameTheOutputThatANetworkLacks() {
    assertThatThrownBy(() -> LossGraph.of(identity("out", 1, 1), "logits", new LossFunction.SquaredError()))
        .hasMessage("the network has no output 'logits'; it has [out]");
  }
}
