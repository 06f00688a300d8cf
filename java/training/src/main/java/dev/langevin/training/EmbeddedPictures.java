package dev.langevin.training;

import dev.langevin.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Image embeddings of all pictures of a dataset, of several versions of each, and perhaps the pictures, made small.
 *
 * @param embeddings by example and version
 * @param pictures likewise, or null
 */
record EmbeddedPictures(float[][] embeddings, float[][] pictures, int variants) {

  /** One of the versions of an example, by chance. */
  int draw(int example, StepRandom random) {
    return example * variants + random.below(variants);
  }

  /** @param row (E) */
  void embedding(int drawn, Tensor row) {
    row.data().copyFrom(MemorySegment.ofArray(embeddings[drawn]));
  }

  /** @param row (3, S, S); what the reduction has overshot is brought back to [-1, 1] */
  void picture(int drawn, Tensor row) {
    float[] values = pictures[drawn].clone();
    for (int i = 0; i < values.length; i++) {
      values[i] = Math.clamp(values[i], -1, 1);
    }
    row.data().copyFrom(MemorySegment.ofArray(values));
  }

  /** Mean of each of the embeddings' numbers. */
  float[] mean() {
    double[] sums = new double[embeddings[0].length];
    for (float[] embedding : embeddings) {
      for (int i = 0; i < sums.length; i++) {
        sums[i] += embedding[i];
      }
    }
    return floats(Arrays.stream(sums).map(sum -> sum / embeddings.length).toArray());
  }

  /** Deviation of each of the embeddings' numbers. */
  float[] deviation() {
    float[] mean = mean();
    double[] squares = new double[mean.length];
    for (float[] embedding : embeddings) {
      for (int i = 0; i < mean.length; i++) {
        squares[i] += Math.pow((double) embedding[i] - mean[i], 2);
      }
    }
    return floats(Arrays.stream(squares).map(sum -> Math.sqrt(sum / embeddings.length)).toArray());
  }

  private static float[] floats(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }
}
