package dev.langevin.reference;

import com.fasterxml.jackson.databind.JsonNode;
import dev.langevin.backend.DeviceTensor;
import dev.langevin.backend.Memory;
import dev.langevin.diffusion.Denoiser;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;

/** A guided closed-form model: {@code tanh(a * x + b * sin(t / c))} with other constants for its unconditional half. */
final class TwoSidedModel implements Denoiser, AutoCloseable {

  /** Sees a call before it is answered. */
  @FunctionalInterface
  interface Watcher {
    void called(int call, double t, float[] input);
  }

  private final double[][] constants = new double[2][];
  private final DeviceTensor input;
  private final DeviceTensor output;
  private Watcher watcher = (call, t, x) -> {};
  private int calls;

  /** @param constants the case's {@code denoiser} */
  TwoSidedModel(JsonNode constants, Shape sample, Memory memory) {
    String[] sides = {"uncond", "cond"};
    for (int side = 0; side < 2; side++) {
      JsonNode of = constants.get(sides[side]);
      this.constants[side] =
          new double[] {of.get("a").asDouble(), of.get("b").asDouble(), of.get("c").asDouble()};
    }
    Shape both = sample.with(0, 2 * sample.dim(0));
    this.input = new DeviceTensor("input", DType.F32, both, memory.allocate(4 * both.elements()));
    this.output = new DeviceTensor("output", DType.F32, both, memory.allocate(4 * both.elements()));
  }

  void watching(Watcher watcher) {
    this.watcher = watcher;
  }

  int calls() {
    return calls;
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
  public void predict(double t) {
    float[] x = input.read().toFloats();
    float[] half = java.util.Arrays.copyOf(x, x.length / 2);
    watcher.called(calls++, t, half);
    for (int i = 0; i < x.length; i++) {
      double[] of = constants[i < half.length ? 0 : 1];
      x[i] = (float) Math.tanh(of[0] * x[i] + of[1] * Math.sin(t / of[2]));
    }
    output.write(Tensor.ofFloats(x, output.shape().dims()));
  }

  @Override
  public void close() {
    input.block().close();
    output.block().close();
  }
}
