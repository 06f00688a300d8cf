package dev.langevin.tensor;

import java.lang.foreign.MemorySegment;

/**
 * Numbers of another encoding, each times a factor that a block of a matrix has in common: all of it, a row, or a
 * rectangle. The product is rounded to f32 once.
 */
public final class Scaled implements Encoding {

  private final Encoding values;
  private final float[] factors;
  private final long columns;
  private final long blockRows;
  private final long blockColumns;
  private final long before;

  private Scaled(Encoding values, float[] factors, long columns, long blockRows, long blockColumns, long before) {
    this.values = values;
    this.factors = factors;
    this.columns = columns;
    this.blockRows = blockRows;
    this.blockColumns = blockColumns;
    this.before = before;
  }

  /**
   * Factors of a matrix's blocks.
   *
   * @param factors row by row of blocks; the last block of a row or column may be cut
   * @param rows of the matrix, of {@code columns} elements each
   * @throws IllegalArgumentException if there are more or fewer factors than blocks
   */
  public static Scaled of(Encoding values, float[] factors, long rows, long columns, long blockRows,
      long blockColumns) {
    long blocks = Math.ceilDiv(rows, blockRows) * Math.ceilDiv(columns, blockColumns);
    if (blocks != factors.length) {
      throw new IllegalArgumentException(
          "a matrix of " + rows + " x " + columns + " has " + blocks + " blocks of " + blockRows + " x "
              + blockColumns + ", not " + factors.length);
    }
    return new Scaled(values, factors.clone(), columns, blockRows, blockColumns, 0);
  }

  @Override
  public String name() {
    return values.name()
        + (factors.length == 1 ? " scaled" : blockColumns >= columns && blockRows == 1 ? " scaled by row"
            : " scaled by blocks of " + blockRows + " x " + blockColumns);
  }

  @Override
  public int blockElements() {
    return values.blockElements();
  }

  @Override
  public int blockBytes() {
    return values.blockBytes();
  }

  @Override
  public boolean isFloatingPoint() {
    return true;
  }

  @Override
  public void decode(MemorySegment data, long first, int count, float[] target) {
    values.decode(data, first, count, target);
    for (int done = 0; done < count;) {
      long at = before + first + done;
      long column = at % columns;
      long run = Math.min(columns, (column / blockColumns + 1) * blockColumns) - column; // of the same factor
      int end = (int) Math.min(count, done + run);
      float factor =
          factors[(int) (at / columns / blockRows * Math.ceilDiv(columns, blockColumns) + column / blockColumns)];
      for (; done < end; done++) {
        target[done] *= factor;
      }
    }
  }

  @Override
  public Encoding from(long first) {
    return new Scaled(values.from(first), factors, columns, blockRows, blockColumns, before + first);
  }

  @Override
  public String toString() {
    return name();
  }
}
