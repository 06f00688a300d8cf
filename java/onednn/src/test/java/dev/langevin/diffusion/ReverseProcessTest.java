package dev.langevin.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.backend.Backend;
import dev.langevin.backend.Block;
import dev.langevin.backend.DeviceTensor;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A chain walked call by call is the chain walked at once. */
class ReverseProcessTest {

  private static final Shape SHAPE = Shape.of(1, 2, 3, 4);

  /** A tenth of what it is shown. */
  private static final class Tenth implements Denoiser, AutoCloseable {

    private final DeviceTensor input;
    private final DeviceTensor output;

    Tenth(Backend backend) {
      input = tensor(backend);
      output = tensor(backend);
    }

    private static DeviceTensor tensor(Backend backend) {
      return new DeviceTensor("tenth", DType.F32, SHAPE, backend.memory().allocate(4 * SHAPE.elements()));
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
      float[] values = input.toFloats();
      for (int i = 0; i < values.length; i++) {
        values[i] *= 0.1f;
      }
      output.write(values);
    }

    @Override
    public void close() {
      List.of(input.block(), output.block()).forEach(Block::close);
    }
  }

  private static Trajectory trajectory(int steps) {
    return Schedulers.ofClass("DDPMScheduler", Map.of()).trajectory(TrajectoryOptions.steps(steps)); // draws noise each
                                                                                                     // step
  }

  /** Catches runs that disturb each other where they share a network, and steps that are not those of a whole run. */
  @ParameterizedTest
  @ValueSource(strings = {"onednn", "reference", "far"})
  void shouldTakeTurnsOnOneNetwork(String name) {
    Backend backend = Backend.named(name);
    long before = backend.memory().used();
    try (Tenth network = new Tenth(backend);
        ReverseProcess first = new ReverseProcess(trajectory(5), network, backend);
        ReverseProcess second = new ReverseProcess(trajectory(3), network, backend)) {
      List<Tensor> x0 = new ArrayList<>();
      float[] one = first.sample(new TorchGenerator(1), (done, calls, preview) -> x0.add(preview.x0())).toFloats();
      float[] other = second.sample(new TorchGenerator(2), ReverseProcess.StepListener.NONE).toFloats();
      assertThat(x0).hasSize(5);
      assertThat(x0.get(0).toFloats()).as("a preview of the first step").isNotEqualTo(x0.get(4).toFloats());

      first.begin(new TorchGenerator(1));
      second.begin(new TorchGenerator(2));
      boolean more = true;
      while (more) {
        first.resume();
        more = first.step();
        if (second.done() < second.calls()) {
          second.resume();
          second.step();
        }
      }
      assertThat(first.x().toFloats()).containsExactly(one);
      assertThat(second.x().toFloats()).containsExactly(other);
      assertThatThrownBy(first::step).hasMessage("the run has made all its 5 calls; begin another");
    }
    assertThat(backend.memory().used()).isEqualTo(before);
  }

  /** Catches a kept region that is painted over, or kept with noise at the end. */
  @ParameterizedTest
  @ValueSource(strings = {"onednn", "reference", "far"})
  void shouldKeepTheRegionThatIsNotPainted(String name) {
    Backend backend = Backend.named(name);
    float[] picture = new float[24];
    float[] mask = new float[12];
    for (int i = 0; i < picture.length; i++) {
      picture[i] = i;
      mask[i % 12] = i % 2;
    }
    Tensor noise = Tensor.allocate(DType.F32, SHAPE);
    Trajectory trajectory = trajectory(4);
    try (Tenth network = new Tenth(backend);
        KeptRegion kept = new KeptRegion(backend, Tensor.ofFloats(picture, SHAPE.dims()),
            Tensor.ofFloats(mask, 1, 1, 3, 4), noise, trajectory);
        ReverseProcess process = new ReverseProcess(trajectory, network, backend)) {
      float[] made =
          process.constrainedBy(kept).sample(new TorchGenerator(1), ReverseProcess.StepListener.NONE).toFloats();
      for (int i = 0; i < made.length; i++) {
        if (i % 2 == 0) {
          assertThat(made[i]).as("kept value %d", i).isEqualTo(picture[i]);
        } else {
          assertThat(made[i]).as("painted value %d", i).isFinite().isNotEqualTo(picture[i]);
        }
      }
    }
  }
}
