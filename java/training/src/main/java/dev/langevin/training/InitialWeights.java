package dev.langevin.training;

import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import dev.langevin.tensor.TensorSource;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;

/**
 * What untrained weights begin with, as torch initialises its layers: uniform within 1/sqrt(fan-in) for convolutions and linear layers,
 * weights and biases, ones and zeros for normalisations, unit normals for tables; and for text encoders, as transformers does, normals
 * of deviation 0.02 and no biases. A tensor depends on the seed and its own name alone.
 */
public final class InitialWeights implements TensorSource {

  private static final double TEXT_DEVIATION = 0.02;

  private final Map<String, Shape> shapes;
  private final long seed;

  /** @param shapes of all weights by name */
  public InitialWeights(Map<String, Shape> shapes, long seed) {
    this.shapes = Map.copyOf(shapes);
    this.seed = seed;
  }

  @Override
  public Tensor tensor(String name) {
    Shape shape = shapes.get(name);
    float[] values = new float[Math.toIntExact(shape.elements())];
    MemorySegment memory = MemorySegment.ofArray(values);
    StepRandom random = new StepRandom(seed ^ 0x9E3779B97F4A7C15L * name.hashCode(), Integer.MAX_VALUE);
    Shape layer = shapes.get(name.replaceFirst("\\.bias$", ".weight"));
    if (LowRank.beginsAsZero(name)) {
      return new Tensor(DType.F32, shape, memory);
    }
    boolean bias = name.endsWith(".bias");
    if (layer == null || layer.rank() == 1) { // a normalisation
      java.util.Arrays.fill(values, bias ? 0 : 1);
    } else if (name.contains("text_model.") || name.contains("text_projection")) {
      if (!bias) {
        random.normals(memory);
        scale(memory, TEXT_DEVIATION);
      }
    } else if (!bias && name.contains("embedding.weight")) {
      random.normals(memory);
    } else {
      double bound = 1 / Math.sqrt((double) layer.elements() / layer.dim(0));
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) ((2 * random.uniform() - 1) * bound);
      }
    }
    return new Tensor(DType.F32, shape, memory);
  }

  private static void scale(MemorySegment floats, double factor) {
    for (long i = 0; i < floats.byteSize() / 4; i++) {
      floats.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) (floats.getAtIndex(ValueLayout.JAVA_FLOAT, i) * factor));
    }
  }
}
