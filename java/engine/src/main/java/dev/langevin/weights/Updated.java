package dev.langevin.weights;

import dev.langevin.tensor.Encoding;
import java.lang.foreign.MemorySegment;
import java.util.stream.IntStream;

/** A weight of any encoding with an update of it. */
final class Updated implements Encoding {

  /**
   * What is made of the update once, where the first element is decoded: most of whom a tensor is asked for want its
   * shape.
   */
  private static final class Shared {
    final WeightBefore before;
    final WeightUpdate update;
    final double strength;
    final boolean asComfy;
    private Delta delta;
    private float[] scales; // of rows or of input channels, or null

    Shared(WeightBefore before, WeightUpdate update, double strength, boolean asComfy) {
      this.before = before;
      this.update = update;
      this.strength = strength;
      this.asComfy = asComfy;
    }

    synchronized Delta delta() {
      if (delta == null) {
        Delta made = update.form().apply(before);
        if (update.magnitude() != null) {
          scales = Magnitudes.scales(before, made, update.factor(), update.magnitude(),
              update.magnitude().ofSum(asComfy));
        }
        delta = made;
      }
      return delta;
    }
  }

  private final Encoding base;
  private final Shared shared;
  private final long skipped;

  private Updated(Encoding base, Shared shared, long skipped) {
    this.base = base;
    this.shared = shared;
    this.skipped = skipped;
  }

  /** @param asComfy see {@link MergedTensors.Strengths} */
  static Updated of(WeightBefore before, WeightUpdate update, double strength, boolean asComfy) {
    return new Updated(before.encoding(), new Shared(before, update, update.whole() ? 1 : strength, asComfy), 0);
  }

  @Override
  public String name() {
    return base.name() + (base instanceof Updated ? "" : " updated");
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
    return new Updated(base.from(first), shared, skipped + first);
  }

  @Override
  public void decode(MemorySegment data, long first, int count, float[] target) {
    base.decode(data, first, count, target);
    Delta delta = shared.delta();
    int inner = shared.before.inner();
    long from = skipped + first;
    int firstRow = Math.toIntExact(from / inner);
    int lastRow = Math.toIntExact((from + count - 1) / inner);
    IntStream.rangeClosed(firstRow, lastRow).parallel().forEach(row -> {
      long begin = Math.max(from, (long) row * inner);
      long end = Math.min(from + count, (long) (row + 1) * inner);
      change(delta, row, (int) (begin - (long) row * inner), (int) (end - begin), target, (int) (begin - from));
    });
  }

  private void change(Delta delta, int row, int column, int count, float[] target, int at) {
    double[] change = new double[count];
    WeightUpdate.Magnitude magnitude = shared.update.magnitude();
    if (magnitude == null) {
      delta.add(shared.strength * shared.update.factor(), row, column, change);
    } else {
      delta.add(shared.update.factor(), row, column, change);
      for (int i = 0; i < count; i++) {
        double before = target[at + i];
        float scale = shared.scales[magnitude.axis() == 0 ? row : (column + i) / shared.before.kernel()];
        change[i] = shared.strength * ((before + change[i]) * scale - before);
      }
    }
    for (int i = 0; i < count; i++) {
      target[at + i] = (float) (target[at + i] + change[i]);
    }
  }
}
