package dev.langevin.spark;

import java.io.Serializable;
import org.apache.spark.SparkContext;
import org.apache.spark.util.LongAccumulator;

/** What became of rows so far: accumulators, which Spark's own pages show too. */
record Counts(LongAccumulator made, LongAccumulator skipped, LongAccumulator failed) implements Serializable {

  static Counts of(SparkContext context) {
    return new Counts(context.longAccumulator("pictures made"), context.longAccumulator("pictures that were there"),
        context.longAccumulator("rows with an error"));
  }
}
