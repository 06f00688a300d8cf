package dev.langevin.spark;

import dev.langevin.training.evaluation.Features;
import dev.langevin.training.evaluation.FrechetDistance;
import dev.langevin.training.evaluation.Gaussian;
import dev.langevin.training.evaluation.PrecisionRecall;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * Measures of sets of pictures as aggregations, over tables with a column {@code features}, an array of floats a
 * picture. Distances and counts are the single machine's to the last bit. Means and covariances are sums of doubles in
 * another order, so that the Fréchet distance agrees to rounding: 1e-9 of the covariances' traces.
 */
public final class BulkMeasures {

  /** The column with a picture's vector. */
  public static final String FEATURES = "features";

  /** Rows of a task that compares each with all of another set. */
  private static final int CHUNK = 1024;

  private BulkMeasures() {}

  /**
   * The Fréchet distance, see {@link FrechetDistance}.
   *
   * @throws IllegalArgumentException if widths differ, or a set has fewer than two rows
   */
  public static double frechet(Dataset<Row> real, Dataset<Row> generated) {
    return FrechetDistance.between(gaussian(real), gaussian(generated));
  }

  /** Mean and covariance, in two passes as {@link Gaussian#of}: squares would lose a small variance. */
  static Gaussian gaussian(Dataset<Row> table) {
    JavaRDD<float[]> rows = vectors(table).cache();
    try {
      long n = rows.count();
      if (n < 2) {
        throw new IllegalArgumentException("a covariance needs at least 2 pictures, there are " + n);
      }
      double[] mean = rows.mapPartitions(BulkMeasures::sum).treeReduce(BulkMeasures::add);
      for (int j = 0; j < mean.length; j++) {
        mean[j] /= n;
      }
      double[] covariance = rows.mapPartitions(vectors -> products(vectors, mean)).treeReduce(BulkMeasures::add);
      int d = mean.length;
      for (int i = 0; i < d; i++) {
        for (int j = 0; j <= i; j++) {
          covariance[i * d + j] /= n - 1;
          covariance[j * d + i] = covariance[i * d + j];
        }
      }
      return new Gaussian(mean, covariance);
    } finally {
      rows.unpersist();
    }
  }

  private static JavaRDD<float[]> vectors(Dataset<Row> table) {
    return table.select(FEATURES).toJavaRDD().map(row -> {
      List<Float> values = row.getList(0);
      float[] vector = new float[values.size()];
      for (int i = 0; i < vector.length; i++) {
        vector[i] = values.get(i);
      }
      return vector;
    });
  }

  private static Iterator<double[]> sum(Iterator<float[]> vectors) {
    double[] sum = null;
    while (vectors.hasNext()) {
      float[] vector = vectors.next();
      sum = sum == null ? new double[vector.length] : sum;
      requireWidth(vector, sum.length);
      for (int j = 0; j < vector.length; j++) {
        sum[j] += vector[j];
      }
    }
    return sum == null ? List.<double[]>of().iterator() : List.of(sum).iterator();
  }

  /** Sums of the products of deviations, (d, d), the lower half. */
  private static Iterator<double[]> products(Iterator<float[]> vectors, double[] mean) {
    int d = mean.length;
    double[] sum = new double[d * d];
    double[] centred = new double[d];
    while (vectors.hasNext()) {
      float[] vector = vectors.next();
      requireWidth(vector, d);
      for (int j = 0; j < d; j++) {
        centred[j] = vector[j] - mean[j];
      }
      for (int i = 0; i < d; i++) {
        for (int j = 0; j <= i; j++) {
          sum[i * d + j] += centred[i] * centred[j];
        }
      }
    }
    return List.of(sum).iterator();
  }

  private static double[] add(double[] one, double[] other) {
    if (one.length != other.length) {
      throw new BulkException("one picture's features are " + one.length + " values, another's " + other.length
          + "; all must come from one network");
    }
    double[] sum = one.clone();
    for (int i = 0; i < sum.length; i++) {
      sum[i] += other[i];
    }
    return sum;
  }

  private static void requireWidth(float[] vector, int width) {
    if (vector.length != width) {
      throw new BulkException("one picture's features are " + width + " values, another's " + vector.length
          + "; all must come from one network");
    }
  }

  /**
   * Precision, recall, density and coverage, see {@link PrecisionRecall}. Both sets are sent to every executor: 200 MB
   * of 100,000 pictures with 512 values each.
   *
   * @throws IllegalArgumentException as {@link PrecisionRecall#of} does
   */
  public static PrecisionRecall precisionRecall(Dataset<Row> real, Dataset<Row> generated, int k) {
    Features first = Features.of(vectors(real).collect().toArray(float[][]::new));
    Features second = Features.of(vectors(generated).collect().toArray(float[][]::new));
    if (first.width() != second.width()) {
      throw new IllegalArgumentException("the sets' features are " + first.width() + " and " + second.width()
          + " values; both must come from one network");
    }
    if (k < 1 || k >= Math.min(first.rows(), second.rows())) {
      throw new IllegalArgumentException("precision and recall: k is " + k + " and the sets have " + first.rows()
          + " and " + second.rows() + " rows; take k from 1 to one less than these");
    }
    JavaSparkContext context = new JavaSparkContext(real.sparkSession().sparkContext());
    Broadcast<float[]> realValues = context.broadcast(first.values());
    Broadcast<float[]> values = context.broadcast(second.values());
    int width = first.width();
    int realRows = first.rows();
    int rows = second.rows();
    try {
      float[] radii = new float[realRows];
      chunks(context, realRows).map(from -> {
        Features all = new Features(realRows, width, realValues.value());
        return new Radii(from, PrecisionRecall.radii(some(all, from), all, k));
      }).collect().forEach(part -> System.arraycopy(part.squared, 0, radii, part.from, part.squared.length));
      return chunks(context, rows).map(from -> {
        Features all = new Features(rows, width, values.value());
        Features some = some(all, from);
        return PrecisionRecall.count(new Features(realRows, width, realValues.value()), radii, some,
            PrecisionRecall.radii(some, all, k));
      }).treeReduce(PrecisionRecall.Counted::plus).measured(k);
    } finally {
      realValues.destroy();
      values.destroy();
    }
  }

  /** Of rows from one on. */
  private record Radii(int from, float[] squared) implements java.io.Serializable {}

  private static JavaRDD<Integer> chunks(JavaSparkContext context, int rows) {
    List<Integer> starts = new ArrayList<>(
        IntStream.range(0, (rows + CHUNK - 1) / CHUNK).mapToObj(i -> i * CHUNK).toList());
    return context.parallelize(starts, starts.size());
  }

  private static Features some(Features all, int from) {
    int count = Math.min(CHUNK, all.rows() - from);
    return new Features(count, all.width(),
        Arrays.copyOfRange(all.values(), from * all.width(), (from + count) * all.width()));
  }
}
