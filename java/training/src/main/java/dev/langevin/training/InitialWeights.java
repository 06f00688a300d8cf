package dev.langevin.training;

import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import dev.langevin.tensor.TensorSource;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;

/**
 * What untrained weights begin with, as torch initialises its layers: uniform within 1/sqrt(fan-in) for convolutions
 * and linear layers, weights and biases, ones and zeros for normalisations, unit normals for tables; and for CLIP's
 * encoders, as transformers does, normals whose deviation goes by the layer's place, and no biases. A tensor depends on
 * the seed and its own name alone.
 */
public final class InitialWeights implements TensorSource {

  /** Of CLIP's tables and patches. */
  private static final double CLIP_TABLE = 0.02;

  private final Map<String, Shape> shapes;
  private final long seed;

  /**
   * Weights of these shapes, each drawn when it is asked for.
   *
   * @param shapes of all weights by name
   */
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
    if (LowRank.beginsAsZero(name) || name.endsWith("learned_classifier_free_guidance_embeddings")) {
      return new Tensor(DType.F32, shape, memory);
    }
    boolean bias = name.endsWith(".bias");
    boolean clip = name.contains("text_model.") || name.contains("text_projection") || name.contains("vision_model.")
        || name.contains("visual_projection");
    if (name.endsWith("class_embedding")) {
      random.normals(memory);
      scale(memory, Math.pow(values.length, -0.5));
    } else if (layer == null || layer.rank() == 1) { // a normalisation
      java.util.Arrays.fill(values, bias ? 0 : 1);
    } else if (clip) {
      if (!bias) {
        random.normals(memory);
        scale(memory, clipDeviation(name, shape));
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

  /** As transformers' CLIP has it: what adds to the residual stream is smaller the more layers do. */
  private double clipDeviation(String name, Shape shape) {
    if (name.contains("embedding.")) {
      return CLIP_TABLE;
    }
    String stack = name.substring(0, Math.max(0, name.indexOf("layers.")));
    long layers = shapes.keySet().stream()
        .filter(other -> !stack.isEmpty() && other.startsWith(stack) && other.endsWith(".mlp.fc1.weight")).count();
    boolean inner = name.contains("fc1") || name.contains("fc2");
    double width = name.contains("fc2") ? shape.dim(0) : shape.dim(1);
    boolean adds =
        name.contains("q_proj") || name.contains("k_proj") || name.contains("v_proj") || name.contains("fc2");
    double deviation = Math.pow(inner && !adds ? 2 * width : width, -0.5);
    return adds ? deviation * Math.pow(2.0 * layers, -0.5) : deviation;
  }

  private static void scale(MemorySegment floats, double factor) {
    for (long i = 0; i < floats.byteSize() / 4; i++) {
      floats.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) (floats.getAtIndex(ValueLayout.JAVA_FLOAT, i) * factor));
    }
  }
}
