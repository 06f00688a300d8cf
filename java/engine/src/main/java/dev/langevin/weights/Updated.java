package dev.langevin.weights;

import dev.langevin.tensor.Encoding;
import dev.langevin.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A weight of any encoding plus low-rank updates of it: factor * up x down, in rows of all that has one index of the
 * first axis.
 */
final class Updated implements Encoding {

  /**
   * What is added.
   *
   * @param up (rows, rank)
   * @param down (rank, inner)
   */
  private record Product(double factor, int rank, float[] up, float[] down) {

    static Product of(MergedTensors.Weighted weighted) {
      LoraFile.Update update = weighted.update();
      int rank = update.down().shape().intDim(0);
      return new Product(weighted.weight() * update.alpha() / rank, rank, update.up().toFloats(),
          update.middle() == null ? update.down().toFloats() : through(update));
    }
  }

  private final Encoding base;
  private final Shape shape;
  private final List<MergedTensors.Weighted> updates;
  private final long before;
  private List<Product> products; // made where the first element is decoded: most of whom a tensor is asked for want
                                  // its shape

  Updated(Encoding base, Shape shape, List<MergedTensors.Weighted> updates, long before) {
    this.base = base;
    this.shape = shape;
    this.updates = updates;
    this.before = before;
  }

  @Override
  public String name() {
    return base.name() + " updated";
  }

  @Override
  public int blockElements() {
    return base.blockElements();
  }

  @Override
  public int blockBytes() {
    return base.blockBytes();
  }

  @Override
  public boolean isFloatingPoint() {
    return base.isFloatingPoint();
  }

  @Override
  public Encoding from(long first) {
    return new Updated(base.from(first), shape, updates, before + first);
  }

  @Override
  public void decode(MemorySegment data, long first, int count, float[] target) {
    base.decode(data, first, count, target);
    int inner = Math.toIntExact(shape.elements() / shape.dim(0));
    long from = before + first;
    int firstRow = Math.toIntExact(from / inner);
    int lastRow = Math.toIntExact((from + count - 1) / inner);
    for (Product product : products()) {
      IntStream.rangeClosed(firstRow, lastRow).parallel().forEach(row -> {
        long begin = Math.max(from, (long) row * inner);
        long end = Math.min(from + count, (long) (row + 1) * inner);
        add(product, row, (int) (begin - (long) row * inner), (int) (end - begin), inner, target, (int) (begin - from));
      });
    }
  }

  private synchronized List<Product> products() {
    if (products == null) {
      products = new ArrayList<>();
      updates.forEach(each -> products.add(Product.of(each)));
    }
    return products;
  }

  /** Adds {@code count} elements of a row, from {@code column} on. */
  private static void add(Product product, int row, int column, int count, int inner, float[] target, int at) {
    // of another type than what is read, the compiler knows it for an array of its own and uses vectors: with float it
    // is 5 times slower
    double[] change = new double[count];
    for (int r = 0; r < product.rank; r++) {
      addScaled(change, product.factor * product.up[row * product.rank + r], product.down, r * inner + column);
    }
    for (int i = 0; i < count; i++) {
      target[at + i] += (float) change[i];
    }
  }

  private static void addScaled(double[] target, double factor, float[] source, int from) {
    for (int i = 0; i < target.length; i++) {
      target[i] += factor * source[from + i];
    }
  }

  /**
   * The middle convolution after the first, as one: (R, I, KH, KW) = sum over b of middle (R, b, KH, KW) * down (b, I).
   */
  private static float[] through(LoraFile.Update update) {
    int rank = update.down().shape().intDim(0);
    float[] down = update.down().toFloats();
    float[] middle = update.middle().toFloats();
    int in = down.length / rank;
    int kernel = middle.length / (rank * rank);
    float[] both = new float[rank * in * kernel];
    for (int a = 0; a < rank; a++) {
      for (int b = 0; b < rank; b++) {
        for (int i = 0; i < in; i++) {
          for (int k = 0; k < kernel; k++) {
            both[(a * in + i) * kernel + k] += middle[(a * rank + b) * kernel + k] * down[b * in + i];
          }
        }
      }
    }
    return both;
  }
}
