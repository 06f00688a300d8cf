package dev.langevin.training.evaluation;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Squared Euclidean distances of every row of one set from every row of another, a block at a time, on all cores: of
 * 10,000 rows against 10,000 a matrix would be 400 MB.
 *
 * <p>
 * The differences themselves are squared. |x|^2 + |y|^2 - 2 xy would take two thirds of the arithmetic, but of two
 * nearly equal rows it keeps no digit, and these are the rows in question. The sum runs over the columns in one order,
 * in float, so a distance is the same to the last bit from x to y, from y to x, and in whatever block.
 */
final class SquaredDistances {

  /** Told of a stretch of one row's distances. One row comes on one thread, its stretches from first to last. */
  @FunctionalInterface
  interface Visitor {

    /**
     * @param row of the first set
     * @param from the second set's row that {@code squared[0]} belongs to
     * @param count how many of {@code squared} are set; it is overwritten after the call
     */
    void distances(int row, int from, int count, float[] squared);
  }

  /** Rows of the first set in a block; the cost of turning a tile is shared by so many. */
  private static final int BLOCK = 256;

  /** Rows of the second set in a tile: the length of the loop that the JIT compiler vectorises. */
  private static final int TILE = 256;

  /** Columns in a tile: with TILE rows 256 KB, which stays in a core's second-level cache. */
  private static final int COLUMNS = 256;

  private SquaredDistances() {}

  static void visit(Features rows, Features others, Visitor visitor) {
    rows.requireSameWidth(others);
    int cores = Runtime.getRuntime().availableProcessors();
    int block = Math.clamp((rows.rows() + cores - 1) / cores, 1, BLOCK);
    IntStream.range(0, (rows.rows() + block - 1) / block).parallel().forEach(
        i -> visit(rows, i * block, Math.min(rows.rows(), (i + 1) * block), others, visitor));
  }

  private static void visit(Features rows, int from, int to, Features others, Visitor visitor) {
    float[][] squared = new float[to - from][TILE];
    float[][] tile = new float[COLUMNS][TILE]; // column by column
    for (int other = 0; other < others.rows(); other += TILE) {
      int count = Math.min(TILE, others.rows() - other);
      for (float[] row : squared) {
        Arrays.fill(row, 0);
      }
      for (int column = 0; column < rows.width(); column += COLUMNS) {
        turn(others, other, count, column, tile);
        for (int row = from; row < to; row++) {
          add(rows, row, column, tile, squared[row - from]);
        }
      }
      for (int row = from; row < to; row++) {
        visitor.distances(row, other, count, squared[row - from]);
      }
    }
  }

  private static void turn(Features others, int from, int count, int firstColumn, float[][] tile) {
    int columns = Math.min(COLUMNS, others.width() - firstColumn);
    for (int i = 0; i < count; i++) {
      int place = (from + i) * others.width() + firstColumn;
      for (int j = 0; j < columns; j++) {
        tile[j][i] = others.values()[place + j];
      }
    }
  }

  private static void add(Features rows, int row, int firstColumn, float[][] tile, float[] squared) {
    float[] values = rows.values();
    int columns = Math.min(COLUMNS, rows.width() - firstColumn);
    int place = row * rows.width() + firstColumn;
    int j = 0;
    for (; j + 4 <= columns; j += 4) {
      add(values[place + j], tile[j], values[place + j + 1], tile[j + 1],
          values[place + j + 2], tile[j + 2], values[place + j + 3], tile[j + 3], squared);
    }
    for (; j < columns; j++) {
      for (int i = 0; i < TILE; i++) {
        float difference = values[place + j] - tile[j][i];
        squared[i] += difference * difference;
      }
    }
  }

  /**
   * Four columns at once, or the loop would do little but load and store its sums. Each column is an array of its own
   * with the one index i: with an offset the compiler could not rule out that a store changes a later load, and would
   * not vectorise.
   */
  private static void add(
      float x0, float[] y0, float x1, float[] y1, float x2, float[] y2, float x3, float[] y3, float[] squared) {
    for (int i = 0; i < squared.length; i++) {
      float d0 = x0 - y0[i];
      float d1 = x1 - y1[i];
      float d2 = x2 - y2[i];
      float d3 = x3 - y3[i];
      squared[i] += d0 * d0 + d1 * d1 + d2 * d2 + d3 * d3;
    }
  }
}
