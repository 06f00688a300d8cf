package dev.langevin.weights;

import dev.langevin.tensor.Encoding;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * A tensor as a checkpoint describes it: a strided view into a storage, which other tensors may view too.
 *
 * @param offset elements of the storage before the first
 * @param strides elements of the storage from one index to the next, for each axis
 */
record StoredTensor(Storage storage, long offset, Shape shape, long[] strides) {

  /** A run of elements in the file under a key. */
  record Storage(String key, Encoding encoding, long elements) {

    /** Bytes, or {@link Long#MAX_VALUE} if a long cannot hold them: more than any file has. */
    long bytes() {
      return elements > Long.MAX_VALUE / encoding.blockBytes() ? Long.MAX_VALUE : elements * encoding.blockBytes();
    }
  }

  /** Weights have at most 5 axes; the limit bounds what a forged tensor can cost. */
  private static final int MAX_RANK = 8;

  /**
   * Checks what a pickle gives.
   *
   * @throws IllegalArgumentException if it is malformed or reaches outside the storage
   */
  static StoredTensor of(Storage storage, Object offset, Object sizes, Object strides) {
    long[] dims = longs("sizes", sizes);
    long[] steps = longs("strides", strides);
    if (dims.length != steps.length) {
      throw new IllegalArgumentException(dims.length + " sizes and " + steps.length + " strides are given");
    }
    if (!(offset instanceof Long first) || first < 0) {
      throw new IllegalArgumentException("the offset in the storage must be a whole number of at least 0");
    }
    Shape shape = Shape.of(dims);
    StoredTensor tensor = new StoredTensor(storage, first, shape, steps);
    if (shape.elements() == 0) {
      return tensor;
    }
    long last;
    try {
      last = first;
      for (int axis = 0; axis < dims.length; axis++) {
        last = Math.addExact(last, Math.multiplyExact(dims[axis] - 1, steps[axis]));
      }
    } catch (ArithmeticException e) {
      last = Long.MAX_VALUE;
    }
    if (last >= storage.elements()) {
      throw new IllegalArgumentException("shape " + shape + " with strides " + java.util.Arrays.toString(steps)
          + " from element "
          + first + " on reaches outside the " + storage.elements() + " elements of storage '" + storage.key() + "'");
    }
    if (shape.elements() > storage.elements()) {
      throw new IllegalArgumentException(
          "shape " + shape + " repeats the " + storage.elements() + " elements of storage '"
              + storage.key() + "'; save it with .contiguous()"); // a copy of it can be of any size, whatever the
                                                                  // file's
    }
    return tensor;
  }

  private static long[] longs(String what, Object value) {
    if (!(value instanceof List<?> list) || list.size() > MAX_RANK) {
      throw new IllegalArgumentException("the " + what + " must be a tuple of at most " + MAX_RANK + " numbers");
    }
    long[] values = new long[list.size()];
    for (int i = 0; i < values.length; i++) {
      if (!(list.get(i) instanceof Long number) || number < 0) {
        throw new IllegalArgumentException("the " + what + " must be whole numbers of at least 0");
      }
      values[i] = number;
    }
    return values;
  }

  /** A view of the storage's bytes where its elements lie in row-major order, else a copy of its own. */
  Tensor in(MemorySegment bytes) {
    long width = storage.encoding().blockBytes();
    if (shape.elements() == 0) {
      return new Tensor(storage.encoding(), shape, bytes.asSlice(0, 0));
    }
    if (isContiguous()) {
      return new Tensor(storage.encoding(), shape, bytes.asSlice(offset * width, shape.elements() * width));
    }
    MemorySegment copy = Arena.ofAuto().allocate(shape.elements() * width, Tensor.ALIGNMENT);
    long[] index = new long[shape.rank()];
    long from = offset;
    for (long to = 0; to < shape.elements(); to++) {
      MemorySegment.copy(bytes, from * width, copy, to * width, width);
      for (int axis = index.length - 1; axis >= 0; axis--) { // the next index, as an odometer counts
        from += strides[axis];
        if (++index[axis] < shape.dim(axis)) {
          break;
        }
        from -= index[axis] * strides[axis];
        index[axis] = 0;
      }
    }
    return new Tensor(storage.encoding(), shape, copy);
  }

  private boolean isContiguous() {
    long step = 1;
    for (int axis = strides.length - 1; axis >= 0; axis--) {
      if (shape.dim(axis) != 1 && strides[axis] != step) {
        return false;
      }
      step *= shape.dim(axis);
    }
    return true;
  }
}
