package dev.langevin.weights;

import dev.langevin.tensor.DType;
import dev.langevin.tensor.Encoding;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * Which tensor of the original naming goes where in diffusers' naming, and how it lies there: one table for both ways.
 * Filled once, then only read.
 */
final class KeyTable {

  /** How a tensor lies under its new name. */
  enum Form {
    SAME,
    /** A 1x1 convolution (O, I, 1, 1) as the matrix (O, I). */
    MATRIX,
    TRANSPOSED,
    /** The first of three equal parts along axis 0: the queries of a fused projection. */
    FIRST_THIRD,
    SECOND_THIRD,
    LAST_THIRD
  }

  /** A name in diffusers' naming, and the form there. */
  record Target(String name, Form form) {}

  private final Map<String, List<Target>> targets = new LinkedHashMap<>();

  /** A layer with weight and bias. */
  void layer(String original, String name) {
    layer(original, name, Form.SAME);
  }

  /** A layer whose weight changes its form. */
  void layer(String original, String name, Form weight) {
    tensor(original + ".weight", new Target(name + ".weight", weight));
    tensor(original + ".bias", new Target(name + ".bias", Form.SAME));
  }

  /** The layers of a block, by the names inside it. */
  void block(String original, String name, Map<String, String> layers) {
    layers.forEach((from, to) -> layer(original + "." + from, name + "." + to));
  }

  void tensor(String original, Target... places) {
    targets.put(original, List.of(places));
  }

  /** A tensor that belongs to the network's file but that nothing reads. */
  void unread(String original) {
    targets.put(original, List.of());
  }

  /** Every tensor of the original naming that goes somewhere, in the order in which they were named. */
  void forEach(BiConsumer<String, List<Target>> action) {
    targets.forEach((original, places) -> {
      if (!places.isEmpty()) {
        action.accept(original, places);
      }
    });
  }

  /** Where a tensor goes: nowhere for one that is not read, null for one that is not known. */
  List<Target> targets(String original) {
    return targets.get(original);
  }

  /**
   * The tensor in its new form: a view, or a copy where it is transposed.
   *
   * @throws WeightsException if its shape does not allow that
   */
  static Tensor inForm(Tensor tensor, Form form, String what) {
    long[] dims = tensor.shape().dims();
    switch (form) {
      case SAME:
        return tensor;
      case MATRIX:
        if (dims.length == 2) {
          return tensor; // some writers stored the matrix
        }
        if (dims.length == 4 && dims[2] == 1 && dims[3] == 1) {
          return tensor.reshape(dims[0], dims[1]);
        }
        throw misshapen(what, tensor, "(O, I, 1, 1) or (O, I)");
      case TRANSPOSED:
        if (dims.length != 2) {
          throw misshapen(what, tensor, "a matrix");
        }
        return transposed(tensor);
      default:
        if (dims.length == 0 || dims[0] % 3 != 0) {
          throw misshapen(what, tensor, "queries, keys and values along axis 0, each as many");
        }
        dims[0] /= 3;
        long[] split = new long[dims.length + 1];
        split[0] = 3;
        System.arraycopy(dims, 0, split, 1, dims.length);
        return tensor.reshape(split).row(form.ordinal() - Form.FIRST_THIRD.ordinal());
    }
  }

  /**
   * The way back: what lies in these forms as it lay under the original name.
   *
   * @param parts the tensors of all of a name's targets, in their order
   */
  static Tensor inOriginalForm(List<Tensor> parts, List<Target> targets) {
    Tensor first = parts.getFirst();
    return switch (targets.getFirst().form()) {
      case SAME -> first;
      case MATRIX ->
          first.shape().rank() != 2 ? first : first.reshape(first.shape().dim(0), first.shape().dim(1), 1, 1);
      case TRANSPOSED -> transposed(first);
      default -> joined(parts);
    };
  }

  /** One after another along axis 0. */
  private static Tensor joined(List<Tensor> parts) {
    Encoding encoding = parts.getFirst().encoding();
    List<Tensor> alike = parts;
    if (!isPlain(encoding) || parts.stream().anyMatch(part -> !part.encoding().equals(encoding))) {
      alike = parts.stream().map(part -> Tensor.ofFloats(part.toFloats(), part.shape().dims())).toList();
    }
    long[] dims = parts.getFirst().shape().dims();
    dims[0] = parts.stream().mapToLong(part -> part.shape().dim(0)).sum();
    Tensor whole = allocate(alike.getFirst().encoding(), Shape.of(dims));
    long at = 0;
    for (Tensor part : alike) {
      MemorySegment.copy(part.data(), 0, whole.data(), at, part.data().byteSize());
      at += part.data().byteSize();
    }
    return whole;
  }

  private static Tensor transposed(Tensor tensor) {
    Encoding encoding = tensor.encoding();
    if (!isPlain(encoding)) { // factors of rows would be of columns then
      return transposed(Tensor.ofFloats(tensor.toFloats(), tensor.shape().dims()));
    }
    long rows = tensor.shape().dim(0);
    long columns = tensor.shape().dim(1);
    Tensor result = allocate(encoding, Shape.of(columns, rows));
    int bytes = encoding.blockBytes();
    for (long i = 0; i < rows; i++) {
      for (long j = 0; j < columns; j++) {
        MemorySegment.copy(
            tensor.data(), (i * columns + j) * bytes, result.data(), (j * rows + i) * bytes, bytes);
      }
    }
    return result;
  }

  /** Whether each element is a code of its own: DType and Float8, not what has factors. */
  private static boolean isPlain(Encoding encoding) {
    return encoding instanceof Enum && encoding.blockElements() == 1;
  }

  private static Tensor allocate(Encoding encoding, Shape shape) {
    return encoding instanceof DType dtype ? Tensor.allocate(dtype, shape)
        : new Tensor(encoding, shape, Arena.ofAuto().allocate(encoding.bytes(shape.elements())));
  }

  private static WeightsException misshapen(String what, Tensor tensor, String expected) {
    return new WeightsException(what + " is " + tensor.shape() + ", must be " + expected + "; is the file damaged?");
  }
}
