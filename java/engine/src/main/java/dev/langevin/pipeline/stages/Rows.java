package dev.langevin.pipeline.stages;

import dev.langevin.tensor.DType;
import dev.langevin.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/** Rows of inputs, one for each sample. */
public final class Rows {

  private Rows() {}

  /** Writes {@code count} rows from {@code first} on; fewer rows are each used for as many samples in turn. */
  public static void write(Tensor rows, Tensor target, int first, int count) {
    int given = rows.shape().intDim(0);
    if (given == 0 || count % given != 0
        || rows.shape().with(0, target.shape().dim(0)).equals(target.shape()) == false) {
      throw new IllegalArgumentException(
          "an input of " + rows.shape() + " does not fit " + count + " samples of " + target.shape());
    }
    for (int i = 0; i < count; i++) {
      Tensor row = rows.row(i / (count / given));
      Tensor place = target.row(first + i);
      if (row.dtype() == place.dtype()) {
        place.data().copyFrom(row.data());
      } else if (place.dtype() == DType.F32) {
        place.data().copyFrom(MemorySegment.ofArray(row.toFloats()));
      } else {
        throw new IllegalArgumentException("an input of " + row.dtype() + " does not fit " + place.dtype());
      }
    }
  }
}
